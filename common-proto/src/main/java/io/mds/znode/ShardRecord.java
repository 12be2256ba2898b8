package io.mds.znode;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * /mds/shards/SID: the current view of a shard.
 *
 * @param table id of the table
 * @param leader region id, 0 for none
 * @param replicas region ids of the view
 * @param learners region ids that are being brought up to date
 * @param previous region ids of the view before, until this one is activated
 * @param leaving replicas that will go once the learners have come in
 */
public record ShardRecord(
        long id,
        long table,
        long view,
        long leader,
        List<Long> replicas,
        List<Long> learners,
        List<Long> previous,
        List<Long> leaving) {
    public ShardRecord {
        replicas = List.copyOf(replicas);
        learners = List.copyOf(learners);
        previous = List.copyOf(previous);
        // Records of the time before it do not have it.
        leaving = leaving == null ? List.of() : List.copyOf(leaving);
    }

    /** The regions that have, get or still need its data. */
    public Set<Long> holders() {
        Set<Long> all = new LinkedHashSet<>(replicas);
        all.addAll(learners);
        all.addAll(previous);
        return all;
    }
}
