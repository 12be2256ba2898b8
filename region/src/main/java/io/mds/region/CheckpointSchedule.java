package io.mds.region;

import java.time.Duration;

/**
 * Says when a region makes its store durable: after a time, which bounds how much of the log a restart applies again, and
 * after a growth of the log, which bounds its size whatever the rate of writes.
 *
 * <p>Thread: one.
 */
final class CheckpointSchedule {
    /** Half is left for what is written while a checkpoint is under way, and for one that fails. */
    private static final int GROWTHS_IN_LOG = 4;

    private final long intervalNanos;
    private final long growth;
    private long lastNanos;
    private long lastBytes;

    /**
     * @param maxLogBytes size at which the log refuses writes
     * @param nowNanos monotonic, the start of the first interval
     */
    CheckpointSchedule(Duration interval, long maxLogBytes, long nowNanos, long logBytes) {
        this.intervalNanos = interval.toNanos();
        this.growth = maxLogBytes / GROWTHS_IN_LOG;
        done(nowNanos, logBytes);
    }

    boolean isDue(long nowNanos, long logBytes) {
        return nowNanos - lastNanos >= intervalNanos || logBytes - lastBytes >= growth;
    }

    /** A checkpoint has ended, well or not: one that failed is tried again after an interval, or when the log has grown more. */
    void done(long nowNanos, long logBytes) {
        lastNanos = nowNanos;
        lastBytes = logBytes;
    }
}
