package io.mds.testkit;

import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.client.MdsClient;
import io.mds.client.Row;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A whole cluster of processes: what is written is read, and survives its processes. */
class ClusterIT {
    static TableSchema files() {
        return files("files");
    }

    static TableSchema files(String name) {
        return TableSchema.named(name)
                .column("dir", STRING)
                .column("name", STRING)
                .column("size", INT64)
                .primaryKey("dir", "name")
                .partitionBy("dir")
                .shards(6)
                .replicas(1)
                .build();
    }

    static TableSchema tour() {
        return TableSchema.named("tour")
                .column("worker", STRING)
                .column("n", INT64)
                .primaryKey("worker", "n")
                .shards(6)
                .replicas(1)
                .build();
    }

    @Test
    void rowsAreReadBackAndScannedInOrderAcrossShards() {
        try (MdsCluster cluster = MdsCluster.builder().masters(1).regions(3).start()) {
            MdsClient client = cluster.client();
            client.createTable(files());
            Table table = client.table("files");
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                rows.add(Row.of("dir", "/d" + i % 10, "name", "f" + i, "size", (long) i));
            }
            table.upsertAll(rows);
            assertThat(table.get("/d3", "f13"))
                    .hasValueSatisfying(row -> assertThat(row.getLong("size")).isEqualTo(13));
            assertThat(table.count(Scan.all())).isEqualTo(200);
            List<String> dirs = new ArrayList<>();
            try (var stream = table.scan(Scan.all())) {
                stream.forEach(row -> dirs.add(row.getString("dir") + "/" + row.getString("name")));
            }
            assertThat(dirs).hasSize(200).isSorted();
        }
    }

    @Test
    void aMemberThatEndsWhenItIsStartedIsNotWaitedFor() {
        MdsCluster.Builder refused = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .setOnRegions("store.nonsense", "5");
        assertThatThrownBy(refused::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("region-1 ended when it was started")
                .hasMessageContaining("store.nonsense");
    }

    @Test
    void killedMasterIsSucceededAndNoAcknowledgedRowIsLost() {
        try (MdsCluster cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .masters(2)
                .regions(3)
                .secret("integration-test")
                .start()) {
            MdsClient client = cluster.client();
            client.createTable(tour());
            Table table = client.table("tour");
            try (SteadyWriter writer = SteadyWriter.start(table, "w")) {
                writer.awaitMore(100);
                cluster.activeMaster().kill();
                writer.awaitMore(100);
                cluster.activeMaster();
                client.createTable(files());
                writer.stop();
                assertThat(writer.missingFrom(table)).isEmpty();
            }
        }
    }

    @Test
    void allKilledAtOnceUnderLoadEveryAcknowledgedRowIsThereOnce() {
        try (MdsCluster cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .masters(1)
                .regions(3)
                .start()) {
            MdsClient client = cluster.client();
            client.createTable(tour());
            Table table = client.table("tour");
            try (SteadyWriter writer = SteadyWriter.start(table, "w")) {
                for (int round = 0; round < 3; round++) {
                    writer.awaitMore(100);
                    cluster.masters().forEach(Member::kill);
                    cluster.regions().forEach(Member::kill);
                    cluster.masters().forEach(Member::start);
                    cluster.regions().forEach(Member::start);
                    cluster.awaitReady();
                    writer.awaitMore(50);
                }
                writer.stop();
                assertThat(writer.missingFrom(table)).isEmpty();
            }
        }
    }
}
