package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.client.internal.ReconnectPacer;
import io.mds.client.testing.TestingMaster;
import io.mds.client.testing.TestingZooKeeper;
import io.mds.proto.GetRoutesReply;
import io.mds.znode.ActiveMaster;
import io.mds.znode.ZnodeJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many clients lose their master, of which ZooKeeper knows some time later only, and all hear of the next one at once. */
class ReconnectTest extends ClusterTest {
    private static final int CLIENTS = 200;
    private static final int TENTHS = 10;
    private static final String ACTIVE = "/mds/master/active";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final List<MdsClient> clients = new ArrayList<>();
    private TestingZooKeeper zooKeeper;

    @BeforeEach
    void startZooKeeper() {
        zooKeeper = new TestingZooKeeper();
        publish(cluster.master(0), 1);
    }

    @AfterEach
    void stopZooKeeper() {
        clients.forEach(MdsClient::close);
        zooKeeper.close();
    }

    private void publish(TestingMaster master, long epoch) {
        cluster.activate(master);
        zooKeeper.put(
                ACTIVE,
                ZnodeJson.write(new ActiveMaster(
                        "m", master.address().host(), master.address().port(), 1, epoch)));
    }

    private void connect(int count) {
        for (int i = 0; i < count; i++) {
            MdsClient client = MdsClient.connect(options()
                    .connect("zk://127.0.0.1:" + zooKeeper.port() + "/mds")
                    .timeout(PATIENCE)
                    .eventLoopThreads(1)
                    .build());
            clients.add(client);
            var unused = client.table("files").get("/d", "f");
        }
        await().atMost(PATIENCE).until(() -> zooKeeper.closedSessions() == count);
    }

    /** All of them search and wait; the one that went is tried in vain for longer than once. */
    private void loseTheMaster() {
        cluster.master(0).stop();
        await().atMost(PATIENCE).until(() -> zooKeeper.watches() == clients.size());
        long lookedAt = zooKeeper.reads();
        await().atMost(PATIENCE).until(() -> zooKeeper.reads() > lookedAt + 2L * clients.size());
        zooKeeper.remove(ACTIVE);
        await().atMost(PATIENCE).until(() -> zooKeeper.watches() == clients.size());
    }

    @Test
    void clientsOfWhichNoCallWaitsComeSpreadOutWithOneSessionEachAndAreToldThatTheyAreCurrent() {
        connect(CLIENTS);
        int sessions = zooKeeper.sessions();
        loseTheMaster();
        TestingMaster next = cluster.master(1);
        long published = System.nanoTime();
        publish(next, 2);
        await().atMost(PATIENCE).until(() -> next.subscriberCount() == CLIENTS);

        long tenth = ReconnectPacer.SPREAD.toNanos() / TENTHS;
        // A slow machine makes some later still: that is no stampede.
        int[] inTenth = new int[TENTHS];
        for (long arrival : next.arrivals()) {
            long at = (arrival - published) / tenth;
            if (at < TENTHS) {
                inTenth[(int) at]++;
            }
        }
        assertThat(IntStream.of(inTenth).max().orElseThrow()).isLessThanOrEqualTo(CLIENTS / 3);
        // On a busy machine some get no answer in time, and come once more.
        assertThat(next.routesTold())
                .hasSizeBetween(CLIENTS, CLIENTS + CLIENTS / 10)
                .allMatch(told -> told.equals(
                        GetRoutesReply.newBuilder().addCurrent("files").build()));
        assertThat(zooKeeper.sessions() - sessions).isLessThanOrEqualTo(CLIENTS + CLIENTS / 10);
        await().atMost(PATIENCE).until(() -> zooKeeper.closedSessions() == zooKeeper.sessions());
    }

    @Test
    void callsThatWaitOrComeDuringThePauseAreNotHeldUp() {
        connect(12);
        loseTheMaster();
        List<CompletableFuture<?>> calls = new ArrayList<>();
        clients.subList(0, 6).forEach(client -> calls.add(client.listTablesAsync()));
        long published = System.nanoTime();
        publish(cluster.master(1), 2);
        clients.subList(6, 12).forEach(client -> calls.add(client.listTablesAsync()));
        calls.forEach(CompletableFuture::join);
        // Twelve that take their time are hardly ever all in the first three quarters of the spread.
        assertThat(System.nanoTime() - published).isLessThan(ReconnectPacer.SPREAD.toNanos() / 4 * 3);
    }
}
