package io.mds.region.service;

import io.mds.id.LogIndex;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * How old what a follower would answer is: since when its store has had everything that a leader had committed, who knew then
 * that there was no other leader.
 *
 * <p>That is told by the leader's wall clock, because an append may have waited on its way for any time: what is said is as
 * true as the clocks of the regions agree, and never less than the time since the append came.
 *
 * <p>Thread: written under the shard's lock, read by any.
 */
final class Freshness {
    /** As of when the store has everything: by the leader's wall clock, and by this region's monotonic one. */
    private record Known(long wallMillis, long nanos) {}

    private long heardCommitted = -1;
    private Known heard;
    private long applied;
    private volatile Known current;

    /**
     * A leader says what is committed.
     *
     * @param here how far it is committed here
     * @param newestAtMillis when that was the newest; 0 when the leader did not know
     */
    void heard(LogIndex committed, LogIndex here, long newestAtMillis, long nowNanos) {
        if (newestAtMillis > 0 && committed.value() >= heardCommitted && here.compareTo(committed) >= 0) {
            heardCommitted = committed.value();
            heard = new Known(newestAtMillis, nowNanos);
            compare();
        }
    }

    void applied(LogIndex index) {
        applied = Math.max(applied, index.value());
        compare();
    }

    private void compare() {
        if (heard != null && applied >= heardCommitted) {
            current = heard;
        }
    }

    /** At most so many milliseconds ago what the store has was the newest; empty when nobody knows. */
    OptionalLong stalenessMillis(long nowMillis, long nowNanos) {
        Known known = current;
        if (known == null) {
            return OptionalLong.empty();
        }
        long sinceItCame = TimeUnit.NANOSECONDS.toMillis(nowNanos - known.nanos()) + 1;
        return OptionalLong.of(Math.max(sinceItCame, nowMillis - known.wallMillis()));
    }
}
