package io.mds.master.views;

import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.proto.ShardReport;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Whether learners get on, by what their regions report of them, and which regions should not be tried again for a while.
 *
 * <p>Thread: the metadata thread's.
 */
final class LearnerWatch {
    /** Copies that may be begun again, as when the leader changes, before it is taken for what always happens. */
    static final int MAX_SETBACKS = 10;

    private final Duration patience;
    private final LongSupplier nanoClock;
    private final Map<Long, Watched> watched = new HashMap<>();
    /** When any learner on a region got on last. */
    private final Map<Long, Long> movedAtNanos = new HashMap<>();

    private final Map<Place, Long> avoidedUntilNanos = new HashMap<>();

    private record Place(long shard, long region) {}

    /** One learner as it was seen last. */
    private static final class Watched {
        private final long region;
        private long reached;
        private int setbacks;
        private long movedAtNanos;

        private Watched(long region, long nowNanos) {
            this.region = region;
            this.movedAtNanos = nowNanos;
        }
    }

    /** @param patience for how long a learner may be the same, and a region is not tried again after it was given up there */
    LearnerWatch(Duration patience, LongSupplier nanoClock) {
        this.patience = patience;
        this.nanoClock = nanoClock;
    }

    /**
     * Looks at the learner that the shard has now.
     *
     * @param report what its region said of it last, or null
     * @return whether there is no hope that it will ever catch up
     */
    boolean isStuck(long shard, long learner, ShardReport report) {
        long now = nanoClock.getAsLong();
        Watched seen = watched.get(shard);
        if (seen == null || seen.region != learner) {
            seen = new Watched(learner, now);
            watched.put(shard, seen);
        }
        long reached = report == null ? seen.reached : report.getCopiedBytes() + report.getLastIndex();
        if (reached != seen.reached) {
            seen.setbacks += reached < seen.reached ? 1 : 0;
            seen.reached = reached;
            seen.movedAtNanos = now;
            movedAtNanos.put(learner, now);
        }
        long since = seen.movedAtNanos;
        if (reached == 0) {
            // It may have to wait until those before it have come to this region.
            since = Math.max(since, movedAtNanos.getOrDefault(learner, since));
        }
        return seen.setbacks > MAX_SETBACKS || now - since >= patience.toNanos();
    }

    /** It cannot get on for a reason that is not its own. */
    void excuse(long shard) {
        Watched seen = watched.get(shard);
        if (seen != null) {
            seen.movedAtNanos = nanoClock.getAsLong();
        }
    }

    /** The learner is one no more. */
    void forget(long shard) {
        watched.remove(shard);
    }

    /** The learner is given up for what may happen again: its region is not the next to be tried. */
    void avoid(long shard, long learner) {
        avoidedUntilNanos.put(new Place(shard, learner), nanoClock.getAsLong() + patience.toNanos());
    }

    /** Whether a learner of the shard was given up there not long ago. */
    boolean isToAvoid(long shard, long region) {
        if (avoidedUntilNanos.isEmpty()) {
            return false;
        }
        Long until = avoidedUntilNanos.get(new Place(shard, region));
        return until != null && nanoClock.getAsLong() - until < 0;
    }

    /** Forgets what is over. */
    void forgetOthers(ClusterState state) {
        long now = nanoClock.getAsLong();
        avoidedUntilNanos.values().removeIf(until -> now - until >= 0);
        watched.keySet().removeIf(id -> {
            Shard shard = state.shard(id);
            return shard == null || shard.record().learners().isEmpty();
        });
        movedAtNanos.values().removeIf(moved -> now - moved >= patience.toNanos());
    }
}
