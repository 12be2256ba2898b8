package io.mds.master.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.master.testing.TestingZooKeeper;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AbandonableZooKeeperTest {
    private static final int SESSION_MS = 30_000;

    private final TestingZooKeeper zooKeeper = TestingZooKeeper.start();

    @AfterEach
    void stop() {
        zooKeeper.close();
    }

    @Test
    void itsSessionGoesOnWithoutItAndNobodyIsToldOfItsEnd() throws Exception {
        List<KeeperState> told = new CopyOnWriteArrayList<>();
        AbandonableZooKeeper abandoned = new AbandonableZooKeeper(
                zooKeeper.connectString(), SESSION_MS, event -> told.add(event.getState()), false);
        await().until(() -> told.contains(KeeperState.SyncConnected));
        abandoned.create("/held", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        abandoned.abandon();
        await().until(() -> !abandoned.getState().isAlive());
        assertThat(abandoned.close(SESSION_MS)).isTrue();
        assertThat(told).containsExactly(KeeperState.SyncConnected);
        try (ZooKeeper other = new ZooKeeper(zooKeeper.connectString(), SESSION_MS, (WatchedEvent event) -> {})) {
            assertThat(other.exists("/held", false)).isNotNull();
        }
    }
}
