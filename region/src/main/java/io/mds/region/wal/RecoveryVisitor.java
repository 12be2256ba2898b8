package io.mds.region.wal;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;

/**
 * Receives what the log holds, in the order in which it was appended; of a shard that was dropped, only the last drop and what
 * came after it: a shard that comes back to a region begins a new log there.
 */
public interface RecoveryVisitor {
    /**
     * May come for entries that the store has applied: the visitor knows. Voids every earlier entry of the shard with this
     * index or a higher one. Where a segment was removed, entries can be missing before one that was voided later.
     *
     * @param committed how far the shard's log was committed, by then
     */
    void entry(ShardId shard, LogEntry entry, LogIndex committed);

    /** The replica had promised to take part in no older view. */
    void promised(ShardId shard, ViewNumber view);

    /**
     * The shard was dropped from this region. Where the store has it all the same, because it had not made the drop durable,
     * it is to be dropped again; unless it has come back since, which it has when anything of it follows.
     *
     * @param view the newest that the dropped replica took part in; if the store has it in a newer one, it came back, too
     */
    void forgotten(ShardId shard, ViewNumber view);
}
