package io.mds.torture;

import io.mds.testkit.Links;
import java.util.Locale;

/**
 * Something done to the cluster from outside, and undone after a while.
 *
 * @param region number of the region concerned, from 1; 0 when none is
 * @param other number of the other region, of the master or of the shard concerned, from 1; 0 when none is
 * @param cut how a link is cut; null for other faults
 * @param millis until it is healed
 */
record Fault(Kind kind, int region, int other, Links.Cut cut, long millis) {
    enum Kind {
        KILL_REGION(true, 12),
        PAUSE_REGION(true, 8),
        KILL_ALL_REGIONS(true, 3),
        CUT_CLIENTS_FROM_REGION(true, 4),
        CUT_REGION_FROM_REGION(true, 8),
        ISOLATE_REGION(true, 4),
        DRAIN_REGION(true, 3),
        EMPTY_REGION(true, 4),
        ADD_REGION(true, 2),
        MOVE_SHARD(false, 8),
        CUT_REGION_FROM_MASTER(false, 5),
        CUT_REGION_FROM_ZOOKEEPER(false, 3),
        EXPIRE_REGION(false, 4),
        KILL_MASTER(false, 6),
        PAUSE_MASTER(false, 5),
        CUT_MASTER_FROM_ZOOKEEPER(false, 4),
        EXPIRE_MASTER(false, 4),
        STOP_ZOOKEEPER(false, 3);

        /** Whether it keeps a region from serving, so that only one such is under way at a time. */
        final boolean stopsRegions;
        /** How often it comes, relative to the others. */
        final int weight;

        Kind(boolean stopsRegions, int weight) {
            this.stopsRegions = stopsRegions;
            this.weight = weight;
        }

        /** Whether it moves replicas, which takes one region more than each shard has. */
        boolean movesReplicas() {
            return this == EMPTY_REGION || this == MOVE_SHARD;
        }
    }

    @Override
    public String toString() {
        String name = kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        String what = switch (kind) {
            case KILL_REGION,
                    PAUSE_REGION,
                    EXPIRE_REGION,
                    DRAIN_REGION,
                    EMPTY_REGION,
                    CUT_CLIENTS_FROM_REGION,
                    ISOLATE_REGION,
                    CUT_REGION_FROM_ZOOKEEPER -> name + ", " + region;
            case CUT_REGION_FROM_REGION, CUT_REGION_FROM_MASTER -> name + ", " + region + " from " + other;
            case MOVE_SHARD -> name + ", " + other;
            case KILL_MASTER, PAUSE_MASTER, EXPIRE_MASTER, CUT_MASTER_FROM_ZOOKEEPER -> name + ", " + other;
            case KILL_ALL_REGIONS, ADD_REGION, STOP_ZOOKEEPER -> name;
        };
        return what + (cut == null ? "" : ", " + cut.name().toLowerCase(Locale.ROOT)) + ", for " + millis + " ms";
    }
}
