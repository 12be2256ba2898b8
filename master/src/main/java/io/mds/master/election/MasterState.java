package io.mds.master.election;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a master process is at the moment.
 *
 * <pre>
 *   STARTING --> STANDBY --> TAKING_OVER --> ACTIVE
 *      ^            |             |             |
 *      +------------+             v             |
 *      +------------------ STEPPING_DOWN <------+
 *   any --> CLOSED
 * </pre>
 */
public enum MasterState {
    /** Waits for ZooKeeper. */
    STARTING,
    /** In the latch's queue; answers NOT_LEADER. */
    STANDBY,
    /** First in the queue; takes the epoch and loads the state. */
    TAKING_OVER,
    /** Published and serving. */
    ACTIVE,
    /** Leaves: no write and no answer any more. */
    STEPPING_DOWN,
    CLOSED;

    private Set<MasterState> successors() {
        return switch (this) {
            case STARTING -> EnumSet.of(STANDBY, CLOSED);
            case STANDBY -> EnumSet.of(TAKING_OVER, STARTING, CLOSED);
            case TAKING_OVER -> EnumSet.of(ACTIVE, STEPPING_DOWN, CLOSED);
            case ACTIVE -> EnumSet.of(STEPPING_DOWN, CLOSED);
            case STEPPING_DOWN -> EnumSet.of(STARTING, CLOSED);
            case CLOSED -> EnumSet.noneOf(MasterState.class);
        };
    }

    public boolean canBecome(MasterState next) {
        return successors().contains(next);
    }
}
