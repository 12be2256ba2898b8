package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingRegion;
import io.mds.proto.DrainRegionRequest;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.ReplicaStatus;
import io.mds.proto.Request;
import io.mds.proto.TransferLeaderRequest;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Replicas that failed, and learners that never catch up, on regions that are alive. */
class FailedReplicasTest extends ReplicaScenario {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private MasterCore withImpatientMaster(int regions) {
        return withRegions(
                master(MasterConfigs.config(zooKeeper, "m1", Duration.ofMillis(1_500), Duration.ofSeconds(20))),
                regions);
    }

    private static long follower(ShardRecord record) {
        return record.replicas().stream()
                .filter(r -> r != record.leader())
                .findFirst()
                .orElseThrow();
    }

    /** It takes part in nothing until it is dropped. */
    private void fail(long region) {
        region(region).says(1, report -> report.setFailed(true).setLeader(false).setServing(false));
    }

    /** The learner gets no further until it is told to; returns the region that is replaced. */
    private long replaceFollowerByLearner(MasterCore master) throws Exception {
        createTable(master, "files", 1);
        regions.forEach(region -> region.catchesUp(false));
        long dead = follower(record(1));
        region(dead).disconnect();
        await().atMost(LIMIT).until(() -> !record(1).learners().isEmpty());
        return dead;
    }

    private void awaitReplicasWithout(long region, int count) {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(record(1).replicas()).doesNotContain(region).hasSize(count);
            assertThat(record(1).learners()).isEmpty();
            assertThat(record(1).previous()).isEmpty();
        });
    }

    @Test
    void aReplicaThatStaysFailedIsReplacedByOneOnAnotherRegion() throws Exception {
        MasterCore master = withImpatientMaster(4);
        createTable(master, "files", 1);
        long failed = follower(record(1));
        fail(failed);
        awaitReplicasWithout(failed, 3);
        await().atMost(LIMIT).until(() -> !region(failed).shards().containsKey(1L));
    }

    @Test
    void aReplicaThatStaysFailedIsMadeAnewOnItsRegionWhenThereIsNoOther() throws Exception {
        MasterCore master = withImpatientMaster(3);
        createTable(master, "files", 1);
        long failed = follower(record(1));
        fail(failed);
        await().atMost(LIMIT).until(() -> status(master).getFailedReplicas() == 1);
        assertThat(status(master).getShards(0).getReplicasList())
                .filteredOn(ReplicaStatus::getFailed)
                .extracting(ReplicaStatus::getRegionId)
                .containsExactly(failed);
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(record(1).replicas()).contains(failed).hasSize(3);
            assertThat(region(failed).shards().get(1L).getFailed()).isFalse();
            assertThat(record(1).previous()).isEmpty();
        });
        await().atMost(LIMIT).until(() -> status(master).getFailedReplicas() == 0);
    }

    @Test
    void aLoneReplicaIsNotLeftForTheSakeOfAFailedOne() throws Exception {
        MasterCore master = withImpatientMaster(2);
        createTable(master, "files", 1);
        ShardRecord made = record(1);
        fail(follower(made));
        TestingRegion leader = region(made.leader());
        await().during(Duration.ofSeconds(5))
                .atMost(LIMIT)
                .until(() -> leader.seals().isEmpty());
        assertThat(record(1)).isEqualTo(made);
    }

    @Test
    void aRegionWhoseLogFailedKeepsItsPlaceUntilAnotherCanTakeItAndGetsNothing() throws Exception {
        MasterCore master = withImpatientMaster(3);
        createTable(master, "files", 1);
        ShardRecord made = record(1);
        long failed = follower(made);
        fail(failed);
        region(failed).logFails();
        await().during(Duration.ofSeconds(5))
                .atMost(LIMIT)
                .until(() -> record(1).replicas().contains(failed));
        assertThat(createTable(master, "more", 1).getShards(0).getReplicasList())
                .noneMatch(replica -> replica.getRegionId() == failed);
        regions.add(join(master, new TestingRegion(8101)));
        awaitReplicasWithout(failed, 3);
    }

    @Test
    void aLearnerThatDoesNotGetOnIsGivenUpForAnother() throws Exception {
        MasterCore master = withImpatientMaster(5);
        long dead = replaceFollowerByLearner(master);
        long first = record(1).learners().get(0);
        await().atMost(LIMIT).until(() -> record(1).learners().stream().anyMatch(now -> now != first));
        regions.forEach(region -> region.catchesUp(true));
        awaitReplicasWithout(dead, 3);
        assertThat(record(1).replicas()).doesNotContain(first);
    }

    @Test
    void aLearnerOnADrainedRegionIsGivenUpAtOnce() throws Exception {
        MasterCore master = withRegions(5);
        replaceFollowerByLearner(master);
        long drained = record(1).learners().get(0);
        client(master)
                .ask(Request.newBuilder()
                        .setDrainRegion(DrainRegionRequest.newBuilder().setRegionId(drained)));
        await().atMost(Duration.ofSeconds(20))
                .until(() -> record(1).learners().stream().anyMatch(now -> now != drained));
    }

    @Test
    void aLearnerThatStaysFailedIsGivenUp() throws Exception {
        MasterCore master = withRegions(5);
        long dead = replaceFollowerByLearner(master);
        long failing = record(1).learners().get(0);
        await().atMost(LIMIT).until(() -> region(failing).shards().containsKey(1L));
        fail(failing);
        regions.forEach(region -> region.catchesUp(true));
        await().atMost(LIMIT).untilAsserted(() -> {
            List<Long> replicas = record(1).replicas();
            assertThat(replicas).doesNotContain(dead, failing).hasSize(3);
        });
    }

    @Test
    void leadersAreSpreadWhileAShardCannotBeSettled() throws Exception {
        MasterCore master = withRegions(3);
        createTable(master, "stuck", 1);
        createTable(master, "files", 8);
        regions.forEach(region -> region.catchesUp(false));
        regions.add(join(master, new TestingRegion(8101)));
        long spare = 4;
        client(master)
                .ask(Request.newBuilder()
                        .setMoveShard(MoveShardRequest.newBuilder()
                                .setShardId(1)
                                .setFromRegion(follower(record(1)))
                                .setToRegion(spare)));
        await().atMost(LIMIT).until(() -> !record(1).learners().isEmpty());
        for (long shard = 2; shard <= 9; shard++) {
            if (record(shard).leader() != 1) {
                client(master)
                        .ask(Request.newBuilder()
                                .setTransferLeader(TransferLeaderRequest.newBuilder()
                                        .setShardId(shard)
                                        .setToRegion(1)));
            }
        }
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(status(master).getRegionsList())
                        .filteredOn(region -> region.getRegionId() <= 3)
                        .allSatisfy(region -> assertThat(region.getLeaders()).isBetween(2, 4)));
    }
}
