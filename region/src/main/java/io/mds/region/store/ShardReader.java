package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.proto.CountReply;
import io.mds.proto.CountRequest;
import io.mds.proto.EncodedRow;
import io.mds.proto.Filter;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.KeyRange;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.region.store.CompletedReads.Chunk;
import io.mds.region.store.ShardIndexes.Access;
import io.mds.region.store.ShardRows.Known;
import io.mds.region.store.ShardRows.Page;
import io.mds.region.store.ShardRows.RowFilter;
import io.mds.table.FilterEvaluator;
import io.mds.table.KeyCodec;
import io.mds.table.RowCodec;
import io.mds.table.TableSchema;
import io.mds.table.WireRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/** Answers gets, scans and counts of one shard, from memory where it can. Any thread. */
final class ShardReader {
    /** Rows that a scan on an event loop looks at. */
    private static final int MAX_CACHED_ROWS = 512;

    private static final int MAX_CACHED_FILTERED_ROWS = 128;
    private static final int MAX_CACHED_BYTES = 256 * 1024;
    private static final int MIN_CHUNK_ROWS = 16;
    private static final int MAX_CHUNK_ROWS = 1_024;
    private static final int COUNT_CHUNK_ROWS = 4_096;
    private static final int MIN_AVERAGE_BYTES = 32;
    private static final RowFilter EVERY_ROW = (key, row) -> true;

    private final TableSchema schema;
    private final RowCodec codec;
    private final ShardRows memory;
    private final CompletedReads database;
    private final ShardIndexes indexes;
    private final LongSupplier rowCount;

    /** Of the rows read lately, so that a chunk of a scan fits in memory. A race on it is harmless. */
    private volatile int averageRowBytes = 512;

    ShardReader(
            TableSchema schema,
            ShardRows memory,
            CompletedReads database,
            ShardIndexes indexes,
            LongSupplier rowCount) {
        this.indexes = indexes;
        this.schema = schema;
        this.codec = new RowCodec(schema);
        this.memory = memory;
        this.database = database;
        this.rowCount = rowCount;
    }

    Optional<GetReply> getIfCached(GetRequest request) {
        if (request.getKeysCount() == 1) {
            return memory.find(request.getKeys(0).toByteArray()).map(known -> reply(request, List.of(known)));
        }
        return memory.findAll(keysOf(request)).map(found -> reply(request, found));
    }

    GetReply get(GetRequest request) {
        return reply(request, database.get(keysOf(request)));
    }

    private static List<byte[]> keysOf(GetRequest request) {
        List<byte[]> keys = new ArrayList<>(request.getKeysCount());
        for (ByteString key : request.getKeysList()) {
            keys.add(key.toByteArray());
        }
        return keys;
    }

    private GetReply reply(GetRequest request, List<Known> found) {
        BitSet columns = columnsOf(request.getColumnsList());
        GetReply.Builder reply = GetReply.newBuilder();
        for (Known known : found) {
            reply.addRows(answer(known.rowOrNull(), columns));
        }
        return reply.build();
    }

    private EncodedRow answer(StoredRow row, BitSet columns) {
        if (row == null) {
            return EncodedRow.getDefaultInstance();
        }
        return EncodedRow.newBuilder()
                .setRow(project(row.bytes(), columns))
                .setVersion(row.version())
                .setFound(true)
                .build();
    }

    private ByteString project(ByteString row, BitSet columns) {
        return columns == null ? row : codec.project(row, columns);
    }

    /** Null for all. */
    private static BitSet columnsOf(List<Integer> ids) {
        if (ids.isEmpty()) {
            return null;
        }
        BitSet columns = new BitSet();
        for (int id : ids) {
            // Ids beyond any column's are of columns that the schema does not have.
            if (id >= 0 && id <= Short.MAX_VALUE) {
                columns.set(id);
            }
        }
        return columns;
    }

