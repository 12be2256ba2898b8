package io.mds.master.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mds.error.MdsException;
import io.mds.id.Epoch;
import io.mds.master.testing.TestingZooKeeper;
import io.mds.master.testing.TestingZooKeeperProxy;
import io.mds.master.testing.TestingZooKeeperProxy.Moment;
import io.mds.proto.Outcome;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is said of a write whose master loses ZooKeeper in the middle of it. */
class MetadataWriterTest {
    private static final Duration SESSION = Duration.ofSeconds(1);
    private static final ZnodePaths PATHS = new ZnodePaths("/mds");
    private static final String WRITTEN = "/mds/written";

    private final TestingZooKeeper zooKeeper = TestingZooKeeper.start();
    private final TestingZooKeeperProxy proxy = new TestingZooKeeperProxy(zooKeeper);
    private final ZooKeeper other = zooKeeper.client();
    private final ZooKeeperSession session = ZooKeeperSession.start(
            proxy.connectString(), SESSION, Duration.ofSeconds(5), AccessControl.open(), new WriteCounters());

    @AfterEach
    void stop() throws InterruptedException {
        session.close();
        proxy.close();
        other.close();
        zooKeeper.close();
    }

    /** Has a write done that only creates, and is followed by a read of the zxid, while the requests are counted. */
    private void loseZooKeeperAt(int request, Moment moment) throws Exception {
        for (String path : List.of(PATHS.root(), PATHS.master(), PATHS.epoch())) {
            other.create(path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        }
        session.awaitConnected(Duration.ofSeconds(10));
        // What Curator asks of its own accord is through by then.
        for (int i = 0; i < 3; i++) {
            session.sync(PATHS.root());
        }
        proxy.dieAt(request, moment, () -> {});
        Leadership leadership = new Leadership(new Epoch(1), 0, 1, System.nanoTime(), SESSION, System::nanoTime);
        MetadataWriter writer = new MetadataWriter(session, leadership, PATHS, System::nanoTime);
        MdsException failure = catchThrowableOfType(
                MdsException.class,
                () -> writer.write(
                        "write",
                        List.of(Op.create(WRITTEN, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT))));
        assertThat(leadership.isRevoked()).isTrue();
        assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(other.exists(WRITTEN, false)).isNotNull();
    }

    @Test
    void aWriteWhoseAnswerIsLostIsOfUnknownOutcome() throws Exception {
        loseZooKeeperAt(1, Moment.AFTER);
    }

    @Test
    void aWriteThatWasDoneIsOfUnknownOutcomeWhenItsZxidCannotBeRead() throws Exception {
        loseZooKeeperAt(2, Moment.BEFORE);
    }
}
