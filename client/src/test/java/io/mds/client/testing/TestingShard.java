package io.mds.client.testing;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.Assignment;
import io.mds.proto.ChangesReply;
import io.mds.proto.ChangesRequest;
import io.mds.proto.Condition;
import io.mds.proto.CountReply;
import io.mds.proto.CountRequest;
import io.mds.proto.EncodedRow;
import io.mds.proto.ErrorCode;
import io.mds.proto.Filter;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.KeyRange;
import io.mds.proto.Operation;
import io.mds.proto.RequestId;
import io.mds.proto.RowChange;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.proto.ShardChecksumReply;
import io.mds.proto.WriteReply;
import io.mds.proto.WriteRequest;
import io.mds.table.Column;
import io.mds.table.FilterEvaluator;
import io.mds.table.RowCodec;
import io.mds.table.TableSchema;
import io.mds.table.Values;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The rows of one shard in memory, with the rules of the data plane: conditions, atomic batches, deduplication. */
final class TestingShard {
    private final TableSchema schema;
    private final RowCodec codec;
    private NavigableMap<ByteString, Stored> rows = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
    private final Map<String, Remembered> remembered = new HashMap<>();
    /** Where the ranges of checksums begin, by the entries that ordered them; the same for all copies. */
    private final Map<Long, List<ByteString>> checksumOrders;

    private final List<RowChange> changes = new ArrayList<>();

    /** Run once after the next write. */
    private final List<Runnable> watchers = new ArrayList<>();

    private long changesForgotten;
    private long index;
    private long duplicates;

    private record Stored(ByteString row, long version) {}

    private record Remembered(long sequence, WriteReply reply, MdsException failure) {}

    TestingShard(TableSchema schema) {
        this(schema, new ConcurrentHashMap<>());
    }

    private TestingShard(TableSchema schema, Map<Long, List<ByteString>> checksumOrders) {
        this.checksumOrders = checksumOrders;
        this.schema = schema;
        this.codec = new RowCodec(schema);
    }

    /** As it is now; later writes do not show in it. */
    synchronized TestingShard copy() {
        TestingShard copy = new TestingShard(schema, checksumOrders);
        copy.rows = rows;
        copy.index = index;
        return copy;
    }

    synchronized int size() {
        return rows.size();
    }

    synchronized long duplicates() {
        return duplicates;
    }

    synchronized long applied() {
        return index;
    }

