package io.mds.region.replication;

/** The newest of the times at which a leader sent something, by its monotonic clock. They may come out of order. */
final class NewestSent {
    private boolean any;
    private long nanos;

    /** Whether it is the newest so far. */
    boolean saw(long sentNanos) {
        boolean newest = !any || sentNanos - nanos > 0;
        if (newest) {
            any = true;
            nanos = sentNanos;
        }
        return newest;
    }

    long nanos() {
        return nanos;
    }

    /** How long ago the newest was sent; when there was none, longer than any lease. */
    long age(long nowNanos) {
        return any ? nowNanos - nanos : Long.MAX_VALUE;
    }

    boolean isAfter(long sinceNanos) {
        return any && nanos - sinceNanos > 0;
    }
}
