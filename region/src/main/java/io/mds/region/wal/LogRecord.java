package io.mds.region.wal;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;

/** One record of the log. */
sealed interface LogRecord {
    ShardId shard();

    /**
     * An entry of a shard. Voids every earlier one with its index or a higher one.
     *
     * @param committed how far the shard's log was known to be committed when this was appended
     */
    record Entry(ShardId shard, LogEntry entry, LogIndex committed) implements LogRecord {}

    /** The replica takes part in no older view. */
    record Promise(ShardId shard, ViewNumber view) implements LogRecord {}

    /** Everything so far of the replica that took part in this view or older ones is void: it was dropped. */
    record Forget(ShardId shard, ViewNumber view) implements LogRecord {}
}
