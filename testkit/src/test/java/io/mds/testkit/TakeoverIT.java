package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.Table;
import io.mds.znode.RegionRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The active master dies while a client writes: writes do not notice, and tables can be created again in time. */
@Tag("alone")
class TakeoverIT {
    private static final Duration SESSION = Duration.ofSeconds(4);
    private static final Duration PROMISE = SESSION.plusSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int TAKEOVERS = 3;

    private static List<Long> ids(MdsCluster cluster) {
        return cluster.view().regions().stream().map(RegionRecord::id).sorted().toList();
    }

    @Test
    void afterKillMinusNineWritesGoOnAndATableIsCreatedWithinTheSessionTimeoutPlusTwoSeconds() {
        try (MdsCluster cluster = MdsCluster.builder()
                        .mode(MdsCluster.Mode.PROCESSES)
                        .zooKeeperProcess()
                        .masters(2)
                        .regions(3)
                        .secret("takeover")
                        .set("zookeeper.session-timeout", SESSION.toMillis() + "ms")
                        .start();
                MdsClient ddl = MdsClient.connect(MdsClientOptions.builder(cluster.connectString())
                        .timeout(PATIENCE)
                        .build())) {
            MdsClient client = cluster.client();
            client.createTable(ClusterIT.tour());
            ddl.listTables();
            Table table = client.table("tour");
            List<Long> regions = ids(cluster);
            List<Duration> pauses = new ArrayList<>();
            try (SteadyWriter writer = SteadyWriter.start(table, "w")) {
                // Once is enough. A machine that stands still at the wrong moment may need another.
                while (pauses.size() < TAKEOVERS && pauses.stream().noneMatch(TakeoverIT::keepsThePromise)) {
                    writer.awaitMore(100);
                    pauses.add(takeover(cluster, ddl, "files" + pauses.size()));
                }
                writer.awaitMore(10);
                writer.stop();
                System.out.println("TakeoverIT: a table could be created again after " + pauses);
                assertThat(pauses).anyMatch(TakeoverIT::keepsThePromise);
                assertThat(writer.failures()).as("writes that failed").isZero();
                assertThat(writer.missingFrom(table)).isEmpty();
                assertThat(ids(cluster)).isEqualTo(regions);
            }
        }
    }

    private static boolean keepsThePromise(Duration pause) {
        return pause.compareTo(PROMISE) <= 0;
    }

    /** How long it takes from the death of the active master until a table is created. */
    private static Duration takeover(MdsCluster cluster, MdsClient ddl, String name) {
        long epoch = cluster.view().activeMaster().orElseThrow().epoch();
        Member active = cluster.activeMaster();
        long killed = System.nanoTime();
        active.kill();
        ddl.createTable(ClusterIT.files(name));
        Duration pause = Duration.ofNanos(System.nanoTime() - killed);
        // A machine that stands still for longer than a session costs the next master its session, too.
        assertThat(cluster.view().activeMaster().orElseThrow().epoch()).isGreaterThan(epoch);
        active.start();
        cluster.awaitReady();
        return pause;
    }
}
