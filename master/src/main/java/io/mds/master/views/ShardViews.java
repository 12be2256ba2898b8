package io.mds.master.views;

import io.mds.id.RegionId;
import io.mds.znode.ShardRecord;
import java.util.List;

/** Makes the records of a shard's views. */
public final class ShardViews {
    private ShardViews() {}

    /** View 1: one replica, which leads. */
    public static ShardRecord first(long shard, long table, RegionId region) {
        return new ShardRecord(shard, table, 1, region.value(), List.of(region.value()), List.of(), List.of());
    }

    /** The next view of a shard that has never held data: another region takes it from nothing. */
    public static ShardRecord movedWhileEmpty(ShardRecord record, RegionId region) {
        return new ShardRecord(
                record.id(),
                record.table(),
                record.view() + 1,
                region.value(),
                List.of(region.value()),
                List.of(),
                List.of());
    }
}
