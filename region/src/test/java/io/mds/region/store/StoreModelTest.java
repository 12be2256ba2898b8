package io.mds.region.store;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.id;
import static io.mds.region.store.Writes.int64;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.row;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.Comparator;
import io.mds.proto.Condition;
import io.mds.proto.EncodedRow;
import io.mds.proto.ErrorCode;
import io.mds.proto.Filter;
import io.mds.proto.Operation;
import io.mds.proto.RequestId;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.proto.WriteRequest;
import io.mds.region.wal.LogEntry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

/** Random logs give the same rows and answers as a model that holds a map, however they are cut into transactions. */
class StoreModelTest {
    private static final int KEYS = 12;
    private static final int ENTRIES = 150;

    /** Rows are a version and a size; all else is left out. */
    private record ModelRow(long version, long size) {}

    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;
        private final ErrorCode code;

        Refusal(ErrorCode code) {
            super(code.name(), null, false, false);
            this.code = code;
        }
    }

    /** The outcome of one entry, as far as the model knows it. */
    private record Outcome(ErrorCode refusal, long version, List<Boolean> existed, boolean duplicate) {}

    private static final class Model {
        private TreeMap<ByteString, ModelRow> rows = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
        private final Map<RequestId, Outcome> answers = new HashMap<>();
        private final Map<RequestId, Long> sequences = new HashMap<>();

        Outcome apply(long index, WriteRequest request) {
            RequestId slot = request.getRequestId().toBuilder().clearSequence().build();
            long sequence = request.getRequestId().getSequence();
            if (request.hasRequestId() && sequences.containsKey(slot)) {
                long last = sequences.get(slot);
                if (sequence == last) {
                    Outcome first = answers.get(slot);
                    return new Outcome(first.refusal(), first.version(), first.existed(), true);
                }
                if (sequence < last) {
                    return new Outcome(ErrorCode.INVALID_ARGUMENT, 0, List.of(), false);
                }
            }
            Outcome outcome = applyNew(index, request);
            if (request.hasRequestId()) {
                sequences.put(slot, sequence);
                answers.put(slot, outcome);
            }
            return outcome;
        }

        private Outcome applyNew(long index, WriteRequest request) {
            TreeMap<ByteString, ModelRow> next = new TreeMap<>(rows);
            List<Boolean> existed = new ArrayList<>();
            try {
                for (Operation operation : request.getOperationsList()) {
                    existed.add(next.containsKey(operation.getKey()));
                    apply(next, index, operation);
                }
            } catch (Refusal refusal) {
                return new Outcome(refusal.code, 0, List.of(), false);
            }
            rows = next;
            return new Outcome(null, index, existed, false);
        }

        private static void apply(Map<ByteString, ModelRow> rows, long index, Operation operation) throws Refusal {
            ModelRow row = rows.get(operation.getKey());
            Condition condition = operation.getCondition();
            if ((condition.hasExists() && condition.getExists() != (row != null))
                    || (condition.hasVersion() && (row == null || row.version() != condition.getVersion()))
                    || (condition.hasWhere() && (row == null || row.size() < threshold(condition)))) {
                throw new Refusal(ErrorCode.CONDITION_FAILED);
            }
            switch (operation.getKindCase()) {
                case INSERT -> {
                    if (row != null) {
                        throw new Refusal(ErrorCode.ALREADY_EXISTS);
                    }
                    rows.put(
                            operation.getKey(),
                            new ModelRow(index, sizeOf(operation.getInsert().getRow())));
                }
                case UPSERT ->
                    rows.put(
                            operation.getKey(),
                            new ModelRow(index, sizeOf(operation.getUpsert().getRow())));
                case UPDATE -> {
                    if (row == null) {
                        throw new Refusal(ErrorCode.NOT_FOUND);
                    }
                    long by = operation
                            .getUpdate()
                            .getAssignments(0)
                            .getIncrement()
                            .getInt64();
                    if ((by > 0 && row.size() > Long.MAX_VALUE - by) || (by < 0 && row.size() < Long.MIN_VALUE - by)) {
                        throw new Refusal(ErrorCode.INVALID_ARGUMENT);
                    }
                    rows.put(operation.getKey(), new ModelRow(index, row.size() + by));
                }
                case DELETE -> rows.remove(operation.getKey());
                case KIND_NOT_SET -> throw new Refusal(ErrorCode.INVALID_ARGUMENT);
            }
        }

        private static long threshold(Condition condition) {
            return condition.getWhere().getComparison().getValue().getInt64();
        }
    }

    private static long sizeOf(ByteString row) {
        return (Long) Writes.read(row, "size");
    }

    private static Operation randomOperation(Random random, long index) {
        ByteString key = key(random.nextInt(KEYS));
        long size = random.nextInt(10) == 0 ? Long.MAX_VALUE : random.nextInt(100);
        Operation operation = switch (random.nextInt(5)) {
            case 0 -> Writes.insert(key, row("size", size));
            case 1 -> Writes.upsert(key, row("size", size));
            case 2, 3 -> Writes.update(key, Writes.increment("size", int64(random.nextInt(-20, 20))));
            default -> Writes.delete(key);
        };
        return switch (random.nextInt(8)) {
            case 0 -> Writes.when(operation, Condition.newBuilder().setExists(random.nextBoolean()));
            case 1 -> Writes.when(operation, Condition.newBuilder().setVersion(Math.max(0, index - random.nextInt(8))));
            case 2 ->
                Writes.when(
                        operation,
                        Condition.newBuilder()
                                .setWhere(Filter.newBuilder()
                                        .setComparison(Filter.Comparison.newBuilder()
                                                .setColumnId(id("size"))
                                                .setComparator(Comparator.GREATER_OR_EQUAL)
                                                .setValue(int64(random.nextInt(60))))));
            default -> operation;
        };
    }

    private static List<WriteRequest> randomLog(Random random) {
        List<WriteRequest> log = new ArrayList<>();
        for (long index = 1; index <= ENTRIES; index++) {
            if (!log.isEmpty() && random.nextInt(6) == 0) {
                log.add(log.get(log.size() - 1 - random.nextInt(Math.min(5, log.size()))));
                continue;
            }
            Operation[] operations = new Operation[1 + (random.nextInt(3) == 0 ? random.nextInt(4) : 0)];
            for (int i = 0; i < operations.length; i++) {
                operations[i] = randomOperation(random, index);
            }
            log.add(
                    random.nextInt(4) == 0
                            ? Writes.request(operations)
                            : Writes.request(1 + random.nextInt(2), random.nextInt(3), index, operations));
        }
        return log;
    }

    private static Outcome outcome(ApplyResult result) {
        if (result instanceof ApplyResult.Written written) {
            return new Outcome(
                    null,
                    written.reply().getVersion(),
                    written.reply().getExistedList(),
                    written.reply().getDuplicate());
        }
        return new Outcome(((ApplyResult.Refused) result).error().getCode(), 0, List.of(), false);
    }

    @Property(tries = 40)
    void aStoreIsItsLogApplied(@ForAll @LongRange(min = 0) long seed) {
        Random random = new Random(seed);
        List<WriteRequest> log = randomLog(random);
        Model model = new Model();
        try (Store store = Store.open(settings(random.nextInt(3)), new SimpleMeterRegistry())) {
            ShardStore shard = store.createShard(new ShardId(1), SCHEMA, new ViewNumber(1));
            ShardStore replica = store.createShard(new ShardId(2), SCHEMA, new ViewNumber(1));
            int applied = 0;
            while (applied < log.size()) {
                int to = Math.min(log.size(), applied + 1 + random.nextInt(12));
                List<ApplyResult> results = shard.apply(entries(log, applied, to));
                for (int i = applied; i < to; i++) {
                    Outcome expected = model.apply(i + 1, log.get(i));
                    Outcome actual = outcome(results.get(i - applied));
                    if (expected.refusal() != null) {
                        assertThat(actual.refusal()).as("entry %d", i + 1).isEqualTo(expected.refusal());
                    } else {
                        assertThat(actual).as("entry %d", i + 1).isEqualTo(expected);
                    }
                }
                if (random.nextInt(4) == 0) {
                    store.checkpoint();
                }
                assertRows(shard, model);
                applied = to;
            }
            catchUp(replica, log, random);
            assertRows(replica, model);
            assertThat(rows(replica)).isEqualTo(rows(shard));
        }
    }

    /** Applies the log in other pieces, parts of it twice. */
    private static void catchUp(ShardStore replica, List<WriteRequest> log, Random random) {
        while (replica.appliedIndex().value() < log.size()) {
            int applied = (int) replica.appliedIndex().value();
            int from = Math.max(0, applied - random.nextInt(10));
            int to = Math.min(log.size(), applied + 1 + random.nextInt(30));
            replica.apply(entries(log, from, to));
        }
    }

    private static List<LogEntry> entries(List<WriteRequest> log, int from, int to) {
        List<LogEntry> entries = new ArrayList<>();
        for (int i = from; i < to; i++) {
            entries.add(Writes.entry(i + 1L, log.get(i)));
        }
        return entries;
    }

    private static void assertRows(ShardStore shard, Model model) {
        Map<ByteString, ModelRow> actual = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
        for (EncodedRow row : rows(shard)) {
            actual.put(row.getKey(), new ModelRow(row.getVersion(), sizeOf(row.getRow())));
        }
        assertThat(actual).isEqualTo(model.rows);
        assertThat(shard.rowCount()).isEqualTo(model.rows.size());
    }

    private static List<EncodedRow> rows(ShardStore shard) {
        ScanReply reply = shard.scan(ScanRequest.getDefaultInstance(), PageLimits.defaults());
        assertThat(reply.hasRemaining()).isFalse();
        return Copies.rows(reply);
    }

    private static StoreSettings settings(int kind) {
        long rowCacheBytes = new long[] {0, 2_000, 1 << 20}[kind];
        return new StoreSettings(
                "jdbc:h2:mem:" + new LogIndex(System.nanoTime() & Long.MAX_VALUE),
                "",
                "",
                2,
                1 << 20,
                rowCacheBytes,
                Duration.ofSeconds(5));
    }
}
