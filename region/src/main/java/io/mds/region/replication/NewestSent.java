package io.mds.region.replication;

/** The newest of the times at which a leader sent something, by its monotonic clock. They may come out of order. */
final class NewestSent {
    private boolean any;
    private long nanos;

    void saw(long sentNanos) {
        if (!any || sentNanos - nanos > 0) {
            any = true;
            nanos = sentNanos;
        }
    }

    long nanos() {
        return nanos;
    }

    /** Whether the newest was sent less than this time ago; not when there was none. */
    boolean isWithin(long time, long nowNanos) {
        return any && nowNanos - nanos < time;
    }
}
