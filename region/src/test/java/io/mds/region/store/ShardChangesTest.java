package io.mds.region.store;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.delete;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.increment;
import static io.mds.region.store.Writes.insert;
import static io.mds.region.store.Writes.int64;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.read;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.update;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ChangesReply;
import io.mds.proto.RowChange;
import io.mds.proto.WriteRequest;
import io.mds.region.wal.LogEntry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a store tells of the changes that it applied. */
class ShardChangesTest {
    private static final ShardId SHARD = new ShardId(7);

    private Store store;
    private ShardStore shard;
    private long last;

    private void open(long changeBytes) {
        store = Store.open(
                new StoreSettings(
                        "jdbc:h2:mem:changes" + System.nanoTime(),
                        "",
                        "",
                        2,
                        1 << 20,
                        1 << 20,
                        2,
                        changeBytes,
                        Optional.empty(),
                        Duration.ofSeconds(5)),
                new SimpleMeterRegistry());
        shard = store.createShard(SHARD, SCHEMA, new ViewNumber(1));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void apply(WriteRequest... requests) {
        List<LogEntry> entries = new ArrayList<>();
        for (WriteRequest each : requests) {
            entries.add(entry(++last, each));
        }
        shard.apply(entries);
    }

    private ChangesReply after(long position, int limit) {
        return shard.changes()
                .orElseThrow()
                .after(new LogIndex(position), limit)
                .orElseThrow();
    }

    private boolean isForgotten(long position) {
        return shard.changes().orElseThrow().after(new LogIndex(position), 1).isEmpty();
    }

    @Test
    void changesAreToldInTheOrderOfTheLogWithTheRowsTheyLeave() {
        open(1 << 20);
        apply(
                request(insert(key(1), row("size", 1L)), insert(key(2), row("size", 2L))),
                request(update(key(1), increment("size", int64(10)))),
                request(delete(key(2))));
        apply(request(upsert(key(3), row("size", 3L))));
        ChangesReply all = after(0, 100);
        assertThat(all.getPosition()).isEqualTo(4);
        assertThat(all.getOldestPosition()).isZero();
        assertThat(all.getChangesList()).extracting(RowChange::getVersion).containsExactly(1L, 1L, 2L, 3L, 4L);
        assertThat(all.getChangesList())
                .extracting(RowChange::getTimestampMs)
                .containsExactly(1_000_001L, 1_000_001L, 1_000_002L, 1_000_003L, 1_000_004L);
        assertThat(all.getChanges(2).getKey()).isEqualTo(key(1));
        assertThat(read(all.getChanges(2).getRow(), "size")).isEqualTo(11L);
        assertThat(all.getChanges(3).getKey()).isEqualTo(key(2));
        assertThat(all.getChanges(3).hasRow()).isFalse();
        assertThat(after(2, 100).getChangesList()).hasSize(2);
        assertThat(after(4, 100).getChangesList()).isEmpty();
        assertThat(isForgotten(5)).isTrue();
    }

    @Test
    void changesOfOneWriteAreNeverSplitAndARowIsToldOnce() {
        open(1 << 20);
        apply(
                request(
                        insert(key(1), row("size", 1L)),
                        update(key(1), increment("size", int64(1))),
                        insert(key(2), row()),
                        insert(key(9), row()),
                        delete(key(9))),
                request(upsert(key(3), row())));
        ChangesReply first = after(0, 1);
        assertThat(first.getChangesList()).extracting(RowChange::getKey).containsExactly(key(1), key(2));
        assertThat(read(first.getChanges(0).getRow(), "size")).isEqualTo(2L);
        assertThat(first.getPosition()).isEqualTo(1);
        assertThat(after(first.getPosition(), 1).getChangesList())
                .extracting(RowChange::getKey)
                .containsExactly(key(3));
    }

    @Test
    void whatChangedNothingIsNotTold() {
        open(1 << 20);
        apply(request(1, 1, 1, upsert(key(1), row())));
        apply(request(1, 1, 1, upsert(key(1), row())));
        apply(request(insert(key(2), row()), insert(key(1), row())));
        apply(request(delete(key(5))));
        ChangesReply all = after(0, 100);
        assertThat(all.getChangesList()).extracting(RowChange::getVersion).containsExactly(1L);
        assertThat(all.getPosition()).isEqualTo(4);
        // Entries that come again, as after a restart, are applied no second time.
        shard.apply(List.of(entry(4, request(delete(key(5))))));
        assertThat(after(0, 100)).isEqualTo(all);
    }

    @Test
    void theOldestChangesAreForgottenFirstAndTheMemoryIsForAllShards() {
        open(10_000);
        ShardStore other = store.createShard(new ShardId(8), SCHEMA, new ViewNumber(1));
        for (int i = 1; i <= 100; i++) {
            apply(request(upsert(key(i), row())));
        }
        long oldest = shard.changes().orElseThrow().oldest().value();
        assertThat(oldest).isBetween(1L, 99L);
        assertThat(isForgotten(oldest - 1)).isTrue();
        assertThat(after(oldest, 1000).getChangesList()).hasSize((int) (100 - oldest));
        for (int i = 1; i <= 100; i++) {
            other.apply(List.of(entry(i, request(upsert(key(i), row())))));
        }
        assertThat(isForgotten(99)).isTrue();
        assertThat(after(100, 1).getPosition()).isEqualTo(100);
    }

    @Test
    void whatIsRememberedStaysInOrderHoweverMuchWasForgotten() {
        open(200_000);
        for (int i = 1; i <= 10_000; i++) {
            apply(request(upsert(key(i % 50), row("size", (long) i))));
            if (i % 97 == 0) {
                long oldest = shard.changes().orElseThrow().oldest().value();
                assertThat(after(oldest, 10).getChangesList().get(0).getVersion())
                        .isEqualTo(oldest + 1);
                assertThat(after(i - 1, 10).getChangesList())
                        .extracting(RowChange::getVersion)
                        .containsExactly((long) i);
            }
        }
        long oldest = shard.changes().orElseThrow().oldest().value();
        assertThat(after(oldest, 100_000).getChangesList())
                .extracting(RowChange::getVersion)
                .isSorted()
                .hasSize((int) (10_000 - oldest));
    }

    @Test
    void aWriteLargerThanTheMemoryIsForgottenAtOnceAndLargeAnswersAreCutBetweenWrites() {
        open(5 << 20);
        apply(request(upsert(key(1), row("owner", "x".repeat(900_000)))));
        apply(request(upsert(key(2), row("owner", "x".repeat(900_000)))));
        apply(request(upsert(key(3), row("owner", "x".repeat(900_000)))));
        assertThat(after(0, 100).getPosition()).isEqualTo(2);
        WriteRequest.Builder large = WriteRequest.newBuilder();
        for (int i = 0; i < 7; i++) {
            large.addOperations(upsert(key(i), row("owner", "x".repeat(900_000))));
        }
        apply(large.build());
        assertThat(isForgotten(3)).isTrue();
        assertThat(after(4, 100).getChangesList()).isEmpty();
    }

    @Test
    void anInstalledCopyBeginsAnew() {
        open(1 << 20);
        apply(request(upsert(key(1), row())), request(upsert(key(2), row())));
        ShardStore other = store.createShard(new ShardId(8), SCHEMA, new ViewNumber(1));
        other.apply(List.of(entry(1, request(upsert(key(1), row())))));
        try (ShardCopy copy = shard.copy();
                ShardInstall install = store.install(new ShardId(8), SCHEMA, new ViewNumber(1))) {
            assertThat(Copies.install(copy, install)).isTrue();
        }
        ShardChanges changes = other.changes().orElseThrow();
        assertThat(changes.after(new LogIndex(1), 10)).isEmpty();
        assertThat(changes.oldest()).isEqualTo(new LogIndex(2));
        other.apply(List.of(entry(3, request(delete(key(1))))));
        assertThat(changes.after(new LogIndex(2), 10).orElseThrow().getChangesList())
                .hasSize(1);
    }

    @Test
    void nothingIsRememberedWithoutMemory() {
        open(0);
        apply(request(upsert(key(1), row())));
        assertThat(shard.changes()).isEmpty();
    }
}
