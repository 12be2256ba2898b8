package io.mds.master.state;

import java.util.EnumSet;
import java.util.Set;

/**
 * How far a table is from being created or dropped, as recorded in its znode.
 *
 * <pre>
 *   CREATING --> ACTIVE --> DROPPING --> (gone)
 *       +----------------------^
 * </pre>
 */
public enum TableState {
    /** Its shards have places, and are being opened there. Not routed yet. */
    CREATING,
    /** Its routes are given out. */
    ACTIVE,
    /** Its shards' data is being removed. Not routed any more. */
    DROPPING;

    private Set<TableState> successors() {
        return switch (this) {
            case CREATING -> EnumSet.of(ACTIVE, DROPPING);
            case ACTIVE -> EnumSet.of(DROPPING);
            case DROPPING -> EnumSet.noneOf(TableState.class);
        };
    }

    public boolean canBecome(TableState next) {
        return successors().contains(next);
    }
}
