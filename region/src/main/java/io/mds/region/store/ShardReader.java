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
import io.mds.region.store.ShardRowCache.Fill;
import io.mds.region.store.ShardRowCache.Known;
import io.mds.region.store.ShardRowCache.Page;
import io.mds.region.store.ShardRowCache.RowFilter;
import io.mds.table.FilterEvaluator;
import io.mds.table.KeyCodec;
import io.mds.table.RowCodec;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Answers gets, scans and counts of one shard, from the row cache where it can. Any thread. */
final class ShardReader {
    /** Rows that a scan on an event loop looks at. */
    private static final int MAX_CACHED_ROWS = 512;

    private static final int MAX_CACHED_FILTERED_ROWS = 128;
    private static final int MAX_CACHED_BYTES = 256 * 1024;
    private static final int MIN_CHUNK_ROWS = 16;
    private static final int MAX_CHUNK_ROWS = 1_024;
    private static final int COUNT_CHUNK_ROWS = 4_096;
    private static final RowFilter EVERY_ROW = (key, row) -> true;

    private final TableSchema schema;
    private final RowCodec codec;
    private final Database database;
    private final ShardTable table;
    private final ShardRowCache cache;
    private final LongSupplier rowCount;

    /** Of the rows read lately, so that a chunk of a scan fits in memory. A race on it is harmless. */
    private volatile int averageRowBytes = 512;

    ShardReader(TableSchema schema, Database database, ShardTable table, ShardRowCache cache, LongSupplier rowCount) {
        this.schema = schema;
        this.codec = new RowCodec(schema);
        this.database = database;
        this.table = table;
        this.cache = cache;
        this.rowCount = rowCount;
    }

    Optional<GetReply> getIfCached(GetRequest request) {
        BitSet columns = columnsOf(request.getColumnsList());
        GetReply.Builder reply = GetReply.newBuilder();
        for (int i = 0; i < request.getKeysCount(); i++) {
            Optional<Known> known = cache.find(request.getKeys(i).toByteArray());
            if (known.isEmpty()) {
                return Optional.empty();
            }
            reply.addRows(answer(known.get().rowOrNull(), columns));
        }
        return Optional.of(reply.build());
    }

    GetReply get(GetRequest request) {
        Optional<GetReply> cached = getIfCached(request);
        if (cached.isPresent()) {
            return cached.get();
        }
        Map<ByteString, StoredRow> found = read(request.getKeysList());
        BitSet columns = columnsOf(request.getColumnsList());
        GetReply.Builder reply = GetReply.newBuilder();
        for (ByteString key : request.getKeysList()) {
            reply.addRows(answer(found.get(key), columns));
        }
        return reply.build();
    }

    private Map<ByteString, StoredRow> read(List<ByteString> wanted) {
        Map<ByteString, byte[]> distinct = new HashMap<>();
        for (ByteString key : wanted) {
            distinct.computeIfAbsent(key, ByteString::toByteArray);
        }
        List<byte[]> keys = new ArrayList<>(distinct.values());
        Map<ByteString, StoredRow> found = new HashMap<>();
        Fill fill = cache.startFill(keys);
        boolean ended = false;
        try {
            database.read("get rows", connection -> {
                table.find(connection, keys, (key, row) -> {
                    found.put(UnsafeByteOperations.unsafeWrap(key), row);
                    return true;
                });
                return null;
            });
            List<StoredRow> rows = new ArrayList<>(keys.size());
            for (byte[] key : keys) {
                rows.add(found.get(UnsafeByteOperations.unsafeWrap(key)));
            }
            cache.endFill(fill, keys, rows);
            ended = true;
        } finally {
            if (!ended) {
                cache.abandon(fill);
            }
        }
        return found;
    }

