package io.mds.master.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.Leadership;
import io.mds.master.metadata.Versioned;
import io.mds.master.testing.TestingCandidate;
import io.mds.master.testing.TestingZooKeeper;
import io.mds.proto.ErrorCode;
import io.mds.znode.ActiveMaster;
import io.mds.znode.ClusterRecord;
import io.mds.znode.EpochRecord;
import io.mds.znode.ZnodeJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ElectionTest {
    private static final Duration SESSION = Duration.ofSeconds(2);

    private final TestingZooKeeper zooKeeper = TestingZooKeeper.start();
    private final List<TestingCandidate> candidates = new ArrayList<>();

    @AfterEach
    void close() {
        candidates.forEach(TestingCandidate::close);
        zooKeeper.close();
    }

    private TestingCandidate candidate(String id) {
        return candidate(id, SESSION);
    }

    private TestingCandidate candidate(String id, Duration session) {
        TestingCandidate candidate = new TestingCandidate(zooKeeper, id, session);
        candidates.add(candidate);
        return candidate;
    }

    private static void awaitActive(TestingCandidate candidate) {
        await().atMost(Duration.ofSeconds(20)).until(candidate::isActive);
    }

    private ActiveMaster published(TestingCandidate reader) throws Exception {
        Versioned<byte[]> found = reader.session.read(reader.paths.active());
        return found == null ? null : ZnodeJson.read(reader.paths.active(), found.value(), ActiveMaster.class);
    }

    @Test
    void twoMastersStartingAtOnceOnAnEmptyZooKeeperMakeOneClusterWithOneActive() throws Exception {
        TestingCandidate a = candidate("a");
        TestingCandidate b = candidate("b");
        await().atMost(Duration.ofSeconds(20)).until(() -> a.isActive() || b.isActive());
        TestingCandidate active = a.isActive() ? a : b;
        TestingCandidate standby = active == a ? b : a;
        assertThat(published(a).epoch()).isEqualTo(1);
        await().until(() -> standby.election.state() == MasterState.STANDBY);
        await().until(() -> standby.election.activeMaster() != null);
        assertThat(active.election.activeMaster()).isNull();
        assertThat(a.session.children(a.paths.standbys())).hasSize(1);
        byte[] cluster = a.session.read(a.paths.cluster()).value();
        assertThat(ZnodeJson.read("cluster", cluster, ClusterRecord.class).clusterId())
                .hasSize(36);
    }

    @Test
    void deposedMasterCannotWriteMetadata() throws Exception {
        TestingCandidate a = candidate("a");
        awaitActive(a);
        // Another master takes the epoch while the first one still believes in its own.
        String epoch = a.paths.epoch();
        Versioned<byte[]> before = a.session.read(epoch);
        a.session.multi(List.of(Op.setData(epoch, ZnodeJson.write(new EpochRecord(2, "b", "now")), before.version())));

        assertThat(a.leadership().isValid()).isTrue();
        String path = a.paths.shard(new ShardId(99));
        assertThatThrownBy(() -> a.writer()
                        .write(
                                "late write",
                                List.of(Op.create(
                                        path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT))))
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        assertThat(a.session.exists(path)).isNull();
        assertThat(a.leadership().revocation()).contains("deposed");
    }

    @Test
    void aMasterThatIsDeposedWhileIdleFindsOutByItsProbeAndComesBackWithALaterEpoch() throws Exception {
        TestingCandidate a = candidate("a");
        awaitActive(a);
        Leadership first = a.leadership();
        Versioned<byte[]> before = a.session.read(a.paths.epoch());
        a.session.multi(List.of(
                Op.setData(a.paths.epoch(), ZnodeJson.write(new EpochRecord(7, "b", "now")), before.version())));
        await().atMost(Duration.ofSeconds(10)).until(first::isRevoked);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> a.isActive() && a.leadership().epoch().value() == 8);
        assertThat(published(a).epoch()).isEqualTo(8);
    }

    @Test
    void aMasterThatLosesItsSessionBecomesAStandbyInTheSameProcessAndLeadsAgainLater() throws Exception {
        TestingCandidate a = candidate("a");
        awaitActive(a);
        TestingCandidate b = candidate("b");
        await().until(() -> b.election.state() == MasterState.STANDBY);
        Leadership first = a.leadership();
        zooKeeper.expire(a.session.sessionId());
        awaitActive(b);
        await().atMost(Duration.ofSeconds(10)).until(first::isRevoked);
        await().atMost(Duration.ofSeconds(20)).until(() -> a.election.state() == MasterState.STANDBY);
        await().until(() -> a.election.activeMaster() != null
                && a.election.activeMaster().id().equals("b"));
        b.close();
        candidates.remove(b);
        awaitActive(a);
        assertThat(a.leadership().epoch().value()).isEqualTo(3);
        assertThat(a.events).filteredOn(e -> e.equals("serve")).hasSize(2);
    }

    @Test
    void aShortCutOfTheConnectionDoesNotCostTheLeadership() throws Exception {
        // The client may take a second or two to come back.
        TestingCandidate a = candidate("a", Duration.ofSeconds(10));
        TestingCandidate b = candidate("b", Duration.ofSeconds(10));
        await().until(() -> a.isActive() || b.isActive());
        TestingCandidate active = a.isActive() ? a : b;
        Leadership leadership = active.leadership();
        zooKeeper.cut(active.session.sessionId());
        await().until(leadership::isSuspended);
        await().atMost(Duration.ofSeconds(10)).until(() -> !leadership.isSuspended() && active.session.isConnected());
        active.writer()
                .write(
                        "after the cut",
                        List.of(Op.create(
                                "/mds/config/x", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT)));
        assertThat(leadership.isRevoked()).isFalse();
        assertThat(active.leadership()).isSameAs(leadership);
    }

    @Test
    void whileZooKeeperIsAwayNothingIsWrittenAndTheLeadershipEndsByTheOwnClock() {
        TestingCandidate a = candidate("a");
        awaitActive(a);
        Leadership leadership = a.leadership();
        zooKeeper.stopServer();
        await().until(leadership::isSuspended);
        assertThatThrownBy(() -> a.writer().probe()).isInstanceOfSatisfying(MdsException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(e.isRetryable()).isTrue();
        });
        await().atMost(Duration.ofSeconds(10)).until(() -> !leadership.isValid());
        zooKeeper.startServer();
        await().atMost(Duration.ofSeconds(30)).until(() -> a.isActive() && a.leadership() != leadership);
    }

    @Test
    void aWriteWhoseConnectionBreaksIsDoneOnce() throws Exception {
        TestingCandidate a = candidate("a", Duration.ofSeconds(20));
        awaitActive(a);
        for (int i = 0; i < 5; i++) {
            String path = "/mds/config/key-" + i;
            long session = a.session.sessionId();
            Thread cutter = new Thread(() -> zooKeeper.cut(session));
            cutter.start();
            boolean done = false;
            while (!done) {
                try {
                    a.writer()
                            .write(
                                    "write " + i,
                                    List.of(Op.create(
                                            path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT)));
                    done = true;
                } catch (MdsException e) {
                    // Refused before it was sent, because the cut was seen first: the only refusal there may be.
                    assertThat(a.leadership().isRevoked()).as(e.getMessage()).isFalse();
                    await().until(a.session::isConnected);
                }
            }
            cutter.join();
            // The cut may come as late as now, and be noticed by the read.
            assertThat(a.writer().read("look", () -> a.session.exists(path))).isNotNull();
            await().until(() -> a.session.isConnected() && a.leadership().mayWrite());
        }
        assertThat(a.leadership().epoch().value()).isEqualTo(1);
    }

    @Test
    void theProgressWatchdogEndsALeadershipWhoseWorkIsStuck() {
        TestingCandidate a = candidate("a");
        awaitActive(a);
        Leadership first = a.leadership();
        a.stuck("the test holds it up");
        await().atMost(Duration.ofSeconds(10)).until(first::isRevoked);
        a.stuck(null);
        assertThat(first.revocation()).contains("holds it up");
        awaitActive(a);
    }

    @Test
    void anActiveZnodeThatAnotherSessionLeftIsWaitedForAndReplacedOnlyUnderTheEpoch() throws Exception {
        TestingCandidate a = candidate("a");
        awaitActive(a);
        a.close();
        candidates.remove(a);
        // A process that lost the latch, and whose session lives on with its old publication.
        try (ZooKeeper zombie = zooKeeper.client("mds-master:secret")) {
            zombie.create(
                    "/mds/master/active",
                    ZnodeJson.write(new ActiveMaster("zombie", "127.0.0.1", 9, 9, 1)),
                    ZooDefs.Ids.OPEN_ACL_UNSAFE,
                    CreateMode.EPHEMERAL);
            TestingCandidate b = candidate("b");
            awaitActive(b);
            assertThat(published(b).id()).isEqualTo("b");
        }
    }

    @Test
    void theEpochOnlyGrowsOverManyTakeovers() throws Exception {
        long last = 0;
        for (int i = 0; i < 4; i++) {
            TestingCandidate next = candidate("m" + i);
            awaitActive(next);
            assertThat(next.leadership().epoch().value()).isEqualTo(last + 1);
            last++;
            next.close();
            candidates.remove(next);
        }
    }

    @Test
    void aMasterWithAnotherSecretIsToldSoAndDoesNotLead() throws Exception {
        TestingCandidate a = candidate("a");
        awaitActive(a);
        TestingCandidate stranger =
                new TestingCandidate(zooKeeper, "x", SESSION, AccessControl.digest("another", true));
        candidates.add(stranger);
        await().atMost(Duration.ofSeconds(10)).until(() -> stranger.election.problem() != null);
        assertThat(stranger.election.problem()).contains("zookeeper.secret").doesNotContain("another");
        try (ZooKeeper nobody = zooKeeper.client()) {
            assertThatThrownBy(() -> nobody.create(
                            "/mds/master/latch/x", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL))
                    .isInstanceOf(KeeperException.NoAuthException.class);
        }
    }
}
