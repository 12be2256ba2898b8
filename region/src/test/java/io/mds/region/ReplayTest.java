package io.mds.region;

import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.insert;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.store.DamagedStoreException;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.store.StoreSettings;
import io.mds.region.store.Writes;
import io.mds.region.wal.LogEntry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
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

    private long replayAll(Replay replay) {
        for (int i = 1; i <= ENTRIES; i++) {
            replay.entry(SHARD, insertion(i), new LogIndex(i));
            replay.entry(DROPPED, insertion(i), new LogIndex(i));
        }
        replay.forgotten(DROPPED, new ViewNumber(1));
        replay.finish();
        return replay.applied();
    }

    @Test
    void everythingThatTheStoreLacksIsAppliedAndWhatWasDroppedIsPassedOver() {
        ShardStore shard = create(SHARD);
        assertThat(replayAll(new Replay(store))).isEqualTo(ENTRIES);
        assertThat(shard.rowCount()).isEqualTo(ENTRIES);
        assertThat(shard.appliedIndex().value()).isEqualTo(ENTRIES);
        assertThat(store.shard(DROPPED)).isEmpty();
    }

    @Test
    void replayingAgainChangesNothing() {
        ShardStore shard = create(SHARD);
        replayAll(new Replay(store));
        assertThat(replayAll(new Replay(store))).isZero();
        assertThat(shard.rowCount()).isEqualTo(ENTRIES);
    }

    @Test
    void aShardThatWasDroppedAfterItsLastEntryIsDroppedAgain() {
        create(SHARD);
        create(DROPPED);
        Replay replay = new Replay(store);
        replay.entry(DROPPED, insertion(1), new LogIndex(0));
        replay.forgotten(DROPPED, new ViewNumber(1));
        assertThat(replayAll(replay)).isEqualTo(ENTRIES);
        assertThat(store.shard(DROPPED)).isEmpty();
        assertThat(store.shard(SHARD)).isPresent();
    }

    @Test
    void aShardThatCameBackInANewerViewAfterItWasDroppedIsKept() {
        store.createShard(SHARD, Writes.SCHEMA, new ViewNumber(5));
        Replay replay = new Replay(store);
        replay.entry(SHARD, insertion(1), new LogIndex(0));
        replay.forgotten(SHARD, new ViewNumber(4));
        replay.finish();
        assertThat(store.shard(SHARD)).isPresent();
        assertThat(replay.applied()).isZero();
        assertThat(replay.recovered(SHARD).rest()).isEmpty();
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
        assertThatThrownBy(() -> replay.entry(SHARD, insertion(3), new LogIndex(2)))
                .isInstanceOf(DamagedStoreException.class)
                .hasMessageContaining("shard 1 is applied up to 0, and its log goes on with 3");
    }
}
