package io.mds.region.store;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The rows of all shards that are kept in memory, bounded in bytes: one {@link ShardRowCache} per shard. When they exceed
 * the bound, shards give up rows in turn, those not asked for lately first. Any thread.
 */
final class RowCache {
    private static final int EVICTED_AT_ONCE = 128;

    private final long maxBytes;
    private final AtomicLong bytes = new AtomicLong();
    private final List<ShardRowCache> shards = new CopyOnWriteArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();

    /** A bound of 0 bytes keeps nothing. */
    RowCache(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    ShardRowCache addShard() {
        ShardRowCache shard = new ShardRowCache(this);
        shards.add(shard);
        return shard;
    }

    void removeShard(ShardRowCache shard) {
        shards.remove(shard);
        shard.clear();
    }

    boolean isEnabled() {
        return maxBytes > 0;
    }

    long bytes() {
        return bytes.get();
    }

    void grew(long by) {
        bytes.addAndGet(by);
    }

    /** Called by shards after they grew, without their lock. */
    void shrinkToBound() {
        // Rows asked for lately are spared once, so that two rounds over all rows always find some to evict.
        int fruitless = 0;
        while (bytes.get() > maxBytes) {
            Object[] candidates = shards.toArray();
            if (candidates.length == 0 || fruitless > 2 * candidates.length) {
                return;
            }
            ShardRowCache victim = (ShardRowCache) candidates[Math.floorMod(turn.getAndIncrement(), candidates.length)];
            fruitless = victim.evict(bytes.get() - maxBytes, EVICTED_AT_ONCE) > 0 ? 0 : fruitless + 1;
        }
    }
}
