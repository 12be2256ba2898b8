package io.mds.region.wal;

import io.mds.error.MdsException;
import io.mds.id.ShardId;

/** Learns the fate of an appended entry. Called on the log thread: must not block and must not throw. */
public interface AppendListener {
    /** The entry, and all that was appended before it, is on disk. Called in the order of the appends. */
    void durable(ShardId shard, LogEntry entry);

    /** The log failed; whether the entry is on disk is unknown, and the outcome says so. */
    void failed(ShardId shard, LogEntry entry, MdsException failure);
}
