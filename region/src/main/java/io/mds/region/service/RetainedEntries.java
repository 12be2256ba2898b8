package io.mds.region.service;

import io.mds.region.replication.Replica;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of the logs of all shards stays in memory for replicas that lack something: a little of each, all within one
 * budget. A replica that lacks more gets a snapshot.
 */
final class RetainedEntries {
    private static final long LOOK_BEYOND = 256 * 1024;
    private static final long MAX_PER_SHARD = 8L << 20;
    private static final long BUDGET = 64L << 20;

    private final AtomicLong total = new AtomicLong();

    /** Drops what is not needed of one shard's log, under its lock. Gives what remains. */
    long trim(Replica replica, long before) {
        long now = replica.retainedBytes();
        long all = total.addAndGet(now - before);
        boolean tight = all > BUDGET;
        if (now > LOOK_BEYOND || tight) {
            replica.trim(replica.neededByNobody());
        }
        if (replica.retainedBytes() > MAX_PER_SHARD || (tight && all > 2 * BUDGET)) {
            replica.trimApplied();
        }
        long after = replica.retainedBytes();
        total.addAndGet(after - now);
        return after;
    }

    void release(long bytes) {
        total.addAndGet(-bytes);
    }
}
