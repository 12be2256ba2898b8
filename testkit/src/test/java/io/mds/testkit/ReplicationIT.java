package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.Change;
import io.mds.client.ChangeStream;
import io.mds.client.ClusterStatus;
import io.mds.client.Key;
import io.mds.client.MdsClient;
import io.mds.client.Table;
import io.mds.client.WatchFrom;
import io.mds.error.MdsException;
import io.mds.id.ShardId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestWatcher;

/** Three replicas of each shard, in processes of their own: whichever dies, nothing acknowledged is lost. */
class ReplicationIT {
    /** What a failure left behind. */
    @RegisterExtension
    static final TestWatcher DUMP = new TestWatcher() {
        @Override
        public void testFailed(ExtensionContext test, Throwable cause) {
            System.out.println(test.getDisplayName() + " failed:\n" + cluster.dump());
        }
    };

    /** Far above what is measured by itself with 'bench failover': tests share their machine. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private static MdsCluster cluster;
    private static MdsClient client;

    private Table table;

    @BeforeAll
    static void start() {
        cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .masters(2)
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
    }

    @AfterEach
    void drop() {
        client.dropTable(table.name());
    }

    private static List<ClusterStatus.ShardState> shards() {
        return client.statusWithShards().shardStates();
    }

    /** The region that leads most shards. */
    private static Member busiestLeader() {
        Map<String, Long> led = shards().stream()
                .flatMap(each -> each.shard().leaderAddress().stream())
                .collect(Collectors.groupingBy(address -> address, Collectors.counting()));
        String busiest = led.entrySet().stream()
                .max(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                .orElseThrow()
                .getKey();
        return cluster.regions().stream()
                .filter(region -> busiest.endsWith(":" + region.port()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no region at " + busiest));
    }

    private static void awaitAllServing() {
        Await.until("all shards serve", () -> shards().stream().allMatch(ClusterStatus.ShardState::serving));
    }

    private static Duration longestWait(List<SteadyWriter> writers) {
        return writers.stream()
                .map(SteadyWriter::longestWait)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    @Tag("soak")
    @Test
    void whileLeadersAreKilledWritesGoOnAndNoneIsLostOrDoubled() {
        List<SteadyWriter> writers = Tour.writers(table);
        List<Duration> waits = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            SteadyWriter.awaitMore(writers, 30);
            Member victim = busiestLeader();
            writers.forEach(SteadyWriter::forgetLongestWait);
            victim.kill();
            SteadyWriter.awaitMore(writers, 30);
            waits.add(longestWait(writers));
            victim.start();
            cluster.awaitReady();
            awaitAllServing();
        }
        System.out.println("ReplicationIT: longest wait of a write in each round: " + waits);
        assertThat(waits)
                .as("longest wait of a write in each round")
                .allMatch(wait -> wait.compareTo(LONGEST_WAIT) < 0);
        Tour.assertNothingIsLost(writers, table);
    }

    @Test
    void whenAllRegionsDieAtOnceEverythingAcknowledgedIsThere() {
        List<SteadyWriter> writers = Tour.writers(table);
        for (int round = 0; round < 2; round++) {
            SteadyWriter.awaitMore(writers, 50);
            cluster.regions().forEach(Member::kill);
            cluster.regions().forEach(Member::start);
            cluster.awaitReady();
            SteadyWriter.awaitMore(writers, 20);
        }
        Tour.assertNothingIsLost(writers, table);
    }

    @Test
    void aFollowersDeathStopsNobody() {
        List<SteadyWriter> writers = Tour.writers(table);
        SteadyWriter.awaitMore(writers, 30);
        Member victim = cluster.region(1);
        victim.pause();
        SteadyWriter.awaitMore(writers, 30);
        victim.resume();
        SteadyWriter.awaitMore(writers, 30);
        awaitAllServing();
        writers.forEach(SteadyWriter::forgetLongestWait);
        victim.kill();
        SteadyWriter.awaitMore(writers, 30);
        Duration wait = longestWait(writers);
        System.out.println("ReplicationIT: longest wait of a write after a follower's death: " + wait);
        assertThat(wait).isLessThan(LONGEST_WAIT);
        victim.start();
        cluster.awaitReady();
        SteadyWriter.awaitMore(writers, 30);
        Tour.assertNothingIsLost(writers, table);
    }

    @Test
    void aRegionThatDiedBeforeItMadeItsReplicasTakesPartLater() {
        Member away = cluster.region(3);
        away.pause();
        String name = "made_without_one";
        client.createTable(Tour.schema(name));
        // Led by others than at first: whoever missed the first view does not make the replica by itself.
        for (ClusterStatus.ShardState each : shards()) {
            Await.until(
                    "another region leads shard " + each.shard().id(),
                    () -> isTransferred(each.shard().id()));
        }
        List<SteadyWriter> writers = Tour.writers(client.table(name));
        SteadyWriter.awaitMore(writers, 10);
        away.kill();
        away.start();
        cluster.awaitReady();
        Await.until("every shard of " + name + " has its replicas", () -> Tour.allTakePart(client));
        cluster.region(1).pause();
        SteadyWriter.awaitMore(writers, 10);
        cluster.region(1).resume();
        Tour.assertNothingIsLost(writers, client.table(name));
        client.dropTable(name);
    }

    private static boolean isTransferred(ShardId shard) {
        try {
            client.transferLeader(shard);
            return true;
        } catch (MdsException e) {
            // No other replica leads it yet, or a change is under way.
            return false;
        }
    }

    @Test
    void whoWatchesSeesEveryAcknowledgedWriteInOrderWhileLeadersAreKilled() throws Exception {
        ChangeStream first = table.watch(WatchFrom.now());
        List<SteadyWriter> writers = Tour.writers(table);
        Set<Key> seen = new HashSet<>();
        Map<ShardId, Long> versions = new HashMap<>();
        for (int round = 0; round < 3; round++) {
            SteadyWriter.awaitMore(writers, 30);
            Member victim = busiestLeader();
            victim.kill();
            SteadyWriter.awaitMore(writers, 30);
            drain(first, seen, versions, 500);
            victim.start();
            cluster.awaitReady();
            awaitAllServing();
        }
        drain(first, seen, versions, 500);
        String token = first.token();
        first.close();
        SteadyWriter.awaitMore(writers, 10);
        writers.forEach(SteadyWriter::stop);
        try (ChangeStream second = cluster.newClient().table(table.name()).watch(WatchFrom.token(token))) {
            drain(second, seen, versions, Integer.MAX_VALUE);
        }
        for (SteadyWriter writer : writers) {
            assertThat(writer.missingFrom(seen)).as(writer.name()).isEmpty();
        }
        MdsCli.Ending shown = new MdsCli(null, cluster.connectString())
                .run("watch", table.name(), "--from", token, "--limit", "5", "--json");
        assertThat(shown.exitCode()).as(shown.output()).isZero();
        assertThat(shown.output().lines()).hasSize(6).last().asString().contains("token");
    }

    /** Takes changes until there were so many, or none comes for a while; those of a shard never go back. */
    private static void drain(ChangeStream changes, Set<Key> seen, Map<ShardId, Long> versions, int limit) {
        for (int taken = 0; taken < limit; taken++) {
            Optional<Change> next = changes.poll(Duration.ofSeconds(4));
            if (next.isEmpty()) {
                return;
            }
            Change change = next.get();
            Long before = versions.put(change.shard(), change.version());
            assertThat(before == null || before <= change.version())
                    .as(change + " after version " + before)
                    .isTrue();
            seen.add(change.key());
        }
    }
}
