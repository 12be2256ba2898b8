package io.mds.region.store;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.delete;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.increment;
import static io.mds.region.store.Writes.int64;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.read;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.update;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.EncodedRow;
import io.mds.proto.ErrorCode;
import io.mds.proto.Operation;
import io.mds.proto.WriteRequest;
import io.mds.region.store.Copies.Content;
import io.mds.region.wal.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Copies of shards and their installation, whatever the database. */
abstract class StoreCopySuite extends StoreSchemaSuite {
    private static final ShardId OTHER = new ShardId(8);

    @Test
    void aCopyIsTheShardAsItWasWhateverIsWrittenMeanwhile() {
        fill(300);
        List<EncodedRow> before = Copies.rows(shard);
        try (ShardCopy copy = shard.copy()) {
            assertThat(copy.appliedIndex()).isEqualTo(new LogIndex(300));
            assertThat(copy.appliedView()).isEqualTo(new ViewNumber(1));
            assertThat(copy.totalRows()).isEqualTo(300);
            List<EncodedRow> copied = new ArrayList<>(copy.nextPage(50, 1 << 20).rows());
            assertThat(copied).hasSize(50);
            for (int i = 0; i < 300; i++) {
                apply(i % 3 == 0 ? delete(key(i)) : upsert(key(i * 2), row("size", -1L)));
            }
            store.checkpoint();
            store.createShard(OTHER, SCHEMA, new ViewNumber(1));
            copied.addAll(Copies.rest(copy, 70, 1 << 20).rows());
            assertThat(copied).isEqualTo(before);
        }
        assertThat(Copies.rows(shard)).isNotEqualTo(before);
    }

