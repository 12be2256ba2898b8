package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingRegion;
import io.mds.proto.ClusterStatusRequest;
import io.mds.proto.MasterStatus;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.StateDigestReply;
import io.mds.proto.StateDigestRequest;
import io.mds.rpc.Deadline;
import io.mds.znode.StandbyMaster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What a master does with the OpLog, seen from its clients. */
class OpLogScenarioTest extends MasterScenario {
    /** The fewest that a master can be told to keep. */
    private static final int RETAINED = 100;

    private static StateDigestReply digest(MasterCore master, long sequence) {
        return client(master)
                .ask(Request.newBuilder()
                        .setStateDigest(StateDigestRequest.newBuilder().setSequence(sequence)))
                .getStateDigest();
    }

    @Test
    void tablesThatAreCreatedAtOnceShareFewWrites() throws Exception {
        MasterCore master = active(master("m1"));
        join(master, new TestingRegion(8001));
        long before = master.appliedSequence();
        CountDownLatch begin = new CountDownLatch(1);
        master.service().active().tasks().execute("hold everything up", begin::await);
        List<CompletableFuture<Reply>> answers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            answers.add(client(master).askAsync(create("t" + i, 2), Deadline.after(Duration.ofSeconds(20))));
        }
        begin.countDown();
        for (CompletableFuture<Reply> answer : answers) {
            assertThat(answer.get().getCreateTable().getRoute().getShardsList()).hasSize(2);
        }
        // One for all the creations, and few for their activation, of 120 changes.
        assertThat(master.appliedSequence() - before).isLessThan(30);
        assertThat(read(PATHS.ids(), io.mds.znode.IdCounters.class).nextTable()).isEqualTo(61);
        assertThat(master.session().children(PATHS.tables())).hasSize(60);
    }

    @Test
    void aRunningMasterRemovesOldEntriesByItself() throws Exception {
        MasterCore active = active(master(MasterConfigs.config(zooKeeper, "m1", RETAINED)));
        MasterCore standby = master(MasterConfigs.config(zooKeeper, "m2", RETAINED));
        TestingRegion region = join(active, new TestingRegion(8001));
        for (int i = 0; active.appliedSequence() < 2 * RETAINED; i++) {
            createTable(active, "t" + i, 1);
            // It would be dead after three seconds.
            region.beat();
        }
        assertThat(region.shards()).isNotEmpty();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> active.session().children(PATHS.oplogEntries()).size() <= RETAINED + RETAINED / 10);
        List<Long> left = active.session().children(PATHS.oplogEntries()).stream()
                .map(Long::parseLong)
                .sorted()
                .toList();
        long last = active.appliedSequence();
        assertThat(left).hasSizeGreaterThanOrEqualTo(RETAINED).endsWith(last);
        assertThat(left.get(0)).isEqualTo(last - left.size() + 1);
        await().until(() -> standby.appliedSequence() == last);
        assertThat(digest(standby, 0)).isEqualTo(digest(active, 0));
    }

    @Test
    void aStandbySaysHowFarItIsAndHasTheSameDigest() throws Exception {
        MasterCore active = active(master("m1"));
        join(active, new TestingRegion(8001));
        MasterCore standby = master("m2");
        createTable(active, "a", 2);
        createTable(active, "b", 2);
        long last = active.appliedSequence();
        await().until(() -> standby.appliedSequence() == last);
        StateDigestReply expected = digest(active, 0);
        assertThat(expected.getSequence()).isEqualTo(last);
        assertThat(expected.getDigest()).hasSize(32);
        assertThat(digest(standby, 0)).isEqualTo(expected);
        // One that is not there yet, or any more, is answered with where the master is.
        assertThat(digest(standby, last + 1))
                .isEqualTo(StateDigestReply.newBuilder().setSequence(last).build());
        await().untilAsserted(() -> assertThat(read(PATHS.standby("m2"), StandbyMaster.class))
                .extracting(StandbyMaster::appliedSequence, StandbyMaster::lag)
                .containsExactly(last, 0L));
        List<MasterStatus> masters = client(active)
                .ask(Request.newBuilder().setClusterStatus(ClusterStatusRequest.getDefaultInstance()))
                .getClusterStatus()
                .getMastersList();
        assertThat(masters).extracting(MasterStatus::getAppliedSequence).containsExactly(last, last);
        assertThat(masters).extracting(MasterStatus::getLag).containsExactly(0L, 0L);
    }
}
