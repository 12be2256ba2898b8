package io.mds.region;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Says when a region makes its store durable: after a time, which bounds how much of the log a restart applies again, and
 * after a growth of the log, which bounds its size whatever the rate of writes.
 *
 * <p>Thread: one.
 */
final class CheckpointSchedule {
    /** After a checkpoint that failed, or found nothing to remove, while writes are about to be refused. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final long intervalNanos;
    private final long growth;
    private final long longLog;
    private long lastNanos;
    private long lastBytes;

    /**
     * @param maxLogBytes size at which the log refuses writes
     * @param nowNanos monotonic, the start of the first interval
     */
    CheckpointSchedule(Duration interval, long maxLogBytes, long nowNanos, long logBytes) {
        this.intervalNanos = interval.toNanos();
        // The other half is for what is written while a checkpoint is under way, and for one that fails.
        this.growth = maxLogBytes / 2;
        this.longLog = maxLogBytes / 4 * 3;
        done(nowNanos, logBytes);
    }

    boolean isDue(long nowNanos, long logBytes) {
        long since = nowNanos - lastNanos;
        return since >= intervalNanos
                || logBytes - lastBytes >= growth
                || (isLogLong(logBytes) && since >= RETRY_NANOS);
    }

    /** So little room is left in the log that a checkpoint should not take its time. */
    boolean isLogLong(long logBytes) {
        return logBytes >= longLog;
    }

    /** A checkpoint has ended, well or not. */
    void done(long nowNanos, long logBytes) {
        lastNanos = nowNanos;
        lastBytes = logBytes;
    }
}
