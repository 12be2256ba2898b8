package io.mds.master.oplog;

import java.time.Duration;

/**
 * How far a follower is, as it tells others. Immutable.
 *
 * @param hasReplica whether it has the state; the rest means nothing without
 * @param applied the last entry taken
 * @param latest the last entry known to be there
 * @param seenAtNanos when that was
 */
record Standing(boolean hasReplica, long applied, long latest, long seenAtNanos) {
    static final Standing WITHOUT_REPLICA = new Standing(false, 0, 0, 0);

    /** After so long without a successful look at the log nobody can say what has been written since. */
    private static final Duration STALE = Duration.ofSeconds(3);

    long lag(long nowNanos) {
        boolean known = hasReplica && nowNanos - seenAtNanos < STALE.toNanos();
        return known ? Math.max(0, latest - applied) : Follower.UNKNOWN_LAG;
    }
}
