package io.mds.region.wal;

import io.mds.id.ShardId;

/** Receives what the log holds, in the order in which it was appended. */
public interface RecoveryVisitor {
    /** May come for shards that were dropped, and for entries that the store has applied: the visitor knows. */
    void entry(ShardId shard, LogEntry entry);

    /**
     * All earlier entries of this shard are void: it was dropped from this region. Where the store has it all the same,
     * because it had not made the drop durable, it is to be dropped again.
     */
    void forgotten(ShardId shard);
}
