package io.mds.region.service;

import io.mds.id.LogIndex;
import java.util.OptionalLong;

/**
 * How old what a follower would answer is: since when its store has had everything that the leader had committed.
 *
 * <p>Thread: written under the shard's lock, read by any.
 */
final class Freshness {
    /** As of when the store has everything, by this region's monotonic clock. */
    private record Known(long nanos) {}

    private long heardCommitted = -1;
    private long heardNanos;
    private long applied;
    private volatile Known current;

    /** The leader says what is committed. */
    void heard(LogIndex committed, LogIndex here, long nowNanos) {
        if (committed.value() >= heardCommitted && here.compareTo(committed) >= 0) {
            heardCommitted = committed.value();
            heardNanos = nowNanos;
            compare();
        }
    }

    void applied(LogIndex index) {
        applied = Math.max(applied, index.value());
        compare();
    }

    private void compare() {
        if (heardCommitted >= 0 && applied >= heardCommitted) {
            current = new Known(heardNanos);
        }
    }

    /** At most so long ago what the store has was the newest; empty when nobody knows. */
    OptionalLong stalenessNanos(long nowNanos) {
        Known known = current;
        return known == null ? OptionalLong.empty() : OptionalLong.of(nowNanos - known.nanos());
    }
}
