package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.master.testing.TestingRegion;
import io.mds.proto.ReplicaStatus;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Replicas that failed on regions that are alive. */
class FailedReplicasTest extends ReplicaScenario {
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
}
