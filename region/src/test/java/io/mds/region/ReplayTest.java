package io.mds.region;

import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.insert;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.store.DamagedStoreException;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.store.StoreSettings;
import io.mds.region.store.Writes;
import io.mds.region.wal.AppendListener;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogFiles;
import io.mds.region.wal.LogObserver;
import io.mds.region.wal.LogSettings;
import io.mds.region.wal.WriteAheadLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of a log reaches the store when a region starts. */
class ReplayTest {
    private static final ShardId SHARD = new ShardId(1);
    private static final ShardId DROPPED = new ShardId(2);
    /** More than fit a batch, so that both whole and partial batches are applied. */
    private static final int ENTRIES = 1_300;

    @TempDir
    private Path directory;

    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(StoreSettings.h2File(directory.resolve("store")), new SimpleMeterRegistry());
    }

    @AfterEach
    void close() {
        store.close();
    }

    private ShardStore create(ShardId shard) {
        return store.createShard(shard, Writes.SCHEMA, new ViewNumber(1));
    }

    private static LogEntry insertion(int index) {
        return entry(index, request(insert(key(index), row())));
    }

    private static LogEntry barrier(long view, long index) {
        return LogEntry.barrier(new ViewNumber(view), new LogIndex(index), 0);
    }

    /** What a replay makes of a log to which this was written. */
    private Replay replayOf(Consumer<WriteAheadLog> writes) throws IOException {
        try (WriteAheadLog log = openLog()) {
            log.recover(new Replay(store), new LogObserver() {});
            writes.accept(log);
        }
        try (WriteAheadLog log = openLog()) {
            Replay replay = new Replay(store);
            log.recover(replay, new LogObserver() {});
            replay.finish();
            return replay;
        }
    }

    private WriteAheadLog openLog() throws IOException {
        return WriteAheadLog.open(
                directory.resolve("log"), LogSettings.defaults(), LogFiles.onDisk(), new SimpleMeterRegistry());
    }

    private static void append(WriteAheadLog log, ShardId shard, int from, int to) {
        for (int i = from; i <= to; i++) {
            log.append(shard, insertion(i), new LogIndex(i), new Ignoring());
        }
    }

    private static void promise(WriteAheadLog log, ShardId shard, long view) {
        log.promise(shard, new ViewNumber(view), () -> {});
    }

    private static void forget(WriteAheadLog log, ShardId shard, long view) {
        log.forget(shard, new ViewNumber(view), () -> {});
    }

    private static final class Ignoring implements AppendListener {
        @Override
        public void durable(ShardId shard, LogEntry entry) {}

        @Override
        public void failed(ShardId shard, LogEntry entry, MdsException failure) {}
    }

    private static void appendToBoth(WriteAheadLog log) {
        append(log, SHARD, 1, ENTRIES);
        append(log, DROPPED, 1, ENTRIES);
        forget(log, DROPPED, 1);
    }

    @Test
    void everythingThatTheStoreLacksIsAppliedAndWhatWasDroppedIsPassedOver() throws IOException {
        ShardStore shard = create(SHARD);
        assertThat(replayOf(ReplayTest::appendToBoth).applied()).isEqualTo(ENTRIES);
        assertThat(shard.rowCount()).isEqualTo(ENTRIES);
        assertThat(shard.appliedIndex().value()).isEqualTo(ENTRIES);
        assertThat(store.shard(DROPPED)).isEmpty();
    }

    @Test
    void replayingAgainChangesNothing() throws IOException {
        ShardStore shard = create(SHARD);
        replayOf(ReplayTest::appendToBoth);
        assertThat(replayOf(log -> {}).applied()).isZero();
        assertThat(shard.rowCount()).isEqualTo(ENTRIES);
    }

    @Test
    void aShardThatWasDroppedAfterItsLastEntryIsDroppedAgain() throws IOException {
        create(SHARD);
        create(DROPPED);
        assertThat(replayOf(ReplayTest::appendToBoth).applied()).isEqualTo(ENTRIES);
        assertThat(store.shard(DROPPED)).isEmpty();
        assertThat(store.shard(SHARD)).isPresent();
    }

    @Test
    void aShardThatCameBackInANewerViewAfterItWasDroppedIsKept() throws IOException {
        store.createShard(SHARD, Writes.SCHEMA, new ViewNumber(5));
        Replay replay = replayOf(log -> {
            append(log, SHARD, 1, 1);
            forget(log, SHARD, 4);
        });
        assertThat(store.shard(SHARD)).isPresent();
        assertThat(replay.applied()).isZero();
        assertThat(replay.recovered(SHARD).rest()).isEmpty();
    }

    @Test
    void aShardThatCameBackInTheViewInWhichItWasDroppedIsKept() throws IOException {
        store.createShard(SHARD, Writes.SCHEMA, new ViewNumber(5));
        Replay replay = replayOf(log -> {
            append(log, SHARD, 1, 3);
            promise(log, SHARD, 5);
            forget(log, SHARD, 5);
            promise(log, SHARD, 5);
        });
        assertThat(store.shard(SHARD).orElseThrow().appliedIndex()).isEqualTo(new LogIndex(0));
        assertThat(replay.recovered(SHARD).promised()).isEqualTo(new ViewNumber(5));
    }

    /** It came by a copy the first time, or its first segments are removed. */
    @Test
    void aShardThatCameBackIsKeptWhereverTheLogFromBeforeBegan() throws IOException {
        ShardStore shard = store.createShard(SHARD, Writes.SCHEMA, new ViewNumber(5));
        Replay replay = replayOf(log -> {
            append(log, SHARD, 300, 320);
            forget(log, SHARD, 4);
            promise(log, SHARD, 5);
            append(log, SHARD, 1, 3);
        });
        assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(3));
        assertThat(replay.applied()).isEqualTo(3);
        assertThat(replay.recovered(SHARD).rest()).isEmpty();
    }

    @Test
    void aShardThatWasDroppedAgainAfterItHadComeBackIsDroppedAgain() throws IOException {
        store.createShard(SHARD, Writes.SCHEMA, new ViewNumber(5));
        replayOf(log -> {
            forget(log, SHARD, 5);
            promise(log, SHARD, 5);
            append(log, SHARD, 1, 3);
            forget(log, SHARD, 5);
        });
        assertThat(store.shard(SHARD)).isEmpty();
    }

    @Test
    void whatIsNotKnownToBeCommittedIsKeptForTheReplica() {
        ShardStore shard = create(SHARD);
        Replay replay = new Replay(store);
        for (int i = 1; i <= 10; i++) {
            replay.entry(SHARD, insertion(i), new LogIndex(Math.max(0, i - 4)));
        }
        replay.promised(SHARD, new ViewNumber(9));
        replay.finish();
        assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(6));
        assertThat(replay.recovered(SHARD).rest())
                .extracting(LogEntry::index)
                .containsExactly(new LogIndex(7), new LogIndex(8), new LogIndex(9), new LogIndex(10));
        assertThat(replay.recovered(SHARD).promised()).isEqualTo(new ViewNumber(9));
    }

    @Test
    void anEntryVoidsThoseThatStoodAtItsPlaceAndAfter() {
        ShardStore shard = create(SHARD);
        Replay replay = new Replay(store);
        for (int i = 1; i <= 5; i++) {
            replay.entry(SHARD, insertion(i), new LogIndex(0));
        }
        LogEntry other = LogEntry.barrier(new ViewNumber(7), new LogIndex(3), 0);
        replay.entry(SHARD, other, new LogIndex(2));
        replay.finish();
        assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(2));
        assertThat(replay.recovered(SHARD).rest()).containsExactly(other);
    }

    @Test
    void aStoreThatHasLostAShardThatWasNotDroppedIsDamaged() {
        Replay written = new Replay(store);
        written.entry(SHARD, insertion(1), new LogIndex(1));
        assertThatThrownBy(written::finish)
                .isInstanceOf(DamagedStoreException.class)
                .hasMessageContaining("the log speaks of shards [1], which were not dropped");
        Replay promised = new Replay(store);
        promised.promised(SHARD, new ViewNumber(2));
        assertThatThrownBy(promised::finish).isInstanceOf(DamagedStoreException.class);
    }

    @Test
    void aStoreThatHasLostWhatTheLogNoLongerHoldsIsDamaged() {
        create(SHARD);
        Replay replay = new Replay(store);
        replay.entry(SHARD, insertion(3), new LogIndex(2));
        assertThatThrownBy(replay::finish)
                .isInstanceOf(DamagedStoreException.class)
                .hasMessageContaining("shard 1 is applied up to 0, and its log goes on with 3");
    }

    /** Of what a deposed leader had not committed, an older segment is removed, and a newer one is still needed. */
    @Test
    void entriesThatWereVoidedLaterNeedNothingBeforeThem() {
        ShardStore shard = create(SHARD);
        Replay replay = new Replay(store);
        replay.entry(SHARD, barrier(3, 7), new LogIndex(0));
        replay.entry(SHARD, barrier(3, 8), new LogIndex(0));
        replay.entry(SHARD, barrier(4, 1), new LogIndex(1));
        replay.entry(SHARD, barrier(4, 2), new LogIndex(1));
        replay.finish();
        assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(1));
        assertThat(replay.recovered(SHARD).rest()).containsExactly(barrier(4, 2));
    }

    @Test
    void entriesThatACopyOfTheShardHasOvertakenAreVoid() {
        ShardStore shard = create(SHARD);
        shard.apply(List.of(barrier(4, 1)));
        Replay replay = new Replay(store);
        replay.entry(SHARD, barrier(3, 2), new LogIndex(0));
        replay.entry(SHARD, barrier(3, 9), new LogIndex(0));
        replay.finish();
        assertThat(replay.recovered(SHARD).rest()).isEmpty();
    }
}
