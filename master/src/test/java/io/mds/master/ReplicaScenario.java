package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.id.ShardId;
import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingRegion;
import io.mds.proto.ClusterStatusReply;
import io.mds.proto.ClusterStatusRequest;
import io.mds.proto.Request;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;

/** Masters with regions that beat by themselves and keep replicas. */
abstract class ReplicaScenario extends MasterScenario {
    /** For what takes a master several looks. */
    static final Duration LIMIT = Duration.ofSeconds(90);

    final List<TestingRegion> regions = new CopyOnWriteArrayList<>();
    final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor();

    @AfterEach
    void stopBeating() {
        beats.shutdownNow();
    }

    MasterCore withRegions(int count) {
        return withRegions(master("m1"), count);
    }

    MasterCore withRegions(MasterCore started, int count) {
        MasterCore master = active(started);
        for (int i = 0; i < count; i++) {
            regions.add(join(master, new TestingRegion(8001 + 2 * i)));
        }
        beat();
        return master;
    }

    void beat() {
        var unused = beats.scheduleWithFixedDelay(
                () -> {
                    for (TestingRegion leader : regions) {
                        regions.forEach(leader::replicateTo);
                    }
                    regions.forEach(ReplicaScenario::beat);
                },
                100,
                100,
                TimeUnit.MILLISECONDS);
    }

    static void beat(TestingRegion region) {
        try {
            if (region.connection().isOpen()) {
                region.beat();
            }
        } catch (RuntimeException e) {
            // Between two masters.
        }
    }

    TestingRegion region(long id) {
        return regions.get((int) id - 1);
    }

    ShardRecord record(long shard) throws Exception {
        return read(PATHS.shard(new ShardId(shard)), ShardRecord.class);
    }

    ShardRecord awaitView(long shard, long view) throws Exception {
        await().atMost(Duration.ofSeconds(20)).until(() -> record(shard).view() >= view);
        return record(shard);
    }

    static ClusterStatusReply status(MasterCore master) {
        return client(master)
                .ask(Request.newBuilder()
                        .setClusterStatus(ClusterStatusRequest.newBuilder().setShards(true)))
                .getClusterStatus();
    }

    MasterCore withImpatientMaster(int regions) {
        return withRegions(
                master(MasterConfigs.config(zooKeeper, "m1", Duration.ofMillis(1_500), Duration.ofSeconds(20))),
                regions);
    }

    static long follower(ShardRecord record) {
        return record.replicas().stream()
                .filter(r -> r != record.leader())
                .findFirst()
                .orElseThrow();
    }

    /** It takes part in nothing until it is dropped. */
    void fail(long region) {
        region(region).says(1, report -> report.setFailed(true).setLeader(false).setServing(false));
    }

    void awaitReplicasWithout(long region, int count) {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(record(1).replicas()).doesNotContain(region).hasSize(count);
            assertThat(record(1).learners()).isEmpty();
            assertThat(record(1).previous()).isEmpty();
        });
    }
}
