package io.mds.region.service;

import io.mds.region.wal.LogObserver;
import java.util.ArrayList;
import java.util.List;

/**
 * What the log has made durable and the shards are to apply. When there is little of it, it is applied right on the log
 * thread, as far as that cannot block: waking a worker takes longer than the work. When there is much, the workers apply
 * it while the log thread goes on.
 *
 * <p>Thread: the log thread.
 */
public final class DurableWork implements LogObserver {
    /** Some twenty small writes. More would keep the next batch waiting for longer than a worker takes to wake up. */
    private static final int MAX_BYTES_ON_LOG_THREAD = 16 * 1024;

    private final List<ShardHost> shards = new ArrayList<>();

    /** A shard got its first entry to apply. */
    void add(ShardHost shard) {
        shards.add(shard);
    }

    @Override
    public void batchEnded(int bytes) {
        for (ShardHost shard : shards) {
            if (bytes > MAX_BYTES_ON_LOG_THREAD || !shard.applyInMemory()) {
                shard.applyOnWorker();
            }
        }
        shards.clear();
    }
}
