package io.mds.master.membership;

import java.util.EnumSet;
import java.util.Set;

/**
 * What the master thinks of a region.
 *
 * <pre>
 *   LIVE <--> SUSPECT --> DEAD
 *     +-------------------^ |
 *     ^---------------------+  (it came back)
 * </pre>
 */
public enum RegionState {
    /** Registered, connected, heard of lately: gets shards. */
    LIVE,
    /** Its connection closed, its session znode vanished, or it has been silent: keeps its shards, gets no new ones. */
    SUSPECT,
    /** Silent for too long: its znode is deleted, its id and identity are kept. */
    DEAD;

    private Set<RegionState> successors() {
        return switch (this) {
            case LIVE -> EnumSet.of(SUSPECT, DEAD);
            case SUSPECT -> EnumSet.of(LIVE, DEAD);
            case DEAD -> EnumSet.of(LIVE);
        };
    }

    public boolean canBecome(RegionState next) {
        return successors().contains(next);
    }
}
