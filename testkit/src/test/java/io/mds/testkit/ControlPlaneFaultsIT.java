package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.client.MdsClient;
import io.mds.client.Table;
import io.mds.znode.RegionRecord;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Masters that are paused and a ZooKeeper that goes away: the data path does not notice, and nobody changes what is not theirs. */
class ControlPlaneFaultsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** No call waits for the control plane, which is gone for longer; a busy machine may keep one waiting. */
    private static final Duration PAUSE = Duration.ofSeconds(5);

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

    /** What has no business to change while nobody creates or drops anything and no other master takes over. */
    private static Map<String, String> metadata(MdsCluster cluster) {
        ClusterView view = cluster.view();
        List<String> fixed = new ArrayList<>(List.of(
                view.paths().epoch(), view.paths().active(), view.paths().ids()));
        view.children(view.paths().tables())
                .forEach(name -> fixed.add(view.paths().table(name)));
        Map<String, String> found = new TreeMap<>();
        fixed.forEach(path -> found.put(path, view.read(path).map(String::new).orElse("")));
        return found;
    }

    /** The changes since the active master's session took over, without those that anybody makes for himself. */
    private static List<TransactionLog.Change> changesSinceTakeover(MdsCluster cluster, long session) {
        ZnodePaths paths = cluster.view().paths();
        return TransactionLog.of(cluster).stream()
                .dropWhile(
                        change -> change.session() != session || !change.path().equals(paths.active()))
                .filter(change -> !change.isBelow(paths.latch())
                        && !change.isBelow(paths.standbys())
                        && !change.path().endsWith("/session"))
                .toList();
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
                // Shards may move meanwhile, when the new master spreads their leaders: then it was that one.
                long session = cluster.view()
                        .masterSession(cluster.activeMaster().port())
                        .orElseThrow();
                assertThat(changesSinceTakeover(cluster, session))
                        .isNotEmpty()
                        .allSatisfy(change -> assertThat(change.session())
                                .as("%s, while the active master has session %s", change, Long.toHexString(session))
                                .isEqualTo(session));
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
            try (SteadyWriter writer = SteadyWriter.startReading(table, "w")) {
                writer.awaitMore(50);
                writer.forgetLongestWait();
                cluster.zooKeeper().stop();
                // Every session is over by the time both masters have noticed.
                await().atMost(PATIENCE)
                        .until(() -> cluster.masters().stream().noneMatch(m -> ReadyPage.answers(m.adminPort())));
                writer.awaitMore(200);
                assertThat(writer.failures()).as("reads and writes that failed").isZero();
                assertThat(writer.longestWait()).isLessThan(PAUSE);
                cluster.zooKeeper().start();
                cluster.awaitReady();
                client.createTable(ClusterIT.files());
                writer.awaitMore(50);
                writer.stop();
                assertThat(writer.failures()).as("reads and writes that failed").isZero();
                assertThat(cluster.masters()).allMatch(Member::isRunning);
                assertThat(cluster.regions()).allMatch(Member::isRunning);
                assertThat(ids(cluster)).isEqualTo(regions);
                assertThat(writer.missingFrom(table)).isEmpty();
            }
        }
    }
}
