package io.mds.master.state;

import io.mds.id.RegionId;
import io.mds.master.metadata.Versioned;
import io.mds.znode.ShardRecord;

/** One shard of a table. Thread: the metadata thread's. */
public final class Shard {
    private final Table table;
    private Versioned<ShardRecord> record;

    Shard(Table table, Versioned<ShardRecord> record) {
        this.table = table;
        this.record = record;
    }

    public long id() {
        return record.value().id();
    }

    public Table table() {
        return table;
    }

    public ShardRecord record() {
        return record.value();
    }

    public Versioned<ShardRecord> versioned() {
        return record;
    }

    public boolean isOn(RegionId region) {
        return holds(record.value(), region);
    }

    /** Whether the region has, is getting, or still needs the shard's data. */
    public static boolean holds(ShardRecord record, RegionId region) {
        return record.replicas().contains(region.value())
                || record.learners().contains(region.value())
                || record.previous().contains(region.value());
    }

    void replace(Versioned<ShardRecord> next) {
        if (next.value().view() < record.value().view()) {
            throw new IllegalStateException("shard " + id() + ": view "
                    + record.value().view() + " -> " + next.value().view());
        }
        record = next;
    }

    @Override
    public String toString() {
        return "shard " + id();
    }
}
