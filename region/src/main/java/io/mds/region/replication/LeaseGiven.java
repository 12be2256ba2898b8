package io.mds.region.replication;

import io.mds.id.ViewNumber;
import java.time.Duration;

/** Until when a replica must not help to end the view whose leader it has followed. */
final class LeaseGiven {
    private final long nanos;
    private long untilNanos;
    private ViewNumber view;

    /** After a start nobody knows what was given right before. */
    LeaseGiven(Duration lease, long nowNanos) {
        this.nanos = lease.toNanos();
        this.untilNanos = nowNanos + nanos;
    }

    /** An append of this view is accepted. */
    void give(ViewNumber toView, long nowNanos) {
        view = toView;
        untilNanos = nowNanos + nanos;
    }

    /** The leader of this view has promised a newer one, and serves no more; leases of older views have ended before. */
    void release(ViewNumber released, long nowNanos) {
        if (view != null && view.compareTo(released) <= 0) {
            untilNanos = nowNanos;
        }
    }

    boolean hasEnded(long nowNanos) {
        return nowNanos - untilNanos >= 0;
    }
}
