package io.mds.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.client.testing.TestingZooKeeper;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.znode.ActiveMaster;
import io.mds.znode.ZnodeJson;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ZooKeeperLocatorTest {
    private static final HostPort DEAD = new HostPort("127.0.0.1", 1);
    private static final HostPort NEW = new HostPort("127.0.0.1", 2);

    private final TestingZooKeeper zooKeeper = new TestingZooKeeper();

    @AfterEach
    void stop() {
        zooKeeper.close();
    }

    private void publish(HostPort master) {
        zooKeeper.put("/mds/master/active", ZnodeJson.write(new ActiveMaster("m", master.host(), master.port(), 1, 1)));
    }

    private ZooKeeperLocator locator(Duration retry) {
        return new ZooKeeperLocator("127.0.0.1:" + zooKeeper.port(), "/mds", "locator", new Backoff(retry, retry));
    }

    private static Deadline patience() {
        return Deadline.after(Duration.ofMinutes(1));
    }

    private static MasterSearch.Found next(MasterSearch search) {
        return search.next(patience()).join();
    }

    @Test
    void oneThatIsActiveIsNamedAtOnce() {
        publish(NEW);
        try (ZooKeeperLocator locator = locator(Duration.ofMinutes(1));
                MasterSearch search = locator.search()) {
            assertThat(next(search)).isEqualTo(new MasterSearch.Found(List.of(NEW), false));
        }
        await().until(() -> zooKeeper.closedSessions() == 1);
    }

    @Test
    void anotherThanTheUnreachableOneIsNamedWhenItIsThere() {
        publish(DEAD);
        try (ZooKeeperLocator locator = locator(Duration.ofMinutes(1));
                MasterSearch search = locator.search()) {
            assertThat(next(search).addresses()).containsExactly(DEAD);
            CompletableFuture<MasterSearch.Found> found = search.next(patience());
            await().until(() -> zooKeeper.watches() == 1);
            assertThat(found).isNotDone();
            // As when its session ends and another takes over.
            zooKeeper.remove("/mds/master/active");
            await().until(() -> zooKeeper.watches() == 1 && search.obstacle() != null);
            assertThat(found).isNotDone();
            assertThat(search.obstacle()).contains("no master is active now");
            publish(NEW);
            assertThat(found.join()).isEqualTo(new MasterSearch.Found(List.of(NEW), true));
            assertThat(zooKeeper.sessions()).isEqualTo(1);
        }
    }

    @Test
    void oneThatComesBackAtItsAddressInALaterEpochIsNews() {
        publish(DEAD);
        try (ZooKeeperLocator locator = locator(Duration.ofMinutes(1));
                MasterSearch search = locator.search()) {
            next(search);
            zooKeeper.put("/mds/master/active", ZnodeJson.write(new ActiveMaster("m", DEAD.host(), DEAD.port(), 1, 2)));
            assertThat(next(search)).isEqualTo(new MasterSearch.Found(List.of(DEAD), true));
        }
    }

    @Test
    void theFirstIsNamedWhenItIsThere() {
        try (ZooKeeperLocator locator = locator(Duration.ofMinutes(1));
                MasterSearch search = locator.search()) {
            CompletableFuture<MasterSearch.Found> found = search.next(patience());
            await().until(() -> zooKeeper.watches() == 1);
            publish(NEW);
            assertThat(found.join().addresses()).containsExactly(NEW);
        }
    }

    @Test
    void theUnreachableOneIsNamedAgainAfterAWhileInTheSameSession() {
        publish(DEAD);
        try (ZooKeeperLocator locator = locator(Duration.ofMillis(50));
                MasterSearch search = locator.search()) {
            for (int i = 0; i < 5; i++) {
                assertThat(next(search)).isEqualTo(new MasterSearch.Found(List.of(DEAD), false));
            }
            assertThat(zooKeeper.sessions()).isEqualTo(1);
        }
        await().until(() -> zooKeeper.closedSessions() == 1);
    }

    @Test
    void aSearchThatIsGivenUpEndsAtOnceAndClosesItsSession() {
        try (ZooKeeperLocator locator = locator(Duration.ofMinutes(1))) {
            CompletableFuture<MasterSearch.Found> found = locator.search().next(patience());
            await().until(() -> zooKeeper.watches() == 1);
            locator.close();
            assertThat(found).isCompletedExceptionally();
            await().until(() -> zooKeeper.closedSessions() == 1);
        }
    }
}
