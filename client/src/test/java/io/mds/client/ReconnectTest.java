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
import java.util.stream.LongStream;
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
    private long epoch;

    @BeforeEach
    void startZooKeeper() {
        zooKeeper = new TestingZooKeeper();
        publish(cluster.master(0));
    }

    @AfterEach
    void stopZooKeeper() {
        clients.forEach(MdsClient::close);
        zooKeeper.close();
    }

    private void publish(TestingMaster master) {
        epoch++;
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

    private TestingMaster active() {
        return cluster.master((int) (epoch - 1) % 2);
    }

    private TestingMaster next() {
        return cluster.master((int) epoch % 2);
    }

    /** All of them search and wait; the one that went is tried in vain for longer than once. */
    private void loseTheMaster() {
        active().stop();
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
        TestingMaster next = next();
        long published = System.nanoTime();
        publish(next);
        await().atMost(PATIENCE).until(() -> next.subscriberCount() == CLIENTS);

        List<Long> arrivals = next.arrivals();
        for (int k = 1; k < TENTHS; k++) {
            // A slow machine makes some come later, and none earlier.
            long end = published + ReconnectPacer.SPREAD.toNanos() / TENTHS * k;
            assertThat(arrivals.stream().filter(arrival -> arrival - end < 0).count())
                    .as("arrivals in the first %d tenths", k)
                    .isLessThanOrEqualTo(CLIENTS * k / TENTHS + CLIENTS / 5);
        }
        // On a busy machine some connect too slowly, and come once more.
        assertThat(next.routesTold())
                .hasSizeBetween(CLIENTS, CLIENTS + CLIENTS / 10)
                .allMatch(told -> told.equals(
                        GetRoutesReply.newBuilder().addCurrent("files").build()));
        assertThat(zooKeeper.sessions() - sessions).isLessThanOrEqualTo(CLIENTS + CLIENTS / 10);
        await().atMost(PATIENCE).until(() -> zooKeeper.closedSessions() == zooKeeper.sessions());
    }

    @Test
    void callsThatWaitOrComeDuringThePauseAreNotHeldUp() {
        connect(24);
        // Of so many that take their time some come late, each time. A machine that stands still makes all late, once.
        long soon = ReconnectPacer.SPREAD.toNanos() / 4 * 3;
        assertThat(LongStream.generate(this::untilAllAreAnswered).limit(5).anyMatch(nanos -> nanos < soon))
                .isTrue();
    }

    /** How long the next active master takes to answer all clients, half of which wait when it comes. */
    private long untilAllAreAnswered() {
        loseTheMaster();
        int half = clients.size() / 2;
        List<CompletableFuture<?>> calls = new ArrayList<>();
        clients.subList(0, half).forEach(client -> calls.add(client.listTablesAsync()));
        long published = System.nanoTime();
        publish(next());
        clients.subList(half, clients.size()).forEach(client -> calls.add(client.listTablesAsync()));
        calls.forEach(CompletableFuture::join);
        long took = System.nanoTime() - published;
        // The one that went is the next.
        next().restart();
        await().atMost(PATIENCE).until(() -> zooKeeper.closedSessions() == zooKeeper.sessions());
        return took;
    }
}
