package io.mds.region;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.service.Shards.Recovered;
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
    private final Map<ShardId, Tail> tails = new HashMap<>();
    private long applied;
    private long lastProgress = System.nanoTime();

    /** What is known of a shard's log beyond its store. */
    private static final class Tail {
        private final List<LogEntry> entries = new ArrayList<>();
        private LogIndex committed = new LogIndex(0);
        private ViewNumber promised = new ViewNumber(0);

        void add(LogEntry entry) {
            voidFrom(entry.index());
            entries.add(entry);
        }

        void voidFrom(LogIndex index) {
            while (!entries.isEmpty() && entries.get(entries.size() - 1).index().compareTo(index) >= 0) {
                entries.remove(entries.size() - 1);
            }
        }

        /** The first entries, as far as they are committed. */
        List<LogEntry> committed() {
            int count = 0;
            while (count < entries.size() && entries.get(count).index().compareTo(committed) <= 0) {
                count++;
            }
            return entries.subList(0, count);
        }
    }

    Replay(Store store) {
        this.store = store;
    }

    @Override
    public void entry(ShardId shard, LogEntry entry, LogIndex committed) {
        ShardStore target = store.shard(shard).orElse(null);
        if (target == null) {
            return;
        }
        Tail tail = tails.computeIfAbsent(shard, id -> new Tail());
        if (committed.compareTo(tail.committed) > 0) {
            tail.committed = committed;
        }
        if (entry.view().compareTo(tail.promised) > 0) {
            tail.promised = entry.view();
        }
        if (entry.index().compareTo(target.appliedIndex()) <= 0) {
            tail.voidFrom(entry.index());
            return;
        }
        tail.add(entry);
        if (tail.entries.size() % BATCH == 0) {
            apply(target, tail);
        }
    }

    @Override
    public void promised(ShardId shard, ViewNumber view) {
        Tail tail = tails.computeIfAbsent(shard, id -> new Tail());
        if (view.compareTo(tail.promised) > 0) {
            tail.promised = view;
        }
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

    private void apply(ShardStore target, Tail tail) {
        List<LogEntry> committed = tail.committed();
        if (committed.isEmpty()) {
            return;
        }
        target.apply(List.copyOf(committed));
        applied += committed.size();
        committed.clear();
        if (System.nanoTime() - lastProgress > PROGRESS_NANOS) {
            lastProgress = System.nanoTime();
            LOG.info("recovering: {} entries applied again", applied);
        }
    }

    void finish() {
        tails.forEach((shard, tail) -> store.shard(shard).ifPresent(target -> apply(target, tail)));
    }

    /** What the log has of a shard beyond what is applied now. */
    Recovered recovered(ShardId shard) {
        Tail tail = tails.getOrDefault(shard, new Tail());
        return new Recovered(tail.promised, List.copyOf(tail.entries));
    }

    /** Entries that were applied again. */
    long applied() {
        return applied;
    }
}