    private EncodedRow answer(StoredRow row, BitSet columns) {
        if (row == null) {
            return EncodedRow.getDefaultInstance();
        }
        ByteString bytes = columns == null ? row.bytes() : codec.project(row.bytes(), columns);
        return EncodedRow.newBuilder()
                .setRow(bytes)
                .setVersion(row.version())
                .setFound(true)
                .build();
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
        return filtered ? new FilterEvaluator(schema, filter)::test : EVERY_ROW;
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
        return scanCached(request, rows, Math.min(MAX_CACHED_BYTES, limits.bytes()), visits);
    }

    private Optional<ScanReply> scanCached(ScanRequest request, int rows, int bytes, int maxVisited) {
        byte[] start = request.getRange().getStart().toByteArray();
        byte[] end = request.getRange().getEnd().toByteArray();
        RowFilter filter = filterOf(request.hasFilter(), request.getFilter());
        Optional<Page> page = isEmpty(start, end)
                ? Optional.of(new Page(List.of(), true))
                : cache.scan(start, end, request.getReverse(), rows, bytes, maxVisited, filter);
        return page.map(found -> {
            ScanReply.Builder reply = ScanReply.newBuilder();
            BitSet columns = columnsOf(request.getColumnsList());
            for (EncodedRow row : found.rows()) {
                reply.addRows(columns == null ? row : project(row, columns));
            }
            if (!found.complete()) {
                ByteString last = found.rows().get(found.rows().size() - 1).getKey();
                reply.setRemaining(remaining(request.getRange(), last, request.getReverse()));
            }
            return reply.build();
        });
    }

    private EncodedRow project(EncodedRow row, BitSet columns) {
        return row.toBuilder().setRow(codec.project(row.getRow(), columns)).build();
    }

    private static boolean isEmpty(byte[] start, byte[] end) {
        return end.length > 0 && Arrays.compareUnsigned(start, end) >= 0;
    }

    /** What is left of a range after its rows up to this key. */
    private static KeyRange remaining(KeyRange range, ByteString last, boolean reverse) {
        return reverse
                ? range.toBuilder().setEnd(last).build()
                : range.toBuilder()
                        .setStart(ByteString.copyFrom(KeyCodec.after(last.toByteArray())))
                        .build();
    }

    ScanReply scan(ScanRequest request, PageLimits limits) {
        int wanted = rowsOf(request, limits);
        Optional<ScanReply> cached = scanCached(request, wanted, limits.bytes(), 2 * wanted);
        if (cached.isPresent()) {
            return cached.get();
        }
        RowFilter filter = filterOf(request.hasFilter(), request.getFilter());
        BitSet columns = columnsOf(request.getColumnsList());
        long deadline = System.nanoTime() + limits.time().toNanos();
        ScanReply.Builder reply = ScanReply.newBuilder();
        KeyRange range = request.getRange();
        long bytes = 0;
        while (true) {
            int room = wanted - reply.getRowsCount();
            Chunk chunk = readChunk(range, request.getReverse(), chunkRows(room, request.hasFilter(), limits.bytes()));
            for (int i = 0; i < chunk.keys.size(); i++) {
                byte[] key = chunk.keys.get(i);
                StoredRow row = chunk.rows.get(i);
                if (!filter.accepts(key, row.bytes())) {
                    continue;
                }
                ByteString shown = columns == null ? row.bytes() : codec.project(row.bytes(), columns);
                ByteString encodedKey = UnsafeByteOperations.unsafeWrap(key);
                reply.addRows(
                        EncodedRow.newBuilder().setKey(encodedKey).setRow(shown).setVersion(row.version()));
                bytes += key.length + shown.size();
                boolean lastOfRange = chunk.complete && i == chunk.keys.size() - 1;
                if (!lastOfRange && (reply.getRowsCount() >= wanted || bytes >= limits.bytes())) {
                    return reply.setRemaining(remaining(request.getRange(), encodedKey, request.getReverse()))
                            .build();
                }
            }
            if (chunk.complete) {
                return reply.build();
            }
            range = remaining(range, chunk.lastKey(), request.getReverse());
            if (System.nanoTime() - deadline > 0) {
                return reply.setRemaining(range).build();
            }
        }
    }

