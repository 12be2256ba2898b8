package io.mds.region.service;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The shards for which time matters: leaders that beat, seals that wait for the end of a lease. All others cost nothing.
 *
 * <p>Thread: any adds; one of its own ticks them.
 */
final class RestlessShards {
    private static final long TICK_MS = 20;

    private final Set<RunningReplica> shards = ConcurrentHashMap.newKeySet();

    void start(ScheduledExecutorService timer) {
        // Ends with the timer.
        var unused = timer.scheduleWithFixedDelay(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
    }

    void add(RunningReplica shard) {
        shards.add(shard);
    }

    boolean isEmpty() {
        return shards.isEmpty();
    }

    private void tick() {
        for (RunningReplica shard : shards) {
            // First out, so that an event meanwhile brings it in again.
            shards.remove(shard);
            if (shard.tick()) {
                shards.add(shard);
            }
        }
    }
}
