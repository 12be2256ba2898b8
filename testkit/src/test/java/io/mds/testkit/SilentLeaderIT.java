package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mds.client.ClusterStatus;
import io.mds.client.MdsClient;
import io.mds.client.Table;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * A leader that its followers do not hear is replaced long before its heartbeats, its connections or its ZooKeeper session
 * are missed, which here takes longer than 10 s.
 */
class SilentLeaderIT {
    private static final Duration SOON = Duration.ofSeconds(6);

    /** What a failure left behind. */
    @RegisterExtension
    static final TestWatcher DUMP = new TestWatcher() {
        @Override
        public void testFailed(ExtensionContext test, Throwable cause) {
            System.out.println(test.getDisplayName() + " failed:\n" + cluster.dump());
        }
    };

    private static MdsCluster cluster;
    private static MdsClient client;

    private Table table;

    @BeforeAll
    static void start() {
        cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .set("zookeeper.session-timeout", "20s")
                .masters(1)
                .regions(3)
                .start();
        client = cluster.client();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void create(TestInfo test) {
        table = Tour.create(client, test.getTestMethod().orElseThrow().getName());
        Await.until(
                "all shards serve",
                () -> client.statusWithShards().shardStates().stream().allMatch(ClusterStatus.ShardState::serving));
    }

    @AfterEach
    void drop() {
        client.dropTable(table.name());
    }

    private Member leader() {
        String address = client.statusWithShards()
                .shardStates()
                .get(0)
                .shard()
                .leaderAddress()
                .orElseThrow();
        return cluster.regions().stream()
                .filter(region -> address.endsWith(":" + region.port()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void writesGoOnSoonAfterALeaderHangs() {
        List<SteadyWriter> writers = writers();
        Member leader = leader();
        leader.pause();
        SteadyWriter.awaitMore(writers, 30);
        leader.resume();
        assertTheyWentOn("a leader hung", writers);
    }

    @Test
    void writesGoOnSoonAfterALeaderAndItsFollowersLoseEachOther() {
        assumeTrue(Links.canBeCut());
        List<SteadyWriter> writers = writers();
        Member leader = leader();
        for (Member other : cluster.regions()) {
            if (other != leader) {
                cluster.links().cut(leader, other, Links.Cut.SILENT);
                cluster.links().cut(other, leader, Links.Cut.SILENT);
            }
        }
        SteadyWriter.awaitMore(writers, 30);
        cluster.links().heal();
        assertTheyWentOn("a leader was cut off", writers);
    }

    private List<SteadyWriter> writers() {
        List<SteadyWriter> writers = Tour.writers(table);
        SteadyWriter.awaitMore(writers, 30);
        writers.forEach(SteadyWriter::forgetLongestWait);
        return writers;
    }

    private void assertTheyWentOn(String what, List<SteadyWriter> writers) {
        SteadyWriter.awaitMore(writers, 30);
        Tour.assertNothingIsLost(writers, table);
        Duration longest = writers.stream()
                .map(SteadyWriter::longestWait)
                .max(Comparator.naturalOrder())
                .orElseThrow();
        System.out.printf("SilentLeaderIT: %s: the longest wait of a write was %d ms%n", what, longest.toMillis());
        assertThat(longest).isLessThan(SOON);
    }
}
