package io.mds.master.views;

import io.mds.id.RegionId;
import io.mds.znode.ShardRecord;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Makes the records of a shard's views. */
public final class ShardViews {
    private ShardViews() {}

    /** View 1: the first of the replicas leads. */
    public static ShardRecord first(long shard, long table, List<RegionId> replicas) {
        List<Long> ids = replicas.stream().map(RegionId::value).toList();
        return new ShardRecord(
                shard, table, 1, ids.get(0), ids.stream().sorted().toList(), List.of(), List.of(), List.of());
    }

    /** The next view. */
    static ShardRecord next(ShardRecord from, long number, long leader, List<Long> replicas, List<Long> previous) {
        return new ShardRecord(
                from.id(),
                from.table(),
                number,
                leader,
                replicas,
                without(from.learners(), replicas),
                previous,
                from.leaving().stream().filter(replicas::contains).toList());
    }

    /** The same view, activated: what was before it does not count any more. */
    static ShardRecord activated(ShardRecord record) {
        return new ShardRecord(
                record.id(),
                record.table(),
                record.view(),
                record.leader(),
                record.replicas(),
                record.learners(),
                List.of(),
                record.leaving());
    }

    /** The same view with another plan for its replicas. */
    static ShardRecord planned(ShardRecord record, List<Long> learners, List<Long> leaving) {
        return new ShardRecord(
                record.id(),
                record.table(),
                record.view(),
                record.leader(),
                record.replicas(),
                learners,
                record.previous(),
                leaving);
    }

    static List<Long> without(List<Long> all, List<Long> some) {
        return all.stream().filter(region -> !some.contains(region)).toList();
    }

    static List<Long> union(List<Long> some, List<Long> others) {
        Set<Long> all = new LinkedHashSet<>(some);
        all.addAll(others);
        return new ArrayList<>(all).stream().sorted().toList();
    }
}
