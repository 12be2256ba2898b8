package io.mds.region.snapshot;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * So many bytes a second, shared by all who take some. What was not used is lost.
 *
 * <p><em>Thread:</em> any, never blocks.
 */
final class Bandwidth {
    private final long bytesPerSecond;
    private final LongSupplier nanoClock;

    /** When all that was taken has passed. */
    @GuardedBy("this")
    private long freeAtNanos;

    Bandwidth(long bytesPerSecond, LongSupplier nanoClock) {
        this.bytesPerSecond = bytesPerSecond;
        this.nanoClock = nanoClock;
        this.freeAtNanos = nanoClock.getAsLong();
    }

    /** Takes bytes; returns how long to wait before taking more. */
    synchronized long take(long bytes) {
        long now = nanoClock.getAsLong();
        long begin = freeAtNanos - now > 0 ? freeAtNanos : now;
        freeAtNanos = begin + (long) ((double) bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
        return freeAtNanos - now;
    }
}
