package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.master.testing.TestingRegion;
import io.mds.proto.DrainRegionRequest;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.Request;
import io.mds.proto.TransferLeaderRequest;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Learners that never catch up, on regions that are alive. */
class StuckLearnersTest extends ReplicaScenario {
    /** The learner gets no further until it is told to; returns the region that is replaced. */
    private long replaceFollowerByLearner(MasterCore master) throws Exception {
        createTable(master, "files", 1);
        regions.forEach(region -> region.catchesUp(false));
        long dead = follower(record(1));
        region(dead).disconnect();
        await().atMost(LIMIT).until(() -> !record(1).learners().isEmpty());
        return dead;
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
