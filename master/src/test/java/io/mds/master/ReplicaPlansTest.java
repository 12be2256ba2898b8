package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.master.testing.TestingRegion;
import io.mds.proto.DrainRegionRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.ListProceduresRequest;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.ProcedureStatus;
import io.mds.proto.RegionDrain;
import io.mds.proto.RegionStatus;
import io.mds.proto.Request;
import io.mds.proto.TransferLeaderRequest;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicaPlansTest extends ReplicaScenario {
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

    private ShardRecord awaitReplicas(long shard, Long... replicas) throws Exception {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(record(shard).replicas()).containsExactlyInAnyOrder(replicas);
            assertThat(record(shard).previous()).isEmpty();
            assertThat(record(shard).leaving()).isEmpty();
        });
        return record(shard);
    }

    @Test
    void shardsGetTheReplicasTheyLackWhenRegionsJoin() throws Exception {
        MasterCore master = withRegions(1);
        createTable(master, "files", 2);
        regions.add(join(master, new TestingRegion(8101)));
        awaitReplicas(1, 1L, 2L);
        regions.add(join(master, new TestingRegion(8103)));
        awaitReplicas(1, 1L, 2L, 3L);
        awaitReplicas(2, 1L, 2L, 3L);
        assertThat(status(master).getUnavailableShards()).isZero();
    }

    @Test
    void aLearnerThatDiesIsReplacedByAnother() throws Exception {
        MasterCore master = withRegions(5);
        createTable(master, "files", 1);
        ShardRecord made = record(1);
        regions.forEach(region -> region.catchesUp(false));
        long dead = follower(made);
        region(dead).disconnect();
        await().atMost(Duration.ofSeconds(20)).until(() -> !record(1).learners().isEmpty());
        long learner = record(1).learners().get(0);
        region(learner).disconnect();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> record(1).learners().stream().anyMatch(now -> now != learner));
        regions.forEach(region -> region.catchesUp(true));
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(record(1).replicas())
                        .doesNotContain(dead, learner)
                        .hasSize(3));
    }

    @Test
    void aReplicaThatWasNeverMadeGoesAndComesBackAsALearner() throws Exception {
        MasterCore master = withRegions(3);
        TestingRegion away = region(3);
        away.opens(false);
        createTable(master, "files", 1);
        long other = record(1).leader() == 1 ? 2 : 1;
        assertThat(record(1).leader()).isNotEqualTo(3);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> region(other).shards().containsKey(1L));
        client(master)
                .ask(Request.newBuilder()
                        .setTransferLeader(
                                TransferLeaderRequest.newBuilder().setShardId(1).setToRegion(other)));
        awaitView(1, 2);
        away.disconnect();
        away.opens(true);
        join(master, away);
        awaitReplicas(1, 1L, 2L, 3L);
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(away.shards()).containsKey(1L);
            assertThat(record(1).learners()).isEmpty();
        });
        assertThat(record(1).view()).as("it left, and came back").isGreaterThanOrEqualTo(4);
    }

    private static List<ProcedureStatus> procedures(MasterCore master) {
        return client(master)
                .ask(Request.newBuilder().setListProcedures(ListProceduresRequest.getDefaultInstance()))
                .getListProcedures()
                .getProceduresList();
    }

    @Test
    void movesAndRepairsAreListedAndTheNextMasterListsThemToo() throws Exception {
        MasterCore first = withRegions(4);
        createTable(first, "files", 1);
        regions.forEach(region -> region.catchesUp(false));
        ShardRecord made = record(1);
        long spare = 10 - made.replicas().stream().mapToLong(Long::longValue).sum();
        long from = follower(made);
        client(first)
                .ask(Request.newBuilder()
                        .setMoveShard(MoveShardRequest.newBuilder()
                                .setShardId(1)
                                .setFromRegion(from)
                                .setToRegion(spare)));
        String what = "move shard 1 from region " + from + " to region " + spare + " of table files";
        await().untilAsserted(() -> assertThat(procedures(first))
                .singleElement()
                .satisfies(move -> {
                    assertThat(move.getId()).isEqualTo("move-1");
                    assertThat(move.getWhat()).isEqualTo(what);
                    assertThat(move.getTable()).isEqualTo("files");
                    assertThat(move.getStep()).isEqualTo("copying: 0 of 0 rows");
                    assertThat(move.getDone() + "/" + move.getTotal()).isEqualTo("0/1");
                }));
        MasterCore second = master("m2");
        first.close();
        masters.remove(first);
        active(second);
        assertThat(procedures(second)).singleElement().satisfies(move -> {
            assertThat(move.getWhat()).isEqualTo(what);
            assertThat(move.getStep()).isEqualTo("planned");
        });
        for (TestingRegion region : regions) {
            join(second, region);
        }
        assertThat(procedures(second)).extracting(ProcedureStatus::getWhat).containsExactly(what);
        regions.forEach(region -> region.catchesUp(true));
        await().atMost(Duration.ofSeconds(20)).until(() -> procedures(second).isEmpty());
        assertThat(record(1).replicas()).contains(spare).doesNotContain(from);
    }

    @Test
    void anOperatorMovesAReplicaEvenTheLeaders() throws Exception {
        MasterCore master = withRegions(4);
        createTable(master, "files", 1);
        ShardRecord made = record(1);
        long spare = 10 - made.replicas().stream().mapToLong(Long::longValue).sum();
        client(master)
                .ask(Request.newBuilder()
                        .setMoveShard(MoveShardRequest.newBuilder()
                                .setShardId(1)
                                .setFromRegion(made.leader())
                                .setToRegion(spare)));
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(record(1).replicas())
                    .contains(spare)
                    .doesNotContain(made.leader())
                    .hasSize(3);
            assertThat(record(1).previous()).isEmpty();
        });
        assertFails(
                () -> client(master)
                        .ask(Request.newBuilder()
                                .setMoveShard(MoveShardRequest.newBuilder()
                                        .setShardId(1)
                                        .setFromRegion(made.leader())
                                        .setToRegion(77))),
                ErrorCode.INVALID_ARGUMENT,
                "has no replica");
        await().untilAsserted(() -> assertThat(region(made.leader()).shards()).doesNotContainKey(1L));
    }

    @Test
    void aDrainedRegionIsEmptiedAndGetsNothingAndTheNextMasterKeepsToThat() throws Exception {
        MasterCore first = withRegions(4);
        createTable(first, "files", 4);
        var reply = client(first).ask(drain(1, false)).getDrainRegion();
        assertThat(reply.getReplicasLeft()).isEqualTo(3);
        await().atMost(Duration.ofSeconds(40))
                .until(() -> client(first).ask(drain(1, false)).getDrainRegion().getReplicasLeft() == 0);
        MasterCore second = master("m2");
        first.close();
        masters.remove(first);
        active(second);
        for (TestingRegion region : regions) {
            join(second, region);
        }
        assertThat(drains(second))
                .containsExactly(
                        RegionDrain.REGION_DRAIN_REPLICAS,
                        RegionDrain.REGION_DRAIN_NONE,
                        RegionDrain.REGION_DRAIN_NONE,
                        RegionDrain.REGION_DRAIN_NONE);
        await().until(() -> second.service().active().counts().drained() == 1);
        assertThat(createTable(second, "more", 4).getShardsList())
                .allSatisfy(
                        shard -> assertThat(shard.getReplicasList()).noneMatch(replica -> replica.getRegionId() == 1));
        client(second).ask(drain(1, true));
        assertThat(drains(second)).containsOnly(RegionDrain.REGION_DRAIN_NONE);
        assertThat(createTable(second, "again", 4).getShardsList())
                .anySatisfy(
                        shard -> assertThat(shard.getReplicasList()).anyMatch(replica -> replica.getRegionId() == 1));
    }

    private static List<RegionDrain> drains(MasterCore master) {
        return status(master).getRegionsList().stream()
                .map(RegionStatus::getDrain)
                .toList();
    }

    private static Request.Builder drain(long region, boolean cancel) {
        return Request.newBuilder()
                .setDrainRegion(DrainRegionRequest.newBuilder()
                        .setRegionId(region)
                        .setReplicas(true)
                        .setCancel(cancel));
    }

    @Test
    void leadersAndReplicasAreSpreadEvenlyAfterARegionJoined() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "files", 6);
        regions.add(join(master, new TestingRegion(8101)));
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            var regionsNow = status(master).getRegionsList();
            assertThat(regionsNow).allSatisfy(r -> assertThat(r.getShards()).isBetween(4, 5));
            assertThat(regionsNow).allSatisfy(r -> assertThat(r.getLeaders()).isBetween(1, 2));
        });
        assertThat(status(master).getUnavailableShards()).isZero();
    }
}
