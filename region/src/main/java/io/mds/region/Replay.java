package io.mds.region;

import io.mds.id.ShardId;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.RecoveryVisitor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies what the log holds and the store lacks, in batches, while the region starts.
 *
 * <p>Thread: the starting one. Entries of shards that were dropped, and entries that the store has, are passed over.
 */
final class Replay implements RecoveryVisitor {
    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);
    private static final int BATCH = 512;
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Store store;
    private final Map<ShardId, List<LogEntry>> waiting = new HashMap<>();
    private long applied;
    private long lastProgress = System.nanoTime();

    Replay(Store store) {
        this.store = store;
    }

    @Override
    public void entry(ShardId shard, LogEntry entry) {
        ShardStore target = store.shard(shard).orElse(null);
        if (target == null || entry.index().compareTo(target.appliedIndex()) <= 0) {
            return;
        }
        List<LogEntry> batch = waiting.computeIfAbsent(shard, id -> new ArrayList<>());
        batch.add(entry);
        if (batch.size() == BATCH) {
            apply(target, batch);
        }
    }

    @Override
    public void forgotten(ShardId shard) {
        waiting.remove(shard);
        if (store.shard(shard).isPresent()) {
            LOG.info("shard {} was dropped right before the region ended: dropping it again", shard);
            store.dropShard(shard);
        }
    }

    private void apply(ShardStore target, List<LogEntry> batch) {
        target.apply(List.copyOf(batch));
        applied += batch.size();
        batch.clear();
        if (System.nanoTime() - lastProgress > PROGRESS_NANOS) {
            lastProgress = System.nanoTime();
            LOG.info("recovering: {} entries applied again", applied);
        }
    }

    void finish() {
        waiting.forEach((shard, batch) -> {
            if (!batch.isEmpty()) {
                store.shard(shard).ifPresent(target -> apply(target, batch));
            }
        });
    }

    /** Entries that were applied again. */
    long applied() {
        return applied;
    }
}
