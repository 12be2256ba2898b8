package io.mds.region.replication;

import java.time.Duration;

/**
 * Whether somebody who should be heard has not been for too long. Time in which nobody looked does not count: whoever was
 * paused itself cannot tell.
 */
final class Silence {
    private final long limitNanos;
    private long sinceNanos;
    private long lookedAtNanos;
    private boolean tooLong;

    Silence(Duration limit, long nowNanos) {
        this.limitNanos = limit.toNanos();
        heard(nowNanos);
    }

    /** It was heard, or there is no reason to expect it. */
    void heard(long nowNanos) {
        sinceNanos = nowNanos;
        lookedAtNanos = nowNanos;
        tooLong = false;
    }

    /** Nothing was heard. To be called several times within the limit. */
    void look(long nowNanos) {
        if (nowNanos - lookedAtNanos > limitNanos / 2) {
            sinceNanos = nowNanos;
        }
        lookedAtNanos = nowNanos;
        tooLong |= nowNanos - sinceNanos > limitNanos;
    }

    /** Once it is, only being heard ends it. */
    boolean isTooLong() {
        return tooLong;
    }
}
