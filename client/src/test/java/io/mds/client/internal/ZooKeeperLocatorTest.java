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

    private ZooKeeperLocator locator(Duration watch) {
        return new ZooKeeperLocator("127.0.0.1:" + zooKeeper.port(), "/mds", "locator", watch);
    }

    private static Deadline patience() {
        return Deadline.after(Duration.ofMinutes(1));
    }

    @Test
    void oneThatIsActiveIsNamedAtOnce() {
        publish(NEW);
        try (ZooKeeperLocator locator = locator(Duration.ofMinutes(1))) {
            assertThat(locator.locate(null, patience()).join()).isEqualTo(List.of(NEW));
            assertThat(locator.locate(DEAD, patience()).join()).isEqualTo(List.of(NEW));
        }
    }

    @Test
    void anotherThanTheUnreachableOneIsNamedWhenItIsThere() {
        publish(DEAD);
        try (ZooKeeperLocator locator = locator(Duration.ofMinutes(1))) {
            CompletableFuture<List<HostPort>> found = locator.locate(DEAD, patience());
            await().until(() -> zooKeeper.watches() == 1);
            assertThat(found).isNotDone();
            // As when its session ends and another takes over.
            zooKeeper.remove("/mds/master/active");
            await().until(() -> zooKeeper.watches() == 1);
            assertThat(found).isNotDone();
            publish(NEW);
            assertThat(found.join()).isEqualTo(List.of(NEW));
            assertThat(zooKeeper.sessions()).isEqualTo(1);
        }
    }

    @Test
    void theFirstIsNamedWhenItIsThere() {
        try (ZooKeeperLocator locator = locator(Duration.ofMinutes(1))) {
            CompletableFuture<List<HostPort>> found = locator.locate(null, patience());
            await().until(() -> zooKeeper.watches() == 1);
            publish(NEW);
            assertThat(found.join()).isEqualTo(List.of(NEW));
        }
    }

    @Test
    void theUnreachableOneIsNamedAgainWhenNoOtherComes() {
        publish(DEAD);
        try (ZooKeeperLocator locator = locator(Duration.ofMillis(50))) {
            assertThat(locator.locate(DEAD, patience()).join()).isEqualTo(List.of(DEAD));
        }
    }
}
