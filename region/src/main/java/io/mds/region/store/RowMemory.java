package io.mds.region.store;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes that all shards' rows take in memory, and their bounds. Rows that the database has as well are given up when
 * the bound is exceeded, those not asked for lately first; rows that it does not have yet stay until they are flushed.
 *
 * <p><em>Thread:</em> any.
 */
final class RowMemory {
    /** Even a region without a row cache gathers this much before it writes to the database. */
    private static final long MIN_DIRTY_BYTES = 4 * 1024 * 1024;

    private static final int EVICTED_AT_ONCE = 128;

    private final long maxBytes;
    private final long maxDirtyBytes;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong dirtyBytes = new AtomicLong();
    private final List<ShardRows> shards = new CopyOnWriteArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();

    RowMemory(long maxBytes) {
        this.maxBytes = maxBytes;
        this.maxDirtyBytes = Math.max(MIN_DIRTY_BYTES, maxBytes / 8 * 5);
    }

    ShardRows addShard() {
        ShardRows shard = new ShardRows(this);
        shards.add(shard);
        return shard;
    }

    void removeShard(ShardRows shard) {
        shards.remove(shard);
    }

    long bytes() {
        return bytes.get();
    }

    /** Bytes of rows that the database does not have yet. */
    long dirtyBytes() {
        return dirtyBytes.get();
    }

    /** So much is dirty that writes must wait. */
    boolean isFull() {
        return dirtyBytes.get() > maxDirtyBytes;
    }

    /** So much is dirty that some of it should be flushed, before writers must wait. */
    boolean wantsFlush() {
        return dirtyBytes.get() > maxDirtyBytes / 4 * 3;
    }

    /** The shard with the most to flush. */
    Optional<ShardRows> dirtiest() {
        ShardRows dirtiest = null;
        for (ShardRows shard : shards) {
            if (shard.dirtyBytes() > 0 && (dirtiest == null || shard.dirtyBytes() > dirtiest.dirtyBytes())) {
                dirtiest = shard;
            }
        }
        return Optional.ofNullable(dirtiest);
    }

    void grew(long by, long byDirty) {
        bytes.addAndGet(by);
        if (byDirty != 0) {
            dirtyBytes.addAndGet(byDirty);
        }
    }

    /** Called by shards after they grew, without their lock. */
    void shrinkToBound() {
        // Rows asked for lately are spared once, so that two rounds over all rows always find some to evict.
        int fruitless = 0;
        for (long excess = excess(); excess > 0; excess = excess()) {
            Object[] candidates = shards.toArray();
            if (candidates.length == 0 || fruitless > 2 * candidates.length) {
                return;
            }
            ShardRows victim = (ShardRows) candidates[Math.floorMod(turn.getAndIncrement(), candidates.length)];
            fruitless = victim.evict(excess, EVICTED_AT_ONCE) > 0 ? 0 : fruitless + 1;
        }
    }

    private long excess() {
        return bytes.get() - Math.max(maxBytes, dirtyBytes.get());
    }
}