    @Test
    void pagesOfACopyAreBoundedByBytesAndEndWithTheLast() {
        fill(40);
        apply(upsert(key(100), row("owner", "x".repeat(5_000))));
        try (ShardCopy copy = shard.copy()) {
            int pages = 0;
            long rows = 0;
            for (boolean last = false; !last; pages++) {
                ShardCopy.Page page = copy.nextPage(1_000, 100);
                long bytes = 0;
                for (EncodedRow row :
                        page.rows().subList(0, Math.max(0, page.rows().size() - 1))) {
                    bytes += row.getKey().size() + row.getRow().size();
                }
                assertThat(bytes).isLessThan(100);
                rows += page.rows().size();
                last = page.last();
            }
            assertThat(rows).isEqualTo(41);
            assertThat(pages).isGreaterThan(5);
            assertThatThrownBy(() -> copy.nextPage(1, 1))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void anEmptyShardIsCopiedAndInstalled() {
        store.createShard(OTHER, SCHEMA, new ViewNumber(1));
        try (ShardCopy copy = shard.copy();
                ShardInstall install = store.install(OTHER, SCHEMA, new ViewNumber(1))) {
            assertThat(Copies.install(copy, install)).isTrue();
        }
        assertThat(Copies.rows(store.shard(OTHER).orElseThrow())).isEmpty();
    }

    @Test
    void onlySoManyCopiesAreOpenAtOnce() {
        fill(3);
        List<ShardCopy> open = new ArrayList<>();
        for (int i = 0; i < settings().copies(); i++) {
            open.add(shard.copy());
        }
        assertThatThrownBy(() -> shard.copy()).isInstanceOfSatisfying(MdsException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(e.retryAfter()).isPositive();
        });
        // Reads and writes have connections of their own.
        apply(upsert(key(1), row()));
        assertThat(Copies.rows(shard)).hasSize(3);
        open.get(0).close();
        Copies.rest(open.get(1), 100, 1 << 20);
        open.set(0, shard.copy());
        open.set(1, shard.copy());
        open.forEach(ShardCopy::close);
        open.forEach(ShardCopy::close);
        Copies.rest(shard.copy(), 100, 1 << 20);
    }

    @Test
    void aDroppedShardsCopyEndsAndDoesNotHoldUpTheDrop() {
        fill(30);
        ShardCopy copy = shard.copy();
        copy.nextPage(10, 1 << 20);
        store.dropShard(SHARD);
        assertThatThrownBy(() -> copy.nextPage(10, 1 << 20)).isInstanceOf(StoreException.class);
        assertThatThrownBy(() -> shard.copy())
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STALE_ROUTE));
    }

    @Test
    void anInstalledCopyHasTheRowsThePositionAndTheRememberedAnswers() {
        WriteRequest increment = request(1, 0, 1, update(key(5), increment("size", int64(1))));
        fill(50);
        apply(increment);
        apply(request(2, 0, 1, delete(key(6))));
        ShardStore other = store.createShard(OTHER, SCHEMA, new ViewNumber(1));
        other.apply(List.of(entry(1, request(upsert(key(77), row())))));
        try (ShardCopy copy = shard.copy();
                ShardInstall install = store.install(OTHER, SCHEMA, new ViewNumber(3))) {
            assertThat(Copies.install(copy, install)).isTrue();
        }
        for (int round = 0; round < 2; round++) {
            ShardStore installed = store.shard(OTHER).orElseThrow();
            assertThat(installed.view().promised()).isEqualTo(new ViewNumber(3));
            assertThat(installed.appliedIndex()).isEqualTo(new LogIndex(52));
            assertThat(installed.appliedView()).isEqualTo(new ViewNumber(1));
            assertThat(installed.rowCount()).isEqualTo(49);
            assertThat(Copies.rows(installed)).isEqualTo(Copies.rows(shard));
            assertThat(RandomLog.answers(contentOf(installed).requests()))
                    .isEqualTo(RandomLog.answers(contentOf(shard).requests()))
                    .hasSize(2);
            reopen();
        }
        ShardStore installed = store.shard(OTHER).orElseThrow();
        LogEntry again = entry(53, increment);
        assertThat(written(installed.apply(List.of(again)).get(0)).getDuplicate())
                .isTrue();
        installed.apply(List.of(entry(54, request(upsert(key(1), row("size", 99L))))));
        reopen();
        installed = store.shard(OTHER).orElseThrow();
        assertThat(installed.appliedIndex()).isEqualTo(new LogIndex(54));
        assertThat(read(Copies.rows(installed).get(1).getRow(), "size")).isEqualTo(99L);
    }

    private static Content contentOf(ShardStore shard) {
        try (ShardCopy copy = shard.copy()) {
            return Copies.rest(copy, 1_000, 1 << 20);
        }
    }

    @Test
    void whoHoldsTheShardSeesTheInstalledRows() {
        fill(50);
        ShardStore other = store.createShard(OTHER, SCHEMA, new ViewNumber(1));
        other.apply(List.of(entry(1, request(upsert(key(77), row())))));
        assertThat(Copies.rows(other)).hasSize(1);
        try (ShardCopy copy = shard.copy();
                ShardInstall install = store.install(OTHER, SCHEMA, new ViewNumber(1))) {
            assertThat(Copies.install(copy, install)).isTrue();
        }
        assertThat(store.shard(OTHER)).containsSame(other);
        assertThat(Copies.rows(other)).isEqualTo(Copies.rows(shard));
        other.apply(List.of(entry(51, request(upsert(key(77), row())))));
        store.checkpoint();
        assertThat(Copies.rows(other)).hasSize(51);
    }

    @Test
    void anInstallThatIsGivenUpLeavesNothing() {
        fill(20);
        List<EncodedRow> before = Copies.rows(shard);
        ShardInstall install = store.install(SHARD, SCHEMA, new ViewNumber(1));
        install.add(before.subList(0, 10), List.of());
        assertThatThrownBy(() -> install.finish(new LogIndex(30), new ViewNumber(1), 20))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("10 rows (expected: 20)");
        assertThatThrownBy(() -> install.add(before.subList(10, 20), List.of())).isInstanceOf(StoreException.class);
        install.close();
        ShardInstall unsorted = store.install(SHARD, SCHEMA, new ViewNumber(1));
        unsorted.add(before.subList(5, 10), List.of());
        assertThatThrownBy(() -> unsorted.add(before.subList(9, 10), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("do not ascend");
        unsorted.close();
        ShardInstall forgotten = store.install(SHARD, SCHEMA, new ViewNumber(1));
        forgotten.add(before, List.of());
        assertThat(Copies.rows(shard)).isEqualTo(before);
        reopen();
        assertThat(Copies.rows(shard)).isEqualTo(before);
        assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(20));
    }

    @Test
    void anInstallDoesNotTakeAShardBack() {
        fill(20);
        try (ShardCopy copy = shard.copy();
                ShardInstall install = store.install(SHARD, SCHEMA, new ViewNumber(1))) {
            apply(upsert(key(100), row()));
            assertThat(Copies.install(copy, install)).isFalse();
        }
        assertThat(shard.rowCount()).isEqualTo(21);
        assertThat(Copies.rows(shard)).hasSize(21);
    }

    @Test
    void anInstallIntoADroppedShardFails() {
        fill(5);
        try (ShardCopy copy = shard.copy();
                ShardInstall install = store.install(OTHER, SCHEMA, new ViewNumber(1))) {
            store.dropShard(OTHER);
            store.createShard(OTHER, SCHEMA, new ViewNumber(1));
            assertThatThrownBy(() -> Copies.install(copy, install))
                    .isInstanceOfSatisfying(
                            MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STALE_ROUTE));
        }
        assertThat(store.shard(OTHER).orElseThrow().rowCount()).isZero();
    }

    @Test
    void readsWhileAnInstallEndsSeeTheOldRowsOrTheNew() throws Exception {
        // All rows of a generation have the same size, so that a mix shows.
        ShardStore target = store.createShard(OTHER, SCHEMA, new ViewNumber(1));
        AtomicBoolean ended = new AtomicBoolean();
        ExecutorService readers = Executors.newFixedThreadPool(2);
        try {
            List<Future<?>> running = new ArrayList<>();
            long index = 0;
            for (int round = 0; round < 8; round++) {
                List<Operation> all = new ArrayList<>();
                for (int i = 0; i < 60; i++) {
                    all.add(upsert(key(i), row("size", (long) round)));
                }
                apply(all.toArray(Operation[]::new));
                if (round == 0) {
                    target.apply(List.of(entry(++index, request(all.toArray(Operation[]::new)))));
                    for (int i = 0; i < 2; i++) {
                        running.add(readers.submit(() -> readUntil(ended, target)));
                    }
                }
                try (ShardCopy copy = shard.copy();
                        ShardInstall install = store.install(OTHER, SCHEMA, new ViewNumber(1))) {
                    assertThat(Copies.install(copy, install)).isTrue();
                }
            }
            ended.set(true);
            for (Future<?> each : running) {
                each.get(30, TimeUnit.SECONDS);
            }
        } finally {
            ended.set(true);
            readers.shutdownNow();
        }
    }

    private static void readUntil(AtomicBoolean ended, ShardStore target) {
        long last = 0;
        while (!ended.get()) {
            List<EncodedRow> rows = Copies.rows(target);
            assertThat(rows).hasSize(60);
            long size = (Long) read(rows.get(0).getRow(), "size");
            assertThat(rows)
                    .allSatisfy(each -> assertThat(read(each.getRow(), "size")).isEqualTo(size));
            assertThat(size).isGreaterThanOrEqualTo(last);
            last = size;
        }
    }

    @Test
    void copiesUnderConcurrentWritesAndFlushesAreTheLogUpToTheirIndex() throws Exception {
        long seed = System.nanoTime();
        CompletableFuture<Void> writing = new CompletableFuture<>();
        AtomicBoolean ended = new AtomicBoolean();
        Thread writer = new Thread(() -> {
            try {
                for (long index = 1; !ended.get(); ) {
                    List<LogEntry> batch = new ArrayList<>();
                    for (int i = 0; i < 1 + index % 7; i++) {
                        batch.add(RandomLog.entry(seed, index++));
                    }
                    shard.apply(batch);
                }
                writing.complete(null);
            } catch (RuntimeException | Error e) {
                writing.completeExceptionally(e);
            }
        });
        Thread flusher = new Thread(() -> {
            while (!ended.get()) {
                store.checkpoint();
            }
        });
        ShardStore reference = store.createShard(OTHER, SCHEMA, new ViewNumber(1));
        writer.start();
        flusher.start();
        try {
            for (int round = 0; round < 12; round++) {
                try (ShardCopy copy = shard.copy()) {
                    Content content = Copies.rest(copy, 37, 1 << 20);
                    RandomLog.applyTo(reference, seed, copy.appliedIndex().value());
                    assertThat(content.rows())
                            .as("seed %d, index %s", seed, copy.appliedIndex())
                            .isEqualTo(Copies.rows(reference));
                    assertThat(copy.totalRows()).isEqualTo(reference.rowCount());
                    assertThat(RandomLog.answers(content.requests()))
                            .as("seed %d, index %s", seed, copy.appliedIndex())
                            .isEqualTo(RandomLog.answers(contentOf(reference).requests()));
                }
            }
        } finally {
            ended.set(true);
            writer.join();
            flusher.join();
        }
        writing.get(10, TimeUnit.SECONDS);
    }
}