    synchronized WriteReply write(WriteRequest request) {
        RequestId id = request.getRequestId();
        String slot = id.getClientId().toStringUtf8().hashCode() + "/"
                + id.getClientId().hashCode() + "/" + id.getSlot();
        Remembered last = remembered.get(slot);
        if (last != null && id.getSequence() == last.sequence()) {
            duplicates++;
            if (last.failure() != null) {
                throw last.failure();
            }
            return last.reply().toBuilder().setDuplicate(true).build();
        }
        if (last != null && id.getSequence() < last.sequence()) {
            throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "sequence " + id.getSequence() + " is over");
        }
        index++;
        NavigableMap<ByteString, Stored> changed = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
        changed.putAll(rows);
        WriteReply.Builder reply = WriteReply.newBuilder().setVersion(index);
        int position = 0;
        try {
            for (Operation operation : request.getOperationsList()) {
                reply.addExisted(apply(changed, operation));
                position++;
            }
        } catch (MdsException e) {
            MdsException failure = MdsException.builder(e.code(), e.getMessage())
                    .operation(position)
                    .build();
            remembered.put(slot, new Remembered(id.getSequence(), null, failure));
            throw failure;
        }
        tell(rows, changed);
        rows = changed;
        remembered.put(slot, new Remembered(id.getSequence(), reply.build(), null));
        return reply.build();
    }

    private boolean apply(NavigableMap<ByteString, Stored> map, Operation operation) {
        Stored before = map.get(operation.getKey());
        check(operation, before);
        switch (operation.getKindCase()) {
            case INSERT -> {
                if (before != null) {
                    throw MdsException.of(ErrorCode.ALREADY_EXISTS, "the row exists");
                }
                codec.validate(operation.getInsert().getRow(), 1 << 20);
                map.put(operation.getKey(), new Stored(operation.getInsert().getRow(), index));
            }
            case UPSERT -> {
                codec.validate(operation.getUpsert().getRow(), 1 << 20);
                map.put(operation.getKey(), new Stored(operation.getUpsert().getRow(), index));
            }
            case UPDATE -> {
                if (before == null) {
                    throw MdsException.of(ErrorCode.NOT_FOUND, "no such row");
                }
                map.put(
                        operation.getKey(),
                        new Stored(updated(before.row(), operation.getUpdate().getAssignmentsList()), index));
            }
            case DELETE -> map.remove(operation.getKey());
            case KIND_NOT_SET -> throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "no kind");
        }
        return before != null;
    }

    private void check(Operation operation, Stored before) {
        Condition condition = operation.getCondition();
        boolean holds = (!condition.hasExists() || condition.getExists() == (before != null))
                && (!condition.hasVersion() || (before != null && before.version() == condition.getVersion()))
                && (!condition.hasWhere()
                        || (before != null && passes(condition.getWhere(), operation.getKey(), before.row())));
        if (!holds) {
            throw MdsException.of(ErrorCode.CONDITION_FAILED, "the condition does not hold");
        }
    }

    private ByteString updated(ByteString row, List<Assignment> assignments) {
        Object[] values = codec.decode(row);
        for (Assignment assignment : assignments) {
            Column column = schema.columnOrNull(assignment.getColumnId());
            values[column.id()] = assignment.hasSet()
                    ? Values.fromProto(column.type(), assignment.getSet())
                    : sum(values[column.id()], Values.fromProto(column.type(), assignment.getIncrement()));
        }
        return codec.encode(column -> values[column.id()]);
    }

    private static Object sum(Object before, Object difference) {
        if (before == null) {
            return difference;
        }
        if (before instanceof Long number) {
            return number + (Long) difference;
        }
        if (before instanceof Integer number) {
            return number + (Integer) difference;
        }
        if (before instanceof Double number) {
            return number + (Double) difference;
        }
        return ((BigDecimal) before).add((BigDecimal) difference);
    }

    private boolean passes(Filter filter, ByteString key, ByteString row) {
        return new FilterEvaluator(schema, filter).test(key.toByteArray(), row);
    }

    synchronized GetReply get(GetRequest request) {
        GetReply.Builder reply = GetReply.newBuilder();
        for (ByteString key : request.getKeysList()) {
            Stored stored = rows.get(key);
            reply.addRows(
                    stored == null
                            ? EncodedRow.getDefaultInstance()
                            : EncodedRow.newBuilder()
                                    .setFound(true)
                                    .setVersion(stored.version())
                                    .setRow(projected(stored.row(), request.getColumnsList()))
                                    .build());
        }
        return reply.build();
    }

    private ByteString projected(ByteString row, List<Integer> columns) {
        if (columns.isEmpty()) {
            return row;
        }
        BitSet ids = new BitSet();
        columns.forEach(ids::set);
        return codec.project(row, ids);
    }

    private NavigableMap<ByteString, Stored> range(KeyRange range) {
        NavigableMap<ByteString, Stored> part = rows.tailMap(range.getStart(), true);
        return range.getEnd().isEmpty() ? part : part.headMap(range.getEnd(), false);
    }

    /** Looks at no more than this many rows for one page, whether or not they pass the filter. */
    synchronized ScanReply scan(ScanRequest request, int pageRows) {
        NavigableMap<ByteString, Stored> part = range(request.getRange());
        if (request.getReverse()) {
            part = part.descendingMap();
        }
        ScanReply.Builder reply = ScanReply.newBuilder();
        int looked = 0;
        for (Map.Entry<ByteString, Stored> entry : part.entrySet()) {
            boolean full = request.getLimit() > 0 && reply.getRowsCount() == request.getLimit();
            if (full || looked == pageRows) {
                KeyRange.Builder rest = request.getRange().toBuilder();
                if (request.getReverse()) {
                    rest.setEnd(entry.getKey().concat(ByteString.copyFrom(new byte[1])));
                } else {
                    rest.setStart(entry.getKey());
                }
                return reply.setRemaining(rest).build();
            }
            looked++;
            Stored stored = entry.getValue();
            if (!request.hasFilter() || passes(request.getFilter(), entry.getKey(), stored.row())) {
                reply.addRows(EncodedRow.newBuilder()
                        .setKey(entry.getKey())
                        .setVersion(stored.version())
                        .setRow(projected(stored.row(), request.getColumnsList()))
                        .build()
                        .toByteString());
            }
        }
        return reply.build();
    }

    synchronized CountReply count(CountRequest request, int pageRows) {
        CountReply.Builder reply = CountReply.newBuilder();
        List<Map.Entry<ByteString, Stored>> entries =
                new ArrayList<>(range(request.getRange()).entrySet());
        long count = entries.stream()
                .limit(pageRows)
                .filter(entry -> !request.hasFilter()
                        || passes(
                                request.getFilter(),
                                entry.getKey(),
                                entry.getValue().row()))
                .count();
        if (entries.size() > pageRows) {
            reply.setRemaining(request.getRange().toBuilder()
                    .setStart(entries.get(pageRows).getKey()));
        }
        return reply.setRows(count).build();
    }

    /** As a leader: one more entry, with ranges of an equal number of rows. */
    synchronized ShardChecksumReply orderChecksums(int ranges) {
        index++;
        List<ByteString> keys = new ArrayList<>(rows.keySet());
        int rowsPerRange = Math.max(1, (keys.size() + ranges - 1) / ranges);
        List<ByteString> starts = new ArrayList<>();
        for (int i = rowsPerRange; i < keys.size(); i += rowsPerRange) {
            starts.add(keys.get(i));
        }
        checksumOrders.put(index, starts);
        return checksums(index);
    }

    synchronized ShardChecksumReply checksums(long atIndex) {
        List<ByteString> starts = checksumOrders.get(atIndex);
        if (starts == null) {
            throw MdsException.of(ErrorCode.NOT_FOUND, "no checksums were taken at index " + atIndex);
        }
        ShardChecksumReply.Builder reply = ShardChecksumReply.newBuilder().setAppliedIndex(atIndex);
        for (int i = 0; i <= starts.size(); i++) {
            KeyRange range = KeyRange.newBuilder()
                    .setStart(i == 0 ? ByteString.EMPTY : starts.get(i - 1))
                    .setEnd(i == starts.size() ? ByteString.EMPTY : starts.get(i))
                    .build();
            NavigableMap<ByteString, Stored> part = range(range);
            reply.addRanges(ShardChecksumReply.Range.newBuilder()
                    .setRange(range)
                    .setRows(part.size())
                    .setChecksum(part.hashCode()));
        }
        return reply.build();
    }

    private void tell(NavigableMap<ByteString, Stored> before, NavigableMap<ByteString, Stored> after) {
        after.forEach((key, stored) -> {
            if (stored.version() == index) {
                changes.add(RowChange.newBuilder()
                        .setKey(key)
                        .setRow(stored.row())
                        .setVersion(index)
                        .setTimestampMs(index)
                        .build());
            }
        });
        before.keySet().stream()
                .filter(key -> !after.containsKey(key))
                .forEach(key -> changes.add(RowChange.newBuilder()
                        .setKey(key)
                        .setVersion(index)
                        .setTimestampMs(index)
                        .build()));
    }

    /** Writes until now are not told any more. */
    synchronized void forgetChanges() {
        changes.clear();
        changesForgotten = index;
    }

    synchronized ChangesReply changes(ChangesRequest request) {
        ChangesReply.Builder reply =
                ChangesReply.newBuilder().setPosition(index).setOldestPosition(changesForgotten);
        if (request.getFromNow()) {
            return reply.build();
        }
        if (request.getAfterPosition() < changesForgotten) {
            throw MdsException.of(
                    ErrorCode.NOT_FOUND,
                    "changes after position " + request.getAfterPosition() + " are forgotten (oldest position: "
                            + changesForgotten + ")");
        }
        if (request.getAfterPosition() > index) {
            throw MdsException.of(ErrorCode.UNAVAILABLE, "this replica is behind");
        }
        long entry = 0;
        for (RowChange change : changes) {
            if (change.getVersion() > request.getAfterPosition()) {
                if (reply.getChangesCount() >= request.getLimit() && change.getVersion() != entry) {
                    return reply.setPosition(entry).build();
                }
                entry = change.getVersion();
                reply.addChanges(change);
            }
        }
        return reply.build();
    }

    /** Runs the task after the next write. */
    synchronized void afterNextWrite(Runnable task) {
        watchers.add(task);
    }

    /** To be run outside the lock. */
    synchronized List<Runnable> takeWatchers() {
        List<Runnable> all = List.copyOf(watchers);
        watchers.clear();
        return all;
    }
}
