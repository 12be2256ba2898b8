package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.client.MdsClient;
import io.mds.client.Table;
import io.mds.znode.RegionRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Masters that are paused and a ZooKeeper that goes away: the data path does not notice, and nobody changes what is not theirs. */
@Tag("alone")
class ControlPlaneFaultsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static MdsCluster cluster() {
        return MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .masters(2)
                .regions(2)
                .secret("faults")
                .start();
    }

    private static List<Long> ids(MdsCluster cluster) {
        return cluster.view().regions().stream().map(RegionRecord::id).sorted().toList();
    }

    /** What ZooKeeper holds of tables and shards, as text. */
    private static Map<String, String> metadata(MdsCluster cluster) {
        Map<String, String> found = new TreeMap<>();
        for (String parent : List.of("/mds/tables", "/mds/shards")) {
            for (String child : cluster.view().children(parent)) {
                String path = parent + "/" + child;
                found.put(path, cluster.view().read(path).map(String::new).orElse(""));
            }
        }
        found.put(
                "/mds/master/epoch",
                cluster.view().read("/mds/master/epoch").map(String::new).orElse(""));
        found.put(
                "/mds/master/active",
                cluster.view().read("/mds/master/active").map(String::new).orElse(""));
        found.put("/mds/ids", cluster.view().read("/mds/ids").map(String::new).orElse(""));
        return found;
    }

    @Test
    void aPausedMasterThatWasDeposedChangesNothing() {
        try (MdsCluster cluster = cluster()) {
            MdsClient client = cluster.client();
            client.createTable(ClusterIT.tour());
            Table table = client.table("tour");
            List<Long> regions = ids(cluster);
            Member deposed = cluster.activeMaster();
            try (SteadyWriter writer = SteadyWriter.start(table, "w")) {
                writer.awaitMore(50);
                int port = deposed.port();
                deposed.pause();
                await().atMost(PATIENCE)
                        .until(() -> cluster.view()
                                .activeMaster()
                                .filter(active -> active.port() != port)
                                .isPresent());
                // A new client: the other one's request would be stuck in the paused process until its connection is
                // idle.
                cluster.newClient().createTable(ClusterIT.files());
                Map<String, String> before = metadata(cluster);
                deposed.resume();
                // It has woken up, seen that it is deposed, and stands by again, in the same process.
                await().atMost(PATIENCE)
                        .until(() ->
                                cluster.view().children("/mds/master/standbys").size() == 1);
                writer.awaitMore(50);
                writer.stop();
                assertThat(metadata(cluster)).isEqualTo(before);
                assertThat(ids(cluster)).isEqualTo(regions);
                assertThat(deposed.isRunning()).isTrue();
                assertThat(writer.missingFrom(table)).isEmpty();
            }
        }
    }

    @Test
    void withoutZooKeeperDataIsServedAndWithItTheControlPlaneComesBack() {
        try (MdsCluster cluster = cluster()) {
            MdsClient client = cluster.client();
            client.createTable(ClusterIT.tour());
            Table table = client.table("tour");
            List<Long> regions = ids(cluster);
            try (SteadyWriter writer = SteadyWriter.start(table, "w")) {
                writer.awaitMore(50);
                cluster.zooKeeper().stop();
                // Every session is over by the time both masters have noticed.
                await().atMost(PATIENCE)
                        .until(() -> cluster.masters().stream().noneMatch(m -> ReadyPage.answers(m.adminPort())));
                writer.awaitMore(200);
                cluster.zooKeeper().start();
                cluster.awaitReady();
                client.createTable(ClusterIT.files());
                writer.awaitMore(50);
                writer.stop();
                assertThat(cluster.masters()).allMatch(Member::isRunning);
                assertThat(cluster.regions()).allMatch(Member::isRunning);
                assertThat(ids(cluster)).isEqualTo(regions);
                assertThat(writer.missingFrom(table)).isEmpty();
            }
        }
    }
}
