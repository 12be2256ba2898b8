package io.mds.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Bounds the requests under way, and those that wait to be.
 *
 * <p>Free permits cost one compare-and-set. Without one, requests queue in order, and a released permit goes to the first that
 * still wants it.
 *
 * <p><em>Thread:</em> any; grants run on the releasing thread, outside the lock.
 */
final class InFlightLimit {
    private final int permits;
    private final int maxWaiting;
    private final AtomicInteger available;

    /** Written under the lock; read without it on the fast paths. */
    private volatile int waiting;

    @GuardedBy("this")
    private final ArrayDeque<BooleanSupplier> queue = new ArrayDeque<>();

    InFlightLimit(int permits, int maxWaiting) {
        this.permits = permits;
        this.maxWaiting = maxWaiting;
        this.available = new AtomicInteger(permits);
    }

    int permits() {
        return permits;
    }

    int underWay() {
        return permits - available.get();
    }

    /** Takes a permit if one is free and nobody waits for it. */
    boolean tryAcquire() {
        return waiting == 0 && takeFree();
    }

    /**
     * Queues for a permit.
     *
     * @param grant called at most once, with the permit taken; answers false when it does not want it any more
     * @return false when too many wait already
     */
    boolean enqueue(BooleanSupplier grant) {
        synchronized (this) {
            if (queue.size() >= maxWaiting) {
                return false;
            }
            queue.addLast(grant);
            waiting = queue.size();
        }
        // A permit released between the failed tryAcquire and the queueing saw nobody waiting.
        grantWaiting();
        return true;
    }

    void release() {
        available.incrementAndGet();
        if (waiting > 0) {
            grantWaiting();
        }
    }

    private void grantWaiting() {
        while (true) {
            BooleanSupplier next;
            synchronized (this) {
                if (queue.isEmpty() || !takeFree()) {
                    return;
                }
                next = queue.pollFirst();
                waiting = queue.size();
            }
            if (!next.getAsBoolean()) {
                available.incrementAndGet();
            }
        }
    }

    private boolean takeFree() {
        int free = available.get();
        while (free > 0) {
            if (available.compareAndSet(free, free - 1)) {
                return true;
            }
            free = available.get();
        }
        return false;
    }
}
