package io.mds.client;

import io.mds.id.ShardId;
import java.time.Instant;
import java.util.Optional;

/**
 * A row that a write has changed.
 *
 * @param shard whose changes come in the order of their versions
 * @param row as the write left it; absent when it was deleted
 * @param version of the write, which all rows that it changed have
 * @param time by the wall clock of the region that took the write
 */
public record Change(ShardId shard, Key key, Optional<Row> row, long version, Instant time) {
    public boolean isDelete() {
        return row.isEmpty();
    }
}
