package io.mds.region;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Says when a region makes its store durable: after a time, which bounds how much of the log a restart applies again, and
 * after a growth of the log, which bounds its size whatever the rate of writes. Says as well how calmly: the less room is left
 * in the log, the less a checkpoint rests.
 *
 * <p>Thread: one.
 */
final class CheckpointSchedule {
    /** After a checkpoint that failed, or found nothing to remove, while writes are about to be refused. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** With as much room as there can be, a tenth of a core is worked; requests hardly feel that. */
    private static final int MOST_RESTS = 9;

    private final long intervalNanos;
    private final long growth;
    private final long longLog;
    private long lastNanos;
    private long lastBytes;
    private long begunBytes;

    /** Bytes that the log has grown by during the checkpoint: the next one can remove them. */
    private long meanwhile;

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

    /** How many times as long as its work before it a rest of a checkpoint should be: none where little room is left. */
    int rests(long logBytes) {
        long room = Math.min(longLog - growth, longLog - logBytes);
        return room <= 0 ? 0 : (int) (MOST_RESTS * room / (longLog - growth));
    }

    /** A checkpoint begins. */
    void begun(long logBytes) {
        begunBytes = logBytes;
        meanwhile = 0;
    }

    /** The store has what was applied; nothing was removed from the log yet. */
    void flushed(long logBytes) {
        meanwhile = logBytes - begunBytes;
    }

    /** A checkpoint has ended, well or not. */
    void done(long nowNanos, long logBytes) {
        lastNanos = nowNanos;
        lastBytes = Math.max(0, logBytes - meanwhile);
    }
}
