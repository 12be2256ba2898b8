package io.mds.master.oplog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.master.metadata.Versioned;
import io.mds.master.metadata.WriteCounters;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.master.state.Change;
import io.mds.master.state.StateImage;
import io.mds.master.state.StateLoader;
import io.mds.master.testing.RandomMetadata;
import io.mds.master.testing.StateComparison;
import io.mds.master.testing.TestingActive;
import io.mds.master.testing.TestingZooKeeper;
import io.mds.master.testing.TestingZooKeeperProxy;
import io.mds.znode.EpochRecord;
import io.mds.znode.IdCounters;
import io.mds.znode.OpLogLatest;
import io.mds.znode.StandbyMaster;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The OpLog and those who follow it, on a real ZooKeeper. */
class FollowerTest {
    private static final ZnodePaths PATHS = TestingActive.PATHS;

    private final TestingZooKeeper zooKeeper = TestingZooKeeper.start();
    private final TestingZooKeeperProxy proxy = new TestingZooKeeperProxy(zooKeeper);
    private final long seed = System.nanoTime();
    private final RandomMetadata metadata = new RandomMetadata(new Random(seed), PATHS);
    private final List<AutoCloseable> open = new ArrayList<>();
    private TestingActive active;

    @BeforeEach
    void start() throws Exception {
        active = active().lead();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        proxy.close();
        zooKeeper.close();
    }

    private TestingActive active() throws Exception {
        TestingActive made = new TestingActive(zooKeeper);
        open.add(made);
        return made;
    }

    /** A standby whose way to ZooKeeper can be disturbed. */
    private Follower standby() throws Exception {
        ZooKeeperSession session = ZooKeeperSession.start(
                proxy.connectString(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                TestingActive.ACCESS,
                new WriteCounters());
        Follower follower = new Follower(session, PATHS);
        open.add(0, session);
        open.add(0, follower);
        follower.start();
        return follower;
    }

    private void awaitEqual(Follower follower) throws Exception {
        DigestHistory.Digested expected = active.digest();
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(follower.digests().newest())
                        .as("seed " + seed)
                        .contains(expected));
        assertThat(follower.appliedSequence()).isEqualTo(expected.sequence());
        // And both are what ZooKeeper holds, and what the plain model says.
        StateLoader loader = new StateLoader(active.session, PATHS);
        loader.read();
        assertThat(loader.build().image().digest()).as("seed " + seed).isEqualTo(expected.digest());
        for (Map.Entry<String, byte[]> znode : metadata.model().entrySet()) {
            assertThat(active.session.read(znode.getKey()).value()).isEqualTo(znode.getValue());
        }
        assertThat(expected.digest().znodes()).isEqualTo(metadata.model().size());
    }

    private List<Long> entries() throws Exception {
        return active.session.children(PATHS.oplogEntries()).stream()
                .map(Long::parseLong)
                .sorted()
                .toList();
    }

    @Test
    void numbersAreDenseAndGoOnAcrossTakeoversAndTheEntriesAloneMakeTheState() throws Exception {
        long epoch = active.leadership().epoch().value();
        for (int takeover = 0; takeover < 4; takeover++) {
            metadata.write(active.writer(), 30);
            TestingActive next = active().lead();
            assertThat(next.takeover().sequence()).isEqualTo(active.opLog().sequence());
            assertThat(next.leadership().epoch().value()).isEqualTo(++epoch);
            assertThat(next.digest()).isEqualTo(active.digest());
            active = next;
        }
        assertThat(entries()).isEqualTo(LongStream.rangeClosed(1, 120).boxed().toList());
        // From nothing but the first state and the entries.
        OpLogReader reader = new OpLogReader(active.session, PATHS);
        StateImage rebuilt = new StateImage();
        rebuilt.apply(List.of(Change.set("ids", ZnodeJson.write(IdCounters.FIRST))), 0);
        new OpLogTail(reader, 0).find(read -> rebuilt.apply(read.entry().changes(), read.zxid()));
        assertThat(rebuilt.digest())
                .as("seed " + seed)
                .isEqualTo(active.digest().digest());
    }

