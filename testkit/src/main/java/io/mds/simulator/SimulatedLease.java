package io.mds.simulator;

import io.mds.region.replication.ReplicaSettings;
import java.time.Duration;

/**
 * The lease that a region gives; from one of its starts to the next an operator may change it.
 *
 * <p>Invariant: a shorter one is not used before those that were given have ended.
 */
final class SimulatedLease {
    private static final int[] MILLIS = {50, 75, 100};

    private final Dice dice;
    private final Coverage coverage;
    private ReplicaSettings settings;
    private boolean began;

    /** By the region's clock. */
    private long endedNanos;

    SimulatedLease(ReplicaSettings usual, Dice dice, Coverage coverage) {
        this.dice = dice;
        this.coverage = coverage;
        this.settings = dice.oneIn(2) ? usual : usual.withLease(any());
    }

    private Duration any() {
        return Duration.ofMillis(MILLIS[dice.below(MILLIS.length)]);
    }

    ReplicaSettings settings() {
        return settings;
    }

    /** The region starts; some of them with another lease than before. */
    void begins(long nowNanos) {
        boolean first = !began;
        began = true;
        if (first || !dice.oneIn(3)) {
            return;
        }
        Duration next = any();
        Duration before = settings.lease();
        if (next.compareTo(before) >= 0 || nowNanos - endedNanos >= before.toNanos()) {
            settings = settings.withLease(next);
            coverage.count(Coverage.Event.LEASES_CHANGED);
        }
    }

    /** The region has ended. */
    void ended(long nowNanos) {
        endedNanos = nowNanos;
    }
}
