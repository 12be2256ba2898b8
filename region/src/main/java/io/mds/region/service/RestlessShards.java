package io.mds.region.service;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The shards for which time matters: leaders that beat, seals that wait for the end of a lease. All others cost nothing, and
 * while there are only others no clock ticks at all.
 *
 * <p>Thread: any adds, also under a shard's lock; one of its own ticks them.
 */
final class RestlessShards {
    private static final int TICKS_IN_A_BEAT = 5;
    /** However long the ticks take. */
    private static final int LEAST_TICKS_IN_A_BEAT = 2;
    /** When there are thousands, rests are so many times as long as the work before them. */
    private static final int REST = 4;

    /** One for which time matters, until it says otherwise. */
    interface Restless {
        /** Time has passed; false when it need not be told again until something happens. */
        boolean tick();
    }

    private final Set<Restless> shards = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer;
    private final long tickNanos;
    private final long longestTickNanos;
    private final AtomicBoolean ticking = new AtomicBoolean();

    RestlessShards(ScheduledExecutorService timer, Duration beat) {
        this.timer = timer;
        this.tickNanos = beat.toNanos() / TICKS_IN_A_BEAT;
        this.longestTickNanos = beat.toNanos() / LEAST_TICKS_IN_A_BEAT;
    }

    void add(Restless shard) {
        if (shards.add(shard)) {
            tickLater(tickNanos);
        }
    }

    boolean isEmpty() {
        return shards.isEmpty();
    }

    private void tickLater(long afterNanos) {
        if (ticking.compareAndSet(false, true)) {
            try {
                var unused = timer.schedule(this::tick, afterNanos, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                // The region ends, and time with it.
                ticking.set(false);
            }
        }
    }

    private void tick() {
        long begun = System.nanoTime();
        try {
            // A copy: one that is taken out and comes in again would be met by the same iteration again, and again.
            for (Restless shard : shards.toArray(new Restless[0])) {
                // First out, so that an event meanwhile brings it in again.
                shards.remove(shard);
                if (shard.tick()) {
                    shards.add(shard);
                }
            }
        } finally {
            ticking.set(false);
            if (!shards.isEmpty()) {
                long rest = REST * (System.nanoTime() - begun);
                tickLater(Math.min(longestTickNanos, Math.max(tickNanos, rest)));
            }
        }
    }
}
