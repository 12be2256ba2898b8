package io.mds.region.wal;

import java.time.Duration;

/**
 * The log's condition at one moment.
 *
 * @param ioUnderWay how long the write or force that is under way has been so; zero when none is
 * @param problem one line for a person; empty when healthy
 */
public record LogHealth(State state, Duration ioUnderWay, String problem) {
    public enum State {
        HEALTHY,
        /** A write or force has been under way for longer than {@link LogSettings#stallAfter()}. */
        STALLED,
        /** A write or force failed; only a restart of the region helps. */
        POISONED,
        CLOSED
    }

    public boolean isHealthy() {
        return state == State.HEALTHY;
    }
}
