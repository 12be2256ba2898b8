package io.mds.znode;

import java.util.List;

/**
 * /mds/config/drained-regions: the regions that get no shards, because an operator said so.
 *
 * @param leaders region ids that are to lead nothing
 * @param replicas those of them that are to hold nothing either
 */
public record DrainedRegions(List<Long> leaders, List<Long> replicas) {
    public static final DrainedRegions NONE = new DrainedRegions(List.of(), List.of());

    public DrainedRegions {
        leaders = List.copyOf(leaders);
        replicas = List.copyOf(replicas);
    }
}
