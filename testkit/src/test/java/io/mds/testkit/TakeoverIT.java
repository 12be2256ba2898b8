package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.Table;
import io.mds.znode.RegionRecord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The active master dies while a client writes: writes do not notice, and tables can be created again in time. */
@Tag("alone")
class TakeoverIT {
    private static final Duration SESSION = Duration.ofSeconds(4);
    private static final Duration PROMISE = SESSION.plusSeconds(2);

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
                        .timeout(PROMISE)
                        .build())) {
            MdsClient client = cluster.client();
            client.createTable(ClusterIT.tour());
            ddl.listTables();
            Table table = client.table("tour");
            List<Long> regions = ids(cluster);
            long epoch = cluster.view().activeMaster().orElseThrow().epoch();
            try (SteadyWriter writer = SteadyWriter.start(table, "w")) {
                writer.awaitMore(100);
                cluster.activeMaster().kill();
                // The call's own deadline is the promise.
                ddl.createTable(ClusterIT.files());
                writer.awaitMore(10);
                writer.stop();
                assertThat(writer.failures()).as("writes that failed").isZero();
                assertThat(writer.missingFrom(table)).isEmpty();
                assertThat(ids(cluster)).isEqualTo(regions);
                assertThat(cluster.view().activeMaster().orElseThrow().epoch()).isEqualTo(epoch + 1);
            }
        }
    }
}