    @Test
    void aDeposedMastersChangeLeavesNoEntryAndOneThatIsRefusedLeavesNoGap() throws Exception {
        metadata.write(active.writer(), 5);
        assertThat(active.writer()
                        .attempt("nothing there", List.of(Op.delete(PATHS.table("none"), -1)), Set.of(Code.NONODE)))
                .isFalse();
        metadata.write(active.writer(), 1);
        assertThat(entries()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
        TestingActive deposed = active;
        active = active().lead();
        assertThatThrownBy(() -> metadata.write(deposed.writer(), 1)).isInstanceOf(MdsException.class);
        assertThat(deposed.leadership().revocation()).contains("deposed");
        metadata.write(active.writer(), 1);
        assertThat(entries()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
    }

    @Test
    void aStandbyHasTheActivesStateWheneverItBegins() throws Exception {
        Follower early = standby();
        metadata.write(active.writer(), 40);
        Follower late = standby();
        metadata.write(active.writer(), 260);
        awaitEqual(early);
        awaitEqual(late);
        assertThat(active.session.read(PATHS.oplogLatest()).value())
                .asString(StandardCharsets.UTF_8)
                .contains("\"sequence\":300");
    }

    @Test
    void lostDoubledAndLateEventsChangeNothing() throws Exception {
        proxy.faultyWatches(seed);
        Follower standby = standby();
        for (int i = 0; i < 10; i++) {
            metadata.write(active.writer(), 15);
            // In between it may come to rest, and has to be woken by what follows.
            if (i % 3 == 2) {
                awaitEqual(standby);
            }
        }
        awaitEqual(standby);
        metadata.write(active.writer(), 1);
        awaitEqual(standby);
    }

    @Test
    void oneThatHasNoReplicaOrCannotLookDoesNotSayThatNothingIsMissing() throws Exception {
        metadata.write(active.writer(), 10);
        proxy.refuse(true);
        Follower standby = standby();
        assertThat(standby.hasReplica()).isFalse();
        assertThat(standby.lag()).isEqualTo(Follower.UNKNOWN_LAG);
        proxy.refuse(false);
        awaitEqual(standby);
        assertThat(standby.hasReplica()).isTrue();
        await().until(() -> standby.lag() == 0);
        proxy.refuse(true);
        metadata.write(active.writer(), 10);
        await().until(() -> standby.lag() == Follower.UNKNOWN_LAG);
        proxy.refuse(false);
        awaitEqual(standby);
        await().until(() -> standby.lag() == 0);
    }

    @Test
    void whatWasHandedOverIsNotAdvertised() throws Exception {
        metadata.write(active.writer(), 10);
        active = active().lead();
        await().until(() -> !active.follower.hasReplica());
        assertThat(active.follower.appliedSequence()).isZero();
        assertThat(active.follower.lag()).isEqualTo(Follower.UNKNOWN_LAG);
        active.follower.follow();
        await().until(active.follower::hasReplica);
        assertThat(active.follower.appliedSequence()).isEqualTo(10);
    }

    @Test
    void aReplicaWhoseDigestIsNotTheActivesIsReadAgainOnce() throws Exception {
        Follower standby = standby();
        metadata.write(active.writer(), 10);
        awaitEqual(standby);
        DigestHistory before = standby.digests();
        byte[] told = ZnodeJson.write(new OpLogLatest(10, 1, "0".repeat(32)));
        active.session.multi(List.of(Op.setData(PATHS.oplogLatest(), told, -1)));
        await().until(() -> standby.digests() != before && standby.hasReplica());
        awaitEqual(standby);
        DigestHistory after = standby.digests();
        metadata.write(active.writer(), 5);
        awaitEqual(standby);
        assertThat(standby.digests()).isSameAs(after);
        OpLogRetention retention = active.retention(1_000);
        await().untilAsserted(() -> {
            retention.tick();
            assertThat(ZnodeJson.read(
                            "latest", active.session.read(PATHS.oplogLatest()).value(), OpLogLatest.class))
                    .isEqualTo(new OpLogLatest(15, 1, active.digest().digest().text()));
        });
    }

    @Test
    void afterACutItReadsOnFromWhereItWas() throws Exception {
        Follower standby = standby();
        metadata.write(active.writer(), 10);
        awaitEqual(standby);
        proxy.refuse(true);
        metadata.write(active.writer(), 50);
        assertThat(standby.appliedSequence()).isEqualTo(10);
        proxy.refuse(false);
        awaitEqual(standby);
    }

    @Test
    void anEntryThatIsGoneOrDamagedMakesItReadTheStateAgain() throws Exception {
        Follower standby = standby();
        metadata.write(active.writer(), 10);
        awaitEqual(standby);
        proxy.refuse(true);
        metadata.write(active.writer(), 10);
        try (ZooKeeper hand = zooKeeper.client()) {
            hand.delete(PATHS.oplogEntry(14), -1);
            proxy.refuse(false);
            awaitEqual(standby);
            proxy.refuse(true);
            metadata.write(active.writer(), 10);
            hand.setData(PATHS.oplogEntry(25), "{\"sequence\":25".getBytes(StandardCharsets.UTF_8), -1);
            proxy.refuse(false);
            awaitEqual(standby);
        }
        metadata.write(active.writer(), 3);
        awaitEqual(standby);
    }

    @Test
    void entriesGoWhenThereAreManyAndEveryLiveStandbyHasThem() throws Exception {
        OpLogRetention retention = active.retention(50);
        String waiting = PATHS.standby("waiting");
        byte[] record = ZnodeJson.write(new StandbyMaster("waiting", "h", 1, 1, 40, 0L));
        active.session.multi(List.of(Op.create(waiting, record, TestingActive.ACCESS.masters(), CreateMode.EPHEMERAL)));
        metadata.write(active.writer(), 120);
        for (int i = 0; i < 30; i++) {
            retention.tick();
        }
        assertThat(entries()).first().isEqualTo(41L);
        active.session.multi(List.of(Op.delete(waiting, -1)));
        await().untilAsserted(() -> {
            retention.tick();
            assertThat(entries()).first().isEqualTo(71L);
        });
        // The next master knows where the log begins, and goes on with both ends.
        active = active().lead();
        assertThat(active.opLog().first()).isEqualTo(71);
        metadata.write(active.writer(), 60);
        OpLogRetention next = active.retention(50);
        for (int i = 0; i < 30; i++) {
            next.tick();
        }
        assertThat(entries()).isEqualTo(LongStream.rangeClosed(131, 180).boxed().toList());
        assertThat(ZnodeJson.read(
                                "latest",
                                active.session.read(PATHS.oplogLatest()).value(),
                                OpLogLatest.class)
                        .first())
                .isEqualTo(131);
        // One that was away for longer than that begins anew.
        awaitEqual(standby());
    }

    @Test
    void aStandbyThatWasAwayForLongerThanEntriesAreKeptReadsTheStateAgain() throws Exception {
        Follower standby = standby();
        metadata.write(active.writer(), 10);
        awaitEqual(standby);
        proxy.refuse(true);
        OpLogRetention retention = active.retention(20);
        for (int i = 0; i < 30; i++) {
            metadata.write(active.writer(), 10);
            retention.tick();
            retention.tick();
            retention.tick();
            retention.tick();
            retention.tick();
        }
        assertThat(entries()).first().matches(first -> first > 11);
        proxy.refuse(false);
        awaitEqual(standby);
    }

    @Test
    void changesOfAMasterThatWritesNoOpLogAreNotMissed() throws Exception {
        Follower standby = standby();
        metadata.write(active.writer(), 10);
        awaitEqual(standby);
        TestingActive next = active();
        await().until(() -> next.follower.appliedSequence() == 10);
        // A master of an earlier version takes over, and changes something.
        Versioned<byte[]> epoch = active.session.read(PATHS.epoch());
        RandomMetadata.Step step = metadata.next();
        List<Op> operations = new ArrayList<>(step.operations());
        operations.add(Op.setData(
                PATHS.epoch(),
                "{\"epoch\":7,\"master\":\"old\",\"since\":\"now\"}".getBytes(StandardCharsets.UTF_8),
                epoch.version()));
        active.session.multi(operations);
        step.taken().run();
        assertThat(ZnodeJson.read("epoch", active.session.read(PATHS.epoch()).value(), EpochRecord.class)
                        .opLogSince())
                .isZero();
        active = next.lead();
        assertThat(active.takeover().hot()).isFalse();
        metadata.write(active.writer(), 5);
        awaitEqual(standby);
    }

    @Test
    void aTakeoverIsHotAndExactWithWritesUpToTheLastMoment() throws Exception {
        for (int round = 0; round < 5; round++) {
            TestingActive next = active();
            await().until(() -> next.follower.digests().newest().isPresent());
            metadata.write(active.writer(), 25);
            DigestHistory.Digested last = active.digest();
            active = next.lead();
            assertThat(active.takeover().hot()).isTrue();
            assertThat(active.digest()).as("seed " + seed).isEqualTo(last);
            StateLoader truth = new StateLoader(active.session, PATHS);
            truth.read();
            StateComparison.assertSame(
                    active.takeover().followed().state(), truth.build().state(), "seed " + seed);
            metadata.write(active.writer(), 5);
        }
    }

    @Test
    void aNumberIsNotUsedAgainWhenSomebodyRemovedEntriesOrWhatSaysWhereTheyEnd() throws Exception {
        metadata.write(active.writer(), 150);
        try (ZooKeeper hand = zooKeeper.client()) {
            hand.delete(PATHS.oplogEntry(130), -1);
        }
        active = active().lead();
        assertThat(active.opLog().sequence()).isEqualTo(150);
        metadata.write(active.writer(), 1);
        try (ZooKeeper hand = zooKeeper.client()) {
            hand.delete(PATHS.oplogLatest(), -1);
        }
        active = active().lead();
        assertThat(active.opLog().sequence()).isEqualTo(151);
        metadata.write(active.writer(), 1);
        awaitEqual(standby());
    }
}
