package io.mds.region;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.LogTail;
import io.mds.region.service.Shards.Recovered;
import io.mds.region.store.DamagedStoreException;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import io.mds.region.wal.RecoveryVisitor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies what the log holds and the store lacks, in batches, while the region starts; as far as the log says that it is
 * committed. What comes after that is kept for the shard's replica, who will learn what became of it.
 *
 * <p>Thread: the starting one. Entries that the store has are passed over. A shard that was not dropped, and that the store
 * does not know, or of which something is missing before what the log has, makes the store damaged: to go on without it would
 * be to forget what was acknowledged.
 */
final class Replay implements RecoveryVisitor {
    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);
    private static final int BATCH = 512;
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Store store;
    private final Map<ShardId, LogTail> tails = new HashMap<>();
    /** Those that the log speaks of and the store does not know. */
    private final Set<ShardId> unknown = new TreeSet<>();
    /** With the newest view that they took part in; those of which nothing came after that. */
    private final Map<ShardId, ViewNumber> dropped = new HashMap<>();

    private long appliedAgain;
    private long lastProgress = System.nanoTime();

    Replay(Store store) {
        this.store = store;
    }

    @Override
    public void entry(ShardId shard, LogEntry entry, LogIndex committed) {
        ShardStore target = store.shard(shard).orElse(null);
        if (target == null) {
            unknown.add(shard);
            return;
        }
        dropped.remove(shard);
        LogTail tail = tails.computeIfAbsent(shard, id -> new LogTail());
        tail.entry(entry, committed, new LogPosition(target.appliedView(), target.appliedIndex()));
        if (tail.size() >= BATCH && tail.size() % BATCH == 0) {
            apply(target, tail);
        }
    }

    @Override
    public void promised(ShardId shard, ViewNumber view) {
        if (store.shard(shard).isEmpty()) {
            unknown.add(shard);
        }
        dropped.remove(shard);
        tails.computeIfAbsent(shard, id -> new LogTail()).promised(view);
    }

    @Override
    public void forgotten(ShardId shard, ViewNumber view) {
        dropped.put(shard, view);
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

    /** @throws DamagedStoreException when the store lacks shards that were not dropped, or entries */
    void finish() {
        if (!unknown.isEmpty()) {
            throw store.lost("the log speaks of shards " + unknown
                    + ", which were not dropped, and the store has none of them: it has gone back to an older state");
        }
        dropped.forEach(this::dropAgain);
        tails.forEach((shard, tail) -> store.shard(shard).ifPresent(target -> {
            apply(target, tail);
            requireNoGap(target, tail);
        }));
    }

    private void dropAgain(ShardId shard, ViewNumber view) {
        boolean same = store.shard(shard)
                .filter(found -> found.view().promised().compareTo(view) <= 0)
                .isPresent();
        if (same) {
            LOG.info("shard {} was dropped right before the region ended: dropping it again", shard);
            store.dropShard(shard);
        }
    }

    private void requireNoGap(ShardStore target, LogTail tail) {
        tail.afterGap().ifPresent(index -> {
            throw store.lost("shard " + target.id() + " is applied up to " + target.appliedIndex()
                    + ", and its log goes on with " + index + ": the store has gone back to an older state");
        });
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
