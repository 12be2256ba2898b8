package io.mds.testkit;

import io.mds.client.Row;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;

/** Runs every server once, in one JVM, and uses them a little: what it has loaded at its end is what servers load. */
final class ClassTraining {
    private ClassTraining() {}

    public static void main(String[] args) {
        try (MdsCluster cluster =
                MdsCluster.builder().masters(1).regions(1).withoutProxies().start()) {
            cluster.client()
                    .createTable(TableSchema.named("training")
                            .column("id", ColumnType.INT64)
                            .primaryKey("id")
                            .replicas(1)
                            .build());
            Table table = cluster.client().table("training");
            table.upsert(Row.of("id", 1L));
            table.count(Scan.all());
        }
        System.exit(0);
    }
}
