package io.mds.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * The retry budget of a client: a token bucket that all its calls share.
 *
 * <p>Tokens come with time, and a fraction of one with each success, so that retries stay a small part of the load in normal
 * times and a bounded load while a part of the cluster is away. A call that gets no token is not failed for it: it waits one
 * more back-off, within its own deadline.
 *
 * <p><em>Thread:</em> any; the lock is held for a few instructions.
 */
final class RetryPacer {
    private static final double CAPACITY = 200;
    private static final double PER_NANO = 100 / 1e9;
    private static final double PER_SUCCESS = 0.1;

    @GuardedBy("this")
    private double tokens = CAPACITY;

    @GuardedBy("this")
    private long refilledAt;

    /** Retries are rare: successes pay in only when some have been taken out. */
    private volatile boolean full = true;

    RetryPacer(long nowNanos) {
        this.refilledAt = nowNanos;
    }

    synchronized boolean tryTake(long nowNanos) {
        tokens = Math.min(CAPACITY, tokens + Math.max(0, nowNanos - refilledAt) * PER_NANO);
        refilledAt = nowNanos;
        if (tokens < 1) {
            return false;
        }
        tokens -= 1;
        full = false;
        return true;
    }

    void succeeded() {
        if (!full) {
            payIn();
        }
    }

    private synchronized void payIn() {
        tokens = Math.min(CAPACITY, tokens + PER_SUCCESS);
        full = tokens >= CAPACITY;
    }
}
