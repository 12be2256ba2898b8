package io.mds.region;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.LogTail;
import io.mds.region.service.Shards.Recovered;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.RecoveryVisitor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies what the log holds and the store lacks, in batches, while the region starts; as far as the log says that it is
 * committed. What comes after that is kept for the shard's replica, who will learn what became of it.
 *
 * <p>Thread: the starting one. Entries of shards that were dropped, and entries that the store has, are passed over.
 */
final class Replay implements RecoveryVisitor {
    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);
    private static final int BATCH = 512;
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Store store;
    private final Map<ShardId, LogTail> tails = new HashMap<>();
    private long appliedAgain;
    private long lastProgress = System.nanoTime();

    Replay(Store store) {
        this.store = store;
    }

    @Override
    public void entry(ShardId shard, LogEntry entry, LogIndex committed) {
        ShardStore target = store.shard(shard).orElse(null);
        if (target == null) {
            return;
        }
        LogTail tail = tails.computeIfAbsent(shard, id -> new LogTail());
        LogIndex applied = target.appliedIndex();
        if (tail.leavesGap(entry, applied)) {
            throw store.lost("shard " + shard + " is applied up to " + applied + ", and its log goes on with "
                    + entry.index() + ": the store has gone back to an older state");
        }
        tail.entry(entry, committed, applied);
        if (tail.size() >= BATCH && tail.size() % BATCH == 0) {
            apply(target, tail);
        }
    }

    @Override
    public void promised(ShardId shard, ViewNumber view) {
        tails.computeIfAbsent(shard, id -> new LogTail()).promised(view);
    }

    @Override
    public void forgotten(ShardId shard, ViewNumber view) {
        tails.remove(shard);
        boolean same = store.shard(shard)
                .filter(found -> found.view().promised().compareTo(view) <= 0)
                .isPresent();
        if (same) {
            LOG.info("shard {} was dropped right before the region ended: dropping it again", shard);
            store.dropShard(shard);
        }
    }

    private void apply(ShardStore target, LogTail tail) {
        List<LogEntry> committed = tail.takeCommitted();
        if (committed.isEmpty()) {
            return;
        }
        target.apply(committed);
        appliedAgain += committed.size();
        if (System.nanoTime() - lastProgress > PROGRESS_NANOS) {
            lastProgress = System.nanoTime();
            LOG.info("recovering: {} entries applied again", appliedAgain);
        }
    }

    void finish() {
        tails.forEach((shard, tail) -> store.shard(shard).ifPresent(target -> apply(target, tail)));
    }

    /** What the log has of a shard beyond what is applied now. */
    Recovered recovered(ShardId shard) {
        LogTail tail = tails.getOrDefault(shard, new LogTail());
        return new Recovered(tail.promised(), tail.rest());
    }

    /** Entries that were applied again. */
    long applied() {
        return appliedAgain;
    }
}
