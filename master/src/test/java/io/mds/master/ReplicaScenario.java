package io.mds.master;

import static org.awaitility.Awaitility.await;

import io.mds.id.ShardId;
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
}