    private int chunkRows(int room, boolean filtered, int maxBytes) {
        int fitting = Math.max(MIN_CHUNK_ROWS, Math.min(MAX_CHUNK_ROWS, maxBytes / averageRowBytes));
        return filtered ? fitting : Math.min(room, fitting);
    }

    /** Rows of one query. */
    private static final class Chunk {
        private final List<byte[]> keys = new ArrayList<>();
        private final List<StoredRow> rows = new ArrayList<>();
        private boolean complete;

        ByteString lastKey() {
            return UnsafeByteOperations.unsafeWrap(keys.get(keys.size() - 1));
        }
    }

    private Chunk readChunk(KeyRange range, boolean reverse, int limit) {
        byte[] start = range.getStart().toByteArray();
        byte[] end = range.getEnd().toByteArray();
        Chunk chunk = new Chunk();
        Fill fill = cache.startFill(start, end);
        boolean ended = false;
        try {
            database.read("scan rows", connection -> {
                int read = table.range(connection, start, end, reverse, limit, false, (key, row) -> {
                    chunk.keys.add(key);
                    chunk.rows.add(row);
                    return true;
                });
                chunk.complete = read < limit;
                return null;
            });
            noteSizes(chunk.rows);
            if (reverse) {
                fillReverse(fill, chunk, start, end);
            } else {
                byte[] to = chunk.complete ? end : chunk.keys.get(chunk.keys.size() - 1);
                cache.endFill(fill, chunk.keys, chunk.rows, start, to);
            }
            ended = true;
        } finally {
            if (!ended) {
                cache.abandon(fill);
            }
        }
        return chunk;
    }

    private void fillReverse(Fill fill, Chunk chunk, byte[] start, byte[] end) {
        byte[] from = chunk.complete ? start : chunk.keys.get(chunk.keys.size() - 1);
        cache.endFill(fill, chunk.keys, chunk.rows, from, end);
    }

    private void noteSizes(List<StoredRow> rows) {
        if (!rows.isEmpty()) {
            long total = 0;
            for (StoredRow row : rows) {
                total += row.bytes().size();
            }
            averageRowBytes = (int) Math.max(32, (averageRowBytes + 3 * total / rows.size()) / 4);
        }
    }

    CountReply count(CountRequest request, PageLimits limits) {
        KeyRange range = request.getRange();
        if (range.getStart().isEmpty() && range.getEnd().isEmpty() && !request.hasFilter()) {
            return CountReply.newBuilder().setRows(rowCount.getAsLong()).build();
        }
        RowFilter filter = filterOf(request.hasFilter(), request.getFilter());
        long deadline = System.nanoTime() + limits.time().toNanos();
        boolean keysOnly = !request.hasFilter();
        int limit = keysOnly ? COUNT_CHUNK_ROWS : chunkRows(0, true, limits.bytes());
        CountReply.Builder reply = CountReply.newBuilder();
        while (true) {
            byte[] start = range.getStart().toByteArray();
            byte[] end = range.getEnd().toByteArray();
            if (isEmpty(start, end)) {
                return reply.build();
            }
            Counter counter = new Counter(filter);
            int read = database.read(
                    "count rows", connection -> table.range(connection, start, end, false, limit, keysOnly, counter));
            reply.setRows(reply.getRows() + counter.accepted);
            if (read < limit) {
                return reply.build();
            }
            range = remaining(range, UnsafeByteOperations.unsafeWrap(counter.last), false);
            if (System.nanoTime() - deadline > 0) {
                return reply.setRemaining(range).build();
            }
        }
    }

    private static final class Counter implements ShardTable.RowSink {
        private final RowFilter filter;
        private long accepted;
        private byte[] last;

        Counter(RowFilter filter) {
            this.filter = filter;
        }

        @Override
        public boolean accept(byte[] key, StoredRow row) {
            last = key;
            if (filter.accepts(key, row.bytes())) {
                accepted++;
            }
            return true;
        }
    }
}
