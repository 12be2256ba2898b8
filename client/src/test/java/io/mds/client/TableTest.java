package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class TableTest extends ClusterTest {

    @Test
    void aRowIsReadAsItWasWritten() {
        WriteResult first = files.upsert(file("/etc", "hosts", 220));
        assertThat(first.existed()).isFalse();
        Row read = files.get("/etc", "hosts").orElseThrow();
        assertThat(read).isEqualTo(file("/etc", "hosts", 220));
        assertThat(read.version()).isEqualTo(first.version()).isPositive();
        assertThat(files.upsert(file("/etc", "hosts", 221)).existed()).isTrue();
        assertThat(files.get(Key.of("/etc", "nosuch"))).isEmpty();
    }

    @Test
    void everyTypeSurvivesTheTrip() {
        TableSchema.Builder schema =
                TableSchema.named("types").column("k", ColumnType.DECIMAL).primaryKey("k");
        for (ColumnType type : ColumnType.values()) {
            schema.nullableColumn("c_" + type, type);
        }
        mds.createTable(schema.build());
        Row row = Row.of(
                "k",
                new BigDecimal("10"),
                "c_BOOLEAN",
                true,
                "c_INT32",
                Integer.MIN_VALUE,
                "c_INT64",
                Long.MAX_VALUE,
                "c_DOUBLE",
                -1.25,
                "c_DECIMAL",
                new BigDecimal("12345678901234567890.123"),
                "c_STRING",
                "zoë \0 \uD83D\uDE00",
                "c_BYTES",
                new byte[] {0, -1},
                "c_TIMESTAMP",
                Instant.parse("2024-02-29T23:59:59.123456Z"),
                "c_UUID",
                new UUID(-1, 1),
                "c_JSON",
                "{\"a\": [1, 2]}");
        Table types = mds.table("types");
        types.insert(row);
        assertThat(types.get(new BigDecimal("10")).orElseThrow().with("k", new BigDecimal("10")))
                .isEqualTo(row);
        types.upsert(Row.of("k", 11));
        Row nulls = types.get(11).orElseThrow();
        assertThat(nulls.columns()).filteredOn(nulls::isNull).hasSize(ColumnType.values().length);
    }

    @Test
    void insertRefusesARowThatExists() {
        files.insert(file("/etc", "hosts", 1));
        MdsException e = failure(() -> files.insert(file("/etc", "hosts", 2)));
        assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(e.getStackTrace()).anyMatch(frame -> frame.getClassName().equals(TableTest.class.getName()));
        assertThat(files.get("/etc", "hosts").orElseThrow().getLong("size")).isEqualTo(1);
    }

    @Test
    void updatesSetAndIncrementUnderConditions() {
        long version = files.upsert(file("/etc", "hosts", 220)).version();
        Key key = Key.of("/etc", "hosts");
        WriteResult updated =
                files.update(key, Update.increment("size", 1).set("owner", null).ifVersion(version));
        Row row = files.get(key).orElseThrow();
        assertThat(row.getLong("size")).isEqualTo(221);
        assertThat(row.isNull("owner")).isTrue();
        assertThat(row.version()).isEqualTo(updated.version());
        assertFails(
                ErrorCode.CONDITION_FAILED,
                "table 'files' shard",
                () -> files.update(key, Update.increment("size", 1).ifVersion(version)));
        assertFails(
                ErrorCode.CONDITION_FAILED,
                "condition",
                () -> files.update(key, Update.set("size", 0).where(Filters.eq("owner", "root"))));
        assertFails(
                ErrorCode.NOT_FOUND, "no such row", () -> files.update(Key.of("/etc", "no"), Update.set("size", 1)));
    }

    @Test
    void deletesTellWhetherThereWasARow() {
        files.upsert(file("/etc", "hosts", 1));
        assertFails(
                ErrorCode.CONDITION_FAILED,
                "condition",
                () -> files.delete(Key.of("/etc", "hosts"), Condition.ifVersion(99)));
        assertThat(files.delete("/etc", "hosts").existed()).isTrue();
        assertThat(files.delete(Key.of("/etc", "hosts")).existed()).isFalse();
        assertThat(files.get("/etc", "hosts")).isEmpty();
    }

    @Test
    void upsertsUnderAConditionAreCompareAndSet() {
        Row row = file("/etc", "hosts", 1);
        long version = files.upsert(row, Condition.ifAbsent()).version();
        assertFails(ErrorCode.CONDITION_FAILED, "condition", () -> files.upsert(row, Condition.ifAbsent()));
        files.upsert(row.with("size", 2L), Condition.ifVersion(version));
        assertThat(files.get("/etc", "hosts").orElseThrow().getLong("size")).isEqualTo(2);
    }

    @Test
    void onlyTheColumnsAskedForAreRead() {
        files.upsert(file("/etc", "hosts", 220));
        Row row = files.get(Key.of("/etc", "hosts"), List.of("size", "dir")).orElseThrow();
        assertThat(row.columns()).containsExactly("size", "dir");
        assertThat(row).isEqualTo(Row.of("dir", "/etc", "size", 220L));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "table 'files': no column 'sise'",
                () -> files.get(Key.of("/etc", "hosts"), List.of("sise")));
    }

    @Test
    void manyRowsComeInTheOrderOfTheirKeys() {
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < 1_200; i++) {
            keys.add(Key.of("/d" + i % 10, "f" + i));
        }
        files.upsertAll(keys.stream()
                .filter(key -> !key.get(1).equals("f7"))
                .map(key -> file((String) key.get(0), (String) key.get(1), 1))
                .toList());
        List<Optional<Row>> rows = files.getAll(keys);
        assertThat(rows).hasSize(1_200);
        for (int i = 0; i < rows.size(); i++) {
            if (i == 7) {
                assertThat(rows.get(i)).isEmpty();
            } else {
                assertThat(rows.get(i).orElseThrow().getString("name")).isEqualTo("f" + i);
            }
        }
        assertThat(files.getAll(List.of())).isEmpty();
    }

    @Test
    void anAtomicBatchIsAppliedAsAWhole() {
        List<WriteResult> results = files.write(Batch.atomic()
                .insert(file("/etc", "a", 1))
                .upsert(file("/etc", "b", 2))
                .update(Key.of("/etc", "a"), Update.increment("size", 10))
                .delete(Key.of("/etc", "c")));
        assertThat(results).extracting(WriteResult::existed).containsExactly(false, false, true, false);
        assertThat(results)
                .extracting(WriteResult::version)
                .containsOnly(results.get(0).version());
        assertThat(files.get("/etc", "a").orElseThrow().getLong("size")).isEqualTo(11);

        MdsException e = failure(
                () -> files.write(Batch.atomic().upsert(file("/etc", "d", 1)).insert(file("/etc", "a", 1))));
        assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS);
        assertThat(e.operation()).hasValue(1);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(files.get("/etc", "d")).isEmpty();
        assertThat(files.write(Batch.atomic())).isEmpty();
    }

    @Test
    void anAtomicBatchOverSeveralShardsIsRefused() {
        Batch batch = Batch.atomic();
        for (int i = 0; i < 20; i++) {
            batch.upsert(file("/d" + i, "f", 1));
        }
        assertFails(ErrorCode.INVALID_ARGUMENT, "an atomic batch must be on one shard", () -> files.write(batch));
        assertThat(cluster.rows("files")).isZero();
    }

    @Test
    void aSplitBatchGoesToManyShardsAndNamesTheOperationThatFailed() {
        Batch batch = Batch.splitByShard();
        for (int i = 0; i < 20; i++) {
            batch.upsert(file("/d" + i, "f", 1));
        }
        assertThat(files.write(batch)).hasSize(20);
        assertThat(cluster.rowsByShard("files")).allMatch(rows -> rows > 0);
        Batch failing = Batch.splitByShard();
        for (int i = 0; i < 20; i++) {
            failing.upsert(file("/d" + i, "g", 1));
        }
        failing.insert(file("/d3", "f", 1));
        MdsException e = failure(() -> files.write(failing));
        assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS);
        assertThat(e.operation()).hasValue(20);
        assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(e).hasMessageContaining("1 of the batch's 4 parts");
    }

    @Test
    void badRowsAreRefusedWithTheirTableAndColumn() {
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "table 'files': column 'size': is NULL or missing",
                () -> files.upsert(Row.of("dir", "/", "name", "x")));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "table 'files': key column 'name' is missing in row",
                () -> files.upsert(Row.of("dir", "/", "size", 1)));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "table 'files': no column 'colour'",
                () -> files.upsert(file("/", "x", 1).with("colour", "red")));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "table 'files': column 'size': 'big'",
                () -> files.upsert(file("/", "x", 1).with("size", "big")));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "table 'files': a key of 1 values (expected: 2: dir, name",
                () -> files.get("/etc"));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "is part of the key and cannot be changed",
                () -> files.update(Key.of("/", "x"), Update.set("name", "y")));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "'owner' of type STRING cannot be incremented",
                () -> files.update(Key.of("/", "x"), Update.increment("owner", 1)));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "'size' is NOT NULL and cannot be set to NULL",
                () -> files.update(Key.of("/", "x"), Update.set("size", null)));
        assertThat(cluster.applied("files")).isZero();
    }

    @Test
    void asynchronousCallsFailInTheirFutureWithTheErrorItself() {
        files.insertAsync(file("/etc", "hosts", 1)).join();
        assertThat(files.getAsync("/etc", "hosts").join()).isPresent();
        assertThat(files.insertAsync(file("/etc", "hosts", 1))
                        .handle((result, error) -> error)
                        .join())
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS));
        Assertions.assertThatThrownBy(() -> files.getAsync("/etc").join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(MdsException.class);
        assertThat(files.deleteAsync("/etc", "hosts").join().existed()).isTrue();
        assertThat(files.schemaAsync().join()).isEqualTo(FILES);
        assertThat(files.countAsync(Scan.all()).join()).isZero();
    }

    @Test
    void blockingInACallbackIsRefusedInsteadOfWaitingForEver() {
        files.upsert(file("/etc", "hosts", 1));
        Throwable thrown = files.getAsync("/etc", "hosts")
                .thenApply(row -> Assertions.catchThrowable(() -> files.get("/etc", "hosts")))
                .join();
        // A future that is complete before the callback is attached runs it on this thread, which may wait.
        if (thrown != null) {
            assertThat(thrown).isInstanceOf(IllegalStateException.class).hasMessageContaining("Async");
        }
        assertThat(files.get("/etc", "hosts")).isPresent();
    }

    @Test
    void callbacksRunOnTheExecutorThatWasGiven() {
        try (MdsClient other = MdsClient.connect(options()
                .callbackExecutor(task -> new Thread(task, "my-callbacks").start())
                .build())) {
            Table table = other.table("files");
            String thread = table.getAsync("/etc", "hosts")
                    .thenApply(row -> {
                        Optional<Row> again = table.get("/etc", "hosts");
                        return again.isPresent() ? "" : Thread.currentThread().getName();
                    })
                    .join();
            assertThat(thread).isIn("my-callbacks", Thread.currentThread().getName());
        }
    }
}
