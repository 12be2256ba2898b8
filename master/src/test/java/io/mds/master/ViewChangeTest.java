package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.master.testing.TestingRegion;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.Request;
import io.mds.proto.ShardStatus;
import io.mds.proto.TransferLeaderRequest;
import io.mds.rpc.Deadline;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ViewChangeTest extends ReplicaScenario {
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
        await().untilAsserted(() -> assertThat(region(best).shards())
                .hasEntrySatisfying(1L, held -> assertThat(held.getServing()).isTrue()));
        assertThat(routes(client(master), "files", 0, false)
                        .getRoutes(0)
                        .getShards(0)
                        .getLeader()
                        .getRegionId())
                .isEqualTo(best);
    }

    @Test
    void aLeaderWhoseBeatsAMajorityMissesIsReplacedThoughItSaysThatItServes() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 1);
        long old = record(1).leader();
        // It answers its seal, and has what no other has.
        region(old).lastEntry(1, 1, 9);
        followers(old).forEach(follower -> region(follower).says(1, report -> report.setSilentView(1)));
        ShardRecord next = awaitView(1, 2);
        assertThat(next.leader()).isNotEqualTo(old);
        assertThat(next.replicas()).containsExactly(1L, 2L, 3L);
    }

    @Test
    void aLeaderThatHearsNothingOfTheOthersIsReplaced() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 1);
        long old = record(1).leader();
        region(old).says(1, report -> report.setSilentView(1));
        assertThat(awaitView(1, 2).leader()).isNotEqualTo(old);
    }

    @Test
    void missedBeatsOfOneFollowerOrOfAnOlderViewChangeNothing() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 1);
        List<Long> followers = followers(record(1).leader());
        region(followers.get(0)).says(1, report -> report.setSilentView(1));
        region(followers.get(1)).disconnect();
        await().during(Duration.ofSeconds(2))
                .atMost(Duration.ofSeconds(10))
                .until(() -> record(1).view() == 1);
        join(master, region(followers.get(1)));
        region(followers.get(1)).says(1, report -> report.setSilentView(1));
        awaitView(1, 2);
        // They have not changed what they say, and it is of no interest any more.
        await().during(Duration.ofSeconds(2))
                .atMost(Duration.ofSeconds(10))
                .until(() -> record(1).view() == 2);
    }

    private static List<Long> followers(long leader) {
        return Stream.of(1L, 2L, 3L).filter(region -> region != leader).toList();
    }

    @Test
    void theSealOfASilentLeaderCountsWhenThoseOfTheOthersAreNotEnough() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 1);
        long old = record(1).leader();
        List<Long> followers = followers(old);
        region(followers.get(0)).answersSeals(false);
        followers.forEach(follower -> region(follower).says(1, report -> report.setSilentView(1)));
        assertThat(awaitView(1, 2).leader()).isIn(old, followers.get(1));
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

    @Test
    void theLeadOfManyShardsIsTakenOverInFewWrites() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "a", 1024);
        createTable(master, "b", 1024);
        long led = 2;
        long writesBefore = multis(master);
        long ordersBefore = region(1).openOrders();
        region(led).disconnect();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> status(master).getShardsList().stream()
                        .noneMatch(s -> s.getRoute().getLeader().getRegionId() == led));
        await().atMost(Duration.ofSeconds(20))
                .until(() -> status(master).getShardsList().stream().allMatch(ShardStatus::getServing));
        assertThat(region(1).openOrders() - ordersBefore).isLessThan(20);
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
    void aTransferThatTheLeadershipDoesNotOutliveIsAnswered() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 1);
        regions.forEach(region -> region.answersSeals(false));
        var answer = client(master)
                .askAsync(
                        Request.newBuilder()
                                .setTransferLeader(
                                        TransferLeaderRequest.newBuilder().setShardId(1)),
                        Deadline.after(Duration.ofMinutes(1)));
        await().until(() -> regions.stream().anyMatch(region -> !region.seals().isEmpty()));
        master.leadership().revoke("a test");
        assertThat(answer)
                .failsWithin(Duration.ofSeconds(5))
                .withThrowableOfType(ExecutionException.class)
                .havingCause()
                .isInstanceOfSatisfying(MdsException.class, e -> {
                    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                    assertThat(e.getMessage()).contains("no longer active (a test)");
                });
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

    @Test
    void aDeposedMasterSealsAndWritesNothing() throws Exception {
        MasterCore first = withRegions(3);
        createTable(first, "files", 1);
        long old = record(1).leader();
        regions.forEach(region -> region.answersSeals(false));
        region(old).disconnect();
        TestingRegion other = region(old == 3 ? 1 : old + 1);
        await().until(() -> !other.seals().isEmpty());
        MasterCore second = master("m2");
        first.session().abandon();
        active(second);
        regions.forEach(region -> region.answersSeals(true));
        for (TestingRegion region : regions) {
            if (region.id() != old) {
                join(second, region);
            }
        }
        ShardRecord next = awaitView(1, 2);
        assertThat(next.leader()).isNotEqualTo(old);
        assertThat(first.isActive()).isFalse();
        // The second one's number is above what the first one's seals made them promise.
        long epoch = second.leadership().epoch().value();
        assertThat(other.seals())
                .last()
                .satisfies(seal -> assertThat(seal.getEpoch()).isEqualTo(epoch));
    }

    @Test
    void aReplicaThatPromisedMoreThanTheRecordSaysGetsAViewThatItCanJoin() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 1);
        long leader = record(1).leader();
        region(leader == 3 ? 1 : leader + 1).promised(1, 4);
        assertThat(awaitView(1, 5).view()).isEqualTo(5);
        await().until(() -> status(master).getUnavailableShards() == 0);
        assertThat(status(master).getShards(0).getReplicasList())
                .hasSize(3)
                .allSatisfy(replica -> assertThat(replica.getView()).isEqualTo(5));
    }

    @Test
    void aSoleReplicaGoesOnAloneAfterARestart() throws Exception {
        MasterCore master = withRegions(1);
        createTable(master, "files", 2);
        region(1).disconnect();
        await().until(() -> status(master).getUnavailableShards() == 2);
        region(1).restarted();
        join(master, region(1));
        await().until(() -> status(master).getUnavailableShards() == 0);
        assertThat(record(1).view()).isEqualTo(1);
        assertThat(region(1).seals()).isEmpty();
    }
}