    private RowFilter filterOf(boolean filtered, Filter filter) {
        if (!filtered) {
            return EVERY_ROW;
        }
        FilterEvaluator evaluator = new FilterEvaluator(schema, filter);
        return (key, row) -> evaluator.test(key, row.bytes());
    }

    private static int rowsOf(ScanRequest request, PageLimits limits) {
        int asked = request.getLimit();
        return asked <= 0 ? limits.rows() : Math.min(asked, limits.rows());
    }

    Optional<ScanReply> scanIfCached(ScanRequest request, PageLimits limits) {
        int rows = rowsOf(request, limits);
        if (rows > MAX_CACHED_ROWS) {
            return Optional.empty();
        }
        int visits = request.hasFilter() ? MAX_CACHED_FILTERED_ROWS : 2 * MAX_CACHED_ROWS;
        return scanMemory(request, rows, Math.min(MAX_CACHED_BYTES, limits.bytes()), visits);
    }

    private Optional<ScanReply> scanMemory(ScanRequest request, int rows, int bytes, int maxVisited) {
        byte[] start = request.getRange().getStart().toByteArray();
        byte[] end = request.getRange().getEnd().toByteArray();
        RowFilter filter = filterOf(request.hasFilter(), request.getFilter());
        BitSet columns = columnsOf(request.getColumnsList());
        UnaryOperator<ByteString> projection = columns == null ? null : row -> codec.project(row, columns);
        Optional<Page> page = isEmpty(start, end)
                ? Optional.of(new Page(List.of(), null, true))
                : memory.scan(
                        start,
                        end,
                        request.getReverse(),
                        new PageCollector(rows, bytes, maxVisited, filter, projection));
        return page.map(found -> reply(request, found));
    }

    private static ScanReply reply(ScanRequest request, Page page) {
        ScanReply.Builder reply = ScanReply.newBuilder().addAllRows(page.rows());
        if (!page.complete()) {
            ByteString last = UnsafeByteOperations.unsafeWrap(page.lastKey());
            reply.setRemaining(remaining(request.getRange(), last, request.getReverse()));
        }
        return reply.build();
    }

    private static boolean isEmpty(byte[] start, byte[] end) {
        return end.length > 0 && Arrays.compareUnsigned(start, end) >= 0;
    }

    /** What is left of a range after its rows up to this key. */
    private static KeyRange remaining(KeyRange range, ByteString last, boolean reverse) {
        return reverse
                ? range.toBuilder().setEnd(last).build()
                : range.toBuilder()
                        .setStart(UnsafeByteOperations.unsafeWrap(KeyCodec.after(last.toByteArray())))
                        .build();
    }

    /** Where rows come from that are to be looked at. */
    private interface Source {
        Chunk rows(KeyRange range, int limit);
    }

    /** Rows found by an index, as long as one helps, and all rows of the range otherwise. */
    private Source indexed(Optional<Access> access, boolean reverse, Source all) {
        if (access.isEmpty()) {
            return all;
        }
        Access by = access.get();
        boolean[] useless = {false};
        return (range, limit) -> {
            Optional<Chunk> found = Optional.empty();
            if (!useless[0]) {
                try {
                    found = database.find(by, range, reverse, limit);
                } catch (StoreException e) {
                    if (indexes.isKept(by.index())) {
                        throw e;
                    }
                }
                useless[0] = found.isEmpty();
            }
            return found.orElseGet(() -> all.rows(range, limit));
        };
    }

    private Optional<Access> accessTo(boolean filtered, Filter filter) {
        return filtered ? indexes.accessTo(filter) : Optional.empty();
    }

