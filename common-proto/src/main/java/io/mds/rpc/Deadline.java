package io.mds.rpc;

import java.time.Duration;

/**
 * The moment by which a call must have ended, on this process's monotonic clock.
 *
 * @param atNanos a value of {@link System#nanoTime()}
 */
public record Deadline(long atNanos) {
    /** A deadline this far from now; at most 24 hours count. */
    public static Deadline after(Duration time) {
        Duration bounded = time.compareTo(Duration.ofDays(1)) > 0 ? Duration.ofDays(1) : time;
        return new Deadline(System.nanoTime() + bounded.toNanos());
    }

    /** Time left; negative when it is over. */
    public Duration remaining() {
        return Duration.ofNanos(remainingNanos());
    }

    public long remainingNanos() {
        return atNanos - System.nanoTime();
    }

    public boolean isExpired() {
        return remainingNanos() <= 0;
    }

    /** The earlier of this deadline and one this far from now. */
    public Deadline atMost(Duration time) {
        Deadline other = after(time);
        return other.atNanos - atNanos < 0 ? other : this;
    }

    /** The earlier of this deadline and one so many nanoseconds after a moment. */
    public Deadline atMost(long fromNanos, long nanos) {
        return atNanos - fromNanos <= nanos ? this : new Deadline(fromNanos + nanos);
    }
}
