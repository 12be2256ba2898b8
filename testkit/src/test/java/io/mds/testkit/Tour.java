package io.mds.testkit;

import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;

import io.mds.table.TableSchema;

/** The table that {@link SteadyWriter}s fill, each on a shard of its own as far as hashes let it, three replicas of each. */
final class Tour {
    static final int SHARDS = 6;

    private Tour() {}

    static TableSchema schema() {
        return TableSchema.named("tour")
                .column("worker", STRING)
                .column("n", INT64)
                .primaryKey("worker", "n")
                .partitionBy("worker")
                .shards(SHARDS)
                .replicas(3)
                .build();
    }
}
