package io.mds.client;

import io.mds.table.TableSchema;
import java.util.List;

/**
 * A table and where it is.
 *
 * @param state CREATING, ACTIVE or DROPPING
 * @param routeVersion grows with every change of the schema or of the shards' places
 * @param shards in shard-number order
 */
public record TableDescription(TableSchema schema, String state, long routeVersion, List<ShardInfo> shards) {
    public TableDescription {
        shards = List.copyOf(shards);
    }
}
