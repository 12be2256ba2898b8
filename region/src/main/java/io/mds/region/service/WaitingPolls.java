package io.mds.region.service;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The shards of which somebody awaits changes: looks now and then whose time is over. One timer for all, which stands still
 * while nobody waits.
 *
 * <p>Thread: any.
 */
final class WaitingPolls {
    private static final long LOOK_MS = 250;

    private final Set<ChangePolls> shards = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer;
    private final AtomicBoolean looking = new AtomicBoolean();

    WaitingPolls(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    void add(ChangePolls shard) {
        if (shards.add(shard)) {
            lookLater();
        }
    }

    private void lookLater() {
        if (looking.compareAndSet(false, true)) {
            try {
                var unused = timer.schedule(this::look, LOOK_MS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // The region ends, and tells those who wait.
                looking.set(false);
            }
        }
    }

    private void look() {
        try {
            long now = System.nanoTime();
            // A copy: one that comes in again would be met again.
            for (ChangePolls shard : shards.toArray(new ChangePolls[0])) {
                // First out, so that a poll meanwhile brings it in again.
                shards.remove(shard);
                if (shard.expire(now)) {
                    shards.add(shard);
                }
            }
        } finally {
            looking.set(false);
            if (!shards.isEmpty()) {
                lookLater();
            }
        }
    }
}