    ScanReply scan(ScanRequest request, PageLimits limits) {
        int wanted = rowsOf(request, limits);
        Optional<Access> access = accessTo(request.hasFilter(), request.getFilter());
        int visits = access.isPresent() ? MAX_CACHED_FILTERED_ROWS : 2 * wanted;
        Optional<ScanReply> inMemory = scanMemory(request, wanted, limits.bytes(), visits);
        if (inMemory.isPresent()) {
            return inMemory.get();
        }
        Source source = indexed(
                access, request.getReverse(), (range, limit) -> database.scan(range, request.getReverse(), limit));
        RowFilter filter = filterOf(request.hasFilter(), request.getFilter());
        BitSet columns = columnsOf(request.getColumnsList());
        boolean reverse = request.getReverse();
        long deadline = System.nanoTime() + limits.time().toNanos();
        ScanReply.Builder reply = ScanReply.newBuilder();
        KeyRange range = request.getRange();
        long bytes = 0;
        while (true) {
            int room = wanted - reply.getRowsCount();
            Chunk chunk = source.rows(range, chunkRows(room, request.hasFilter(), limits.bytes()));
            noteSizes(chunk.rows());
            for (int i = 0; i < chunk.rows().size(); i++) {
                byte[] key = chunk.rows().get(i).key();
                StoredRow row = chunk.rows().get(i).row();
                if (!filter.accepts(key, row)) {
                    continue;
                }
                ByteString shownKey = UnsafeByteOperations.unsafeWrap(key);
                reply.addRows(WireRow.encode(key, project(row.bytes(), columns), row.version()));
                bytes += key.length + row.bytes().size();
                boolean last = chunk.complete() && i == chunk.rows().size() - 1;
                if (!last && (reply.getRowsCount() >= wanted || bytes >= limits.bytes())) {
                    return reply.setRemaining(remaining(range, shownKey, reverse))
                            .build();
                }
            }
            if (chunk.complete()) {
                return reply.build();
            }
            range = remaining(range, chunk.lastKeyBytes(), reverse);
            if (System.nanoTime() - deadline > 0) {
                return reply.setRemaining(range).build();
            }
        }
    }

    private int chunkRows(int room, boolean filtered, int maxBytes) {
        int fitting = Math.max(MIN_CHUNK_ROWS, Math.min(MAX_CHUNK_ROWS, maxBytes / averageRowBytes));
        return filtered ? fitting : Math.min(room, fitting);
    }

    private void noteSizes(List<RowInRange> rows) {
        if (!rows.isEmpty()) {
            long total = 0;
            for (RowInRange row : rows) {
                total += row.row().bytes().size();
            }
            averageRowBytes = (int) Math.max(MIN_AVERAGE_BYTES, (averageRowBytes + 3 * total / rows.size()) / 4);
        }
    }

    CountReply count(CountRequest request, PageLimits limits) {
        KeyRange range = request.getRange();
        if (range.getStart().isEmpty() && range.getEnd().isEmpty() && !request.hasFilter()) {
            return CountReply.newBuilder().setRows(rowCount.getAsLong()).build();
        }
        if (isEmpty(range.getStart().toByteArray(), range.getEnd().toByteArray())) {
            return CountReply.getDefaultInstance();
        }
        RowFilter filter = filterOf(request.hasFilter(), request.getFilter());
        long deadline = System.nanoTime() + limits.time().toNanos();
        boolean keysOnly = !request.hasFilter();
        int limit = keysOnly ? COUNT_CHUNK_ROWS : chunkRows(0, true, limits.bytes());
        Source source = indexed(
                accessTo(request.hasFilter(), request.getFilter()),
                false,
                (part, rows) -> database.sweep(part, rows, keysOnly));
        CountReply.Builder reply = CountReply.newBuilder();
        while (true) {
            Chunk chunk = source.rows(range, limit);
            long accepted = 0;
            for (RowInRange row : chunk.rows()) {
                accepted += filter.accepts(row.key(), row.row()) ? 1 : 0;
            }
            reply.setRows(reply.getRows() + accepted);
            if (chunk.complete()) {
                return reply.build();
            }
            range = remaining(range, chunk.lastKeyBytes(), false);
            if (System.nanoTime() - deadline > 0) {
                return reply.setRemaining(range).build();
            }
        }
    }
}
