package io.mds.region.store;

import io.mds.id.ShardId;
import io.mds.table.TableSchema;

/** A shard to be created. */
public record NewShard(ShardId id, TableSchema schema, RecordedView view) {}
