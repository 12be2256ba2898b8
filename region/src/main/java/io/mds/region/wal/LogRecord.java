package io.mds.region.wal;

import io.mds.id.ShardId;
import java.util.Optional;

/** One record of the log: an entry of a shard, or, without one, the word that the shard's entries so far are void. */
record LogRecord(ShardId shard, Optional<LogEntry> entry) {
    static LogRecord forget(ShardId shard) {
        return new LogRecord(shard, Optional.empty());
    }
}
