package io.mds.region.store;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.delete;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.int64;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.set;
import static io.mds.region.store.Writes.update;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.mds.proto.Assignment;
import io.mds.proto.Comparator;
import io.mds.proto.CountRequest;
import io.mds.proto.EncodedRow;
import io.mds.proto.ErrorCode;
import io.mds.proto.Filter;
import io.mds.proto.KeyRange;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.proto.Value;
import io.mds.region.wal.LogEntry;
import io.mds.table.ColumnType;
import io.mds.table.FilterEvaluator;
import io.mds.table.IndexRange;
import io.mds.table.RowCodec;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Changes of a shard's schema and its indexes, whatever the database. */
abstract class StoreSchemaSuite extends StoreReadSuite {
    static LogEntry schemaEntry(long index, TableSchema schema) {
        return LogEntry.schema(
                new ViewNumber(1), new LogIndex(index), 5, schema.toProto().toByteString());
    }

    private void take(TableSchema schema) {
        applyAll(List.of(schemaEntry(shard.appliedIndex().value() + 1, schema)));
    }

    private void awaitIndexes() {
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> shard.indexesLeft() == 0);
    }

    private static Object read(TableSchema schema, EncodedRow row, String column) {
        return new RowCodec(schema).read(row.getRow(), schema.column(column));
    }

    @Test
    void whatFollowsASchemaInTheLogIsAppliedByIt() {
        TableSchema added = SCHEMA.alter(List.of(
                TableChange.addNullableColumn("mode", ColumnType.INT32),
                TableChange.addColumn("kind", ColumnType.STRING, "file"),
                TableChange.renameColumn("owner", "user")));
        int mode = added.column("mode").id();
        Assignment setMode = Assignment.newBuilder()
                .setColumnId(mode)
                .setSet(Value.newBuilder().setInt32(7))
                .build();
        List<ApplyResult> results = applyAll(List.of(
                entry(1, request(upsert(key(1), row("owner", "root")))),
                entry(2, request(update(key(1), setMode))),
                schemaEntry(3, added),
                entry(4, request(update(key(1), setMode))),
                schemaEntry(5, added),
                entry(6, request(upsert(key(2), row())))));
        assertThat(refused(results.get(1)).getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        written(results.get(3));
        for (int time = 0; time < 2; time++) {
            assertThat(shard.schema()).isEqualTo(added);
            assertThat(shard.schema().version()).isEqualTo(2);
            assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(6));
            assertThat(read(added, get(key(1)), "mode")).isEqualTo(7);
            assertThat(read(added, get(key(1)), "user")).isEqualTo("root");
            assertThat(read(added, get(key(2)), "kind")).isEqualTo("file");
            assertThat(read(added, get(key(2)), "mode")).isNull();
            reopen();
        }
        try (ShardCopy copy = shard.copy()) {
            assertThat(copy.schema().version()).isEqualTo(2);
        }
    }

    @Test
    void aDroppedColumnIsNoMoreAndItsIdIsNotUsedAgain() {
        TableSchema dropped = SCHEMA.alter(List.of(TableChange.dropColumn("owner")));
        TableSchema again = dropped.alter(List.of(TableChange.addNullableColumn("owner", ColumnType.STRING)));
        apply(upsert(key(1), row("owner", "root")));
        take(dropped);
        // From a client that does not know it yet.
        written(apply(upsert(key(2), row("owner", "other"))));
        refused(apply(
                update(key(1), set("owner", Value.newBuilder().setString("x").build()))));
        written(apply(update(key(2), set("size", int64(5)))));
        take(again);
        assertThat(again.column("owner").id()).isEqualTo(8);
        assertThat(read(again, get(key(1)), "owner")).isNull();
        assertThat(read(again, get(key(2)), "owner")).isNull();
        assertThat(read(again, get(key(2)), "size")).isEqualTo(5L);
    }

    private static Filter compare(String column, Comparator comparator, Value value) {
        return Filter.newBuilder()
                .setComparison(Filter.Comparison.newBuilder()
                        .setColumnId(Writes.id(column))
                        .setComparator(comparator)
                        .setValue(value))
                .build();
    }

    private static Value text(String value) {
        return Value.newBuilder().setString(value).build();
    }

    private static Filter and(Filter... terms) {
        return Filter.newBuilder()
                .setAnd(Filter.Terms.newBuilder().addAllTerms(List.of(terms)))
                .build();
    }

    private static Filter anyFilter(Random random) {
        Filter owner = compare("owner", Comparator.EQUAL, text("u" + random.nextInt(5)));
        Comparator[] orders = {
            Comparator.LESS, Comparator.LESS_OR_EQUAL, Comparator.GREATER, Comparator.GREATER_OR_EQUAL
        };
        Filter size = compare("size", orders[random.nextInt(4)], int64(random.nextInt(10)));
        return switch (random.nextInt(6)) {
            case 0 -> owner;
            case 1 -> size;
            case 2 -> and(size, owner);
            case 3 ->
                Filter.newBuilder()
                        .setIsNull(Filter.IsNull.newBuilder().setColumnId(Writes.id("owner")))
                        .build();
            case 4 ->
                Filter.newBuilder()
                        .setStartsWith(Filter.StartsWith.newBuilder()
                                .setColumnId(Writes.id("owner"))
                                .setPrefix(text("u")))
                        .build();
            default ->
                Filter.newBuilder()
                        .setIn(Filter.In.newBuilder()
                                .setColumnId(Writes.id("owner"))
                                .addValues(text("u1"))
                                .addValues(text("u3")))
                        .build();
        };
    }

    private LogEntry anyWrite(long index, Random random) {
        ByteString key = key(random.nextInt(400));
        return entry(
                index,
                request(
                        switch (random.nextInt(5)) {
                            case 0 -> delete(key);
                            case 1 -> upsert(key, row("size", (long) random.nextInt(10)));
                            default ->
                                upsert(
                                        key,
                                        row(
                                                "size",
                                                (long) random.nextInt(10),
                                                "owner",
                                                "u" + random.nextInt(5)
                                                        + (random.nextInt(8) == 0 ? "x".repeat(700) : "")));
                        }));
    }

    /** The rows that a scan finds in pages, and as many as a count does. */
    private List<EncodedRow> find(Filter filter, KeyRange range, boolean reverse, int page) {
        List<EncodedRow> found = new ArrayList<>();
        KeyRange left = range;
        while (true) {
            ScanReply reply = shard.scan(
                    ScanRequest.newBuilder()
                            .setFilter(filter)
                            .setRange(left)
                            .setReverse(reverse)
                            .setLimit(page)
                            .build(),
                    LIMITS);
            found.addAll(Copies.rows(reply));
            if (!reply.hasRemaining()) {
                break;
            }
            left = reply.getRemaining();
        }
        long counted = shard.count(
                        CountRequest.newBuilder()
                                .setFilter(filter)
                                .setRange(range)
                                .build(),
                        LIMITS)
                .getRows();
        assertThat(counted).isEqualTo(found.size());
        return found;
    }

    @Test
    void indexesFindWhatAScanOfAllRowsFinds() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        TableSchema indexed =
                SCHEMA.withIndex("by_owner", List.of("owner")).withIndex("by_both", List.of("owner", "size"));
        List<LogEntry> entries = new ArrayList<>();
        for (int i = 1; i <= 700; i++) {
            entries.add(anyWrite(i, random));
        }
        applyAll(entries);
        take(indexed);
        awaitIndexes();
        for (int round = 0; round < 12; round++) {
            List<LogEntry> more = new ArrayList<>();
            long index = shard.appliedIndex().value();
            for (int i = 0; i < 60; i++) {
                more.add(anyWrite(++index, random));
            }
            applyAll(more);
            if (round % 3 == 1) {
                store.checkpoint();
            } else if (round % 5 == 2) {
                reopen();
                applyAll(more);
            }
            Filter filter = anyFilter(random);
            KeyRange range = random.nextBoolean()
                    ? KeyRange.getDefaultInstance()
                    : KeyRange.newBuilder().setStart(key(50)).setEnd(key(300)).build();
            boolean reverse = random.nextBoolean();
            FilterEvaluator evaluator = new FilterEvaluator(shard.schema(), filter);
            List<EncodedRow> expected = new ArrayList<>(Copies.rows(shard).stream()
                    .filter(each -> evaluator.test(each.getKey().toByteArray(), each.getRow()))
                    .filter(each -> range.getStart().isEmpty()
                            || (ByteString.unsignedLexicographicalComparator().compare(each.getKey(), range.getStart())
                                            >= 0
                                    && ByteString.unsignedLexicographicalComparator()
                                                    .compare(each.getKey(), range.getEnd())
                                            < 0))
                    .toList());
            if (reverse) {
                Collections.reverse(expected);
            }
            assertThat(find(filter, range, reverse, 1 + random.nextInt(40)))
                    .as("seed %d, round %d, %s", seed, round, filter)
                    .extracting(EncodedRow::getKey, EncodedRow::getVersion)
                    .isEqualTo(expected.stream()
                            .map(each -> tuple(each.getKey(), each.getVersion()))
                            .toList());
        }
    }

    @Test
    void whatAnIndexFindsIsOfOneMomentWhileRowsMoveAndAreFlushed() throws Exception {
        take(SCHEMA.withIndex("by_owner", List.of("owner")));
        awaitIndexes();
        fill(300);
        apply(upsert(key(1), row("owner", "holder")));
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<Void> writer = new CompletableFuture<>();
        Thread moving = new Thread(() -> {
            try {
                for (int i = 1; i < 250; i++) {
                    apply(upsert(key(i), row("owner", "nobody")), upsert(key(i + 1), row("owner", "holder")));
                    if (i % 10 == 0) {
                        store.checkpoint();
                    }
                }
                writer.complete(null);
            } catch (RuntimeException | AssertionError e) {
                writer.completeExceptionally(e);
            } finally {
                done.set(true);
            }
        });
        moving.start();
        Filter holder = compare("owner", Comparator.EQUAL, text("holder"));
        ScanRequest scan = ScanRequest.newBuilder().setFilter(holder).build();
        do {
            assertThat(shard.scan(scan, LIMITS).getRowsList()).hasSize(1);
        } while (!done.get());
        writer.get(10, TimeUnit.SECONDS);
        moving.join();
    }

    /** The database's plan for a query of an index, which its first parameter must narrow. */
    static String planOf(Connection connection, String sql) throws SQLException {
        try (PreparedStatement explain = connection.prepareStatement("EXPLAIN " + sql)) {
            int parameters = (int) sql.chars().filter(c -> c == '?').count();
            for (int i = 1; i < parameters; i++) {
                explain.setBytes(i, new byte[] {(byte) i, 3});
            }
            explain.setInt(parameters, 10);
            StringBuilder plan = new StringBuilder();
            try (ResultSet rows = explain.executeQuery()) {
                while (rows.next()) {
                    plan.append(rows.getString(1)).append('\n');
                }
            }
            return plan.toString();
        }
    }

    /** Makes an index's table of many entries, and gives the plans of its queries: at a value, in a range. */
    static List<String> plans(Connection connection, SqlDialect dialect) throws SQLException {
        IndexTable index = new IndexTable(dialect, new IndexTable.Of(SHARD, 0, 1));
        index.create(connection);
        List<IndexTable.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            entries.add(new IndexTable.Entry(new byte[] {(byte) (i % 100), 1}, key(i).toByteArray()));
        }
        index.add(connection, entries);
        connection.createStatement().execute("ANALYZE");
        byte[] from = {1};
        IndexRange range = new IndexRange(new byte[] {1}, new byte[] {2}, false);
        return List.of(
                planOf(connection, index.selectAt(from, from, false)),
                planOf(connection, index.selectAt(from, from, true)),
                planOf(connection, index.selectIn(range, from, from)));
    }

    @Test
    void anIndexThatWasNotCompleteAtTheEndIsCompletedAfterTheNextStart() {
        fill(2_000);
        TableSchema indexed = SCHEMA.withIndex("by_size", List.of("size"));
        take(indexed);
        reopen();
        awaitIndexes();
        Filter filter = compare("size", Comparator.EQUAL, int64(1_234));
        assertThat(find(filter, KeyRange.getDefaultInstance(), false, 10))
                .extracting(EncodedRow::getKey)
                .containsExactly(key(1_234));
        take(indexed.withoutIndex("by_size").withIndex("by_owner", List.of("owner")));
        assertThat(find(filter, KeyRange.getDefaultInstance(), false, 10)).hasSize(1);
        awaitIndexes();
        store.checkpoint();
        reopen();
        assertThat(shard.schema().indexes()).hasSize(1);
        assertThat(shard.indexesLeft()).isZero();
    }

    @Test
    void aCopyThatIsInstalledBringsItsSchemaAndGetsItsIndexes() {
        TableSchema indexed = SCHEMA.alter(List.of(TableChange.addNullableColumn("mode", ColumnType.INT32)))
                .withIndex("by_size", List.of("size"));
        fill(50);
        List<EncodedRow> rows = Copies.rows(shard);
        try (ShardInstall install = store.install(SHARD, indexed, new ViewNumber(1))) {
            install.add(rows, List.of());
            assertThat(install.finish(new LogIndex(60), new ViewNumber(1), 50)).isTrue();
        }
        assertThat(shard.schema().version()).isEqualTo(3);
        awaitIndexes();
        assertThat(find(compare("size", Comparator.LESS, int64(3)), KeyRange.getDefaultInstance(), false, 2))
                .hasSize(3);
        reopen();
        assertThat(shard.schema().version()).isEqualTo(3);
        assertThat(shard.indexesLeft()).isZero();
    }
}
