package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.id.ShardId;
import io.mds.master.testing.TestingRegion;
import io.mds.proto.ErrorCode;
import io.mds.proto.Request;
import io.mds.proto.TransferLeaderRequest;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ViewChangeTest extends MasterScenario {
    private final List<TestingRegion> regions = new ArrayList<>();
    private final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor();

    @AfterEach
    void stopBeating() {
        beats.shutdownNow();
    }

    private MasterCore withRegions(int count) {
        MasterCore master = active(master("m1"));
        for (int i = 0; i < count; i++) {
            regions.add(join(master, new TestingRegion(8001 + 2 * i)));
        }
        beat();
        return master;
    }

    private void beat() {
        var unused = beats.scheduleWithFixedDelay(
                () -> regions.forEach(ViewChangeTest::beat), 100, 100, TimeUnit.MILLISECONDS);
    }

    private static void beat(TestingRegion region) {
        try {
            if (region.connection().isOpen()) {
                region.beat();
            }
        } catch (RuntimeException e) {
            // Between two masters.
        }
    }

    private TestingRegion region(long id) {
        return regions.get((int) id - 1);
    }

    private ShardRecord record(long shard) throws Exception {
        return read(PATHS.shard(new ShardId(shard)), ShardRecord.class);
    }

    private ShardRecord awaitView(long shard, long view) throws Exception {
        await().atMost(Duration.ofSeconds(20)).until(() -> record(shard).view() >= view);
        return record(shard);
    }

    @Test
    void eachShardHasReplicasOnDifferentRegionsAndLeadersAreSpread() {
        MasterCore master = withRegions(4);
        var route = createTable(master, "files", 8);
        assertThat(route.getShardsList()).allSatisfy(shard -> {
            assertThat(shard.getReplicasList()).hasSize(3).doesNotHaveDuplicates();
            assertThat(shard.getReplicasList()).contains(shard.getLeader());
        });
        Map<Long, Long> leaders = route.getShardsList().stream()
                .collect(Collectors.groupingBy(s -> s.getLeader().getRegionId(), Collectors.counting()));
        assertThat(leaders.values()).containsOnly(2L);
    }

    @Test
    void whenALeaderIsLostTheMostAdvancedFollowerLeads() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 1);
        long old = record(1).leader();
        long other = old == 3 ? 1 : old + 1;
        long best = 6 - old - other;
        region(best).lastEntry(1, 1, 9);
        region(other).lastEntry(1, 1, 8);
        region(old).disconnect();
        ShardRecord next = awaitView(1, 2);
        assertThat(next.leader()).isEqualTo(best);
        assertThat(next.replicas()).containsExactly(1L, 2L, 3L);
        assertThat(next.previous()).isEmpty();
        await().untilAsserted(() ->
                assertThat(region(best).shards().get(1L).getServing()).isTrue());
        assertThat(routes(client(master), "files", 0, false)
                        .getRoutes(0)
                        .getShards(0)
                        .getLeader()
                        .getRegionId())
                .isEqualTo(best);
    }

    @Test
    void aMinorityOfSealsIsNoView() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 1);
        long old = record(1).leader();
        long silent = old == 3 ? 1 : old + 1;
        region(silent).answersSeals(false);
        region(old).disconnect();
        await().until(() -> region(silent).seals().size() >= 2);
        assertThat(record(1).view()).isEqualTo(1);
        region(silent).answersSeals(true);
        assertThat(awaitView(1, 2).leader()).isNotEqualTo(old);
    }

    @Test
    void aRefusedSealRaisesTheNumber() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 1);
        long old = record(1).leader();
        long other = old == 3 ? 1 : old + 1;
        region(other).promised(1, 7);
        region(old).disconnect();
        assertThat(awaitView(1, 2).view()).isEqualTo(8);
    }

    @Test
    void aRestartedLeaderGetsANewView() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 3);
        TestingRegion restarted = region(1);
        restarted.disconnect();
        restarted.restarted();
        join(master, restarted);
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            assertThat(status(master).getUnavailableShards()).isZero();
            assertThat(status(master).getShardsList())
                    .anySatisfy(s -> assertThat(s.getRoute().getView()).isGreaterThanOrEqualTo(2));
        });
    }

    private static io.mds.proto.ClusterStatusReply status(MasterCore master) {
        return client(master)
                .ask(Request.newBuilder()
                        .setClusterStatus(
                                io.mds.proto.ClusterStatusRequest.newBuilder().setShards(true)))
                .getClusterStatus();
    }

    @Test
    void theLeadOfManyShardsIsTakenOverInFewWrites() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "a", 1024);
        createTable(master, "b", 1024);
        long led = 2;
        long writesBefore = multis(master);
        region(led).disconnect();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> status(master).getShardsList().stream()
                        .noneMatch(s -> s.getRoute().getLeader().getRegionId() == led));
        assertThat(multis(master) - writesBefore).isLessThan(40);
        assertThat(region(1).seals()).hasSizeLessThan(10);
    }

    private static long multis(MasterCore master) {
        return master.writes().count().sum();
    }

    @Test
    void anOperatorTransfersTheLeadAndTheOldLeaderIsSealedFirst() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 1);
        for (TestingRegion region : regions) {
            region.lastEntry(1, 1, 5);
        }
        long old = record(1).leader();
        long to = old == 3 ? 1 : old + 1;
        var reply = client(master)
                .ask(Request.newBuilder()
                        .setTransferLeader(
                                TransferLeaderRequest.newBuilder().setShardId(1).setToRegion(to)));
        assertThat(reply.getTransferLeader().getLeaderRegion()).isEqualTo(to);
        assertThat(record(1).leader()).isEqualTo(to);
        assertThat(region(old).seals().get(0).getSeals(0).getReleasedView()).isZero();
        assertThat(region(to).seals().get(0).getSeals(0).getReleasedView()).isEqualTo(1);
        assertFails(
                () -> client(master)
                        .ask(Request.newBuilder()
                                .setTransferLeader(TransferLeaderRequest.newBuilder()
                                        .setShardId(99)
                                        .setToRegion(to))),
                ErrorCode.NOT_FOUND,
                "no such shard");
    }

    @Test
    void theReplicaOfADeadRegionIsReplacedAndPreviousIsClearedAfterActivation() throws Exception {
        MasterCore master = withRegions(4);
        createTable(master, "files", 1);
        ShardRecord first = record(1);
        long dead = first.replicas().stream()
                .filter(r -> r != first.leader())
                .findFirst()
                .orElseThrow();
        long spare = List.of(1L, 2L, 3L, 4L).stream()
                .filter(r -> !first.replicas().contains(r))
                .findFirst()
                .orElseThrow();
        region(dead).disconnect();
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            ShardRecord now = record(1);
            assertThat(now.replicas()).contains(spare).doesNotContain(dead).hasSize(3);
            assertThat(now.previous()).isEmpty();
            assertThat(now.learners()).isEmpty();
            assertThat(now.leaving()).isEmpty();
        });
        assertThat(region(spare).shards()).containsKey(1L);
        // What the dead one still has is removed when it is back.
        join(master, region(dead));
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(region(dead).shards()).doesNotContainKey(1L));
    }

    @Test
    void theNextMasterGoesOnWithARepair() throws Exception {
        MasterCore first = withRegions(4);
        createTable(first, "files", 1);
        ShardRecord made = record(1);
        regions.forEach(region -> region.catchesUp(false));
        long dead = made.replicas().stream()
                .filter(r -> r != made.leader())
                .findFirst()
                .orElseThrow();
        region(dead).disconnect();
        await().atMost(Duration.ofSeconds(20)).until(() -> !record(1).learners().isEmpty());
        MasterCore second = master("m2");
        first.close();
        masters.remove(first);
        active(second);
        regions.forEach(region -> region.catchesUp(true));
        for (TestingRegion region : regions) {
            if (region.id() != dead) {
                join(second, region);
            }
        }
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() ->
                        assertThat(record(1).replicas()).doesNotContain(dead).hasSize(3));
    }

    @Test
    void aNewMasterReplacesLeadersThatDoNotReturn() throws Exception {
        MasterCore first = withRegions(3);
        createTable(first, "files", 3);
        first.close();
        masters.remove(first);
        MasterCore second = active(master("m2"));
        join(second, region(1));
        join(second, region(2));
        await().atMost(Duration.ofSeconds(20)).until(() -> status(second).getUnavailableShards() == 0);
        assertThat(status(second).getShardsList())
                .allSatisfy(
                        s -> assertThat(s.getRoute().getLeader().getRegionId()).isNotEqualTo(3));
    }
}
