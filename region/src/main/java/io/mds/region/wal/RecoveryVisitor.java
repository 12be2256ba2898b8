package io.mds.region.wal;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;

/** Receives what the log holds, in the order in which it was appended. */
public interface RecoveryVisitor {
    /**
     * May come for shards that were dropped, and for entries that the store has applied: the visitor knows. Voids every
     * earlier entry of the shard with this index or a higher one.
     *
     * @param committed how far the shard's log was committed, by then
     */
    void entry(ShardId shard, LogEntry entry, LogIndex committed);

    /** The replica had promised to take part in no older view. */
    void promised(ShardId shard, ViewNumber view);

    /**
     * Everything earlier of this shard is void: it was dropped from this region. Where the store has it all the same, because
     * it had not made the drop durable, it is to be dropped again.
     *
     * @param view the newest that the dropped replica took part in; if the store has it in a newer one, it came back since
     */
    void forgotten(ShardId shard, ViewNumber view);
}
