package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingRegion;
import io.mds.master.testing.TestingZooKeeperProxy;
import io.mds.znode.ActiveMaster;
import io.mds.znode.RegionRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;

/** Whole masters whose watches are lost, doubled and late: they come to the same ends, only later. */
class WatchFaultsTest extends MasterScenario {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final long seed = Long.getLong("mds.seed", System.nanoTime());

    private MasterCore master(String id, TestingZooKeeperProxy proxy) {
        return master(MasterConfigs.config(proxy, id));
    }

    private static void awaitKnowsOf(MasterCore standby, String activeMaster) {
        await().atMost(PATIENCE).until(() -> {
            ActiveMaster known = standby.otherActiveMaster();
            return known != null && known.id().equals(activeMaster);
        });
    }

    @Test
    void aStandbyThatIsToldOfNothingFollowsAndLeadsAllTheSame() {
        MasterCore first = active(master("m1"));
        TestingRegion region = join(first, new TestingRegion(8001));
        TestingZooKeeperProxy deaf = proxy();
        deaf.loseWatches();
        MasterCore second = master("m2", deaf);
        awaitKnowsOf(second, "m1");
        createTable(first, "files", 2);
        await().atMost(PATIENCE).until(() -> second.appliedSequence() == first.appliedSequence());
        first.close();
        masters.remove(first);
        await().atMost(PATIENCE).until(second::isActive);
        join(second, region);
        assertThat(routes(client(second), "files", 0, false).getRoutesList()).hasSize(1);
        createTable(second, "more", 1);
    }

    @Test
    void takeoversAmongMastersWithFaultyWatchesLoseNothing() {
        Random random = new Random(seed);
        List<String> tables = new ArrayList<>();
        TestingRegion region = new TestingRegion(8001);
        for (int i = 0; i < 2; i++) {
            faulty("m" + i, random);
        }
        for (int takeover = 0; takeover < 4; takeover++) {
            await().atMost(PATIENCE).until(() -> masters.stream().anyMatch(MasterCore::isActive));
            MasterCore active =
                    masters.stream().filter(MasterCore::isActive).findFirst().orElseThrow();
            MasterCore standby =
                    masters.stream().filter(each -> each != active).findFirst().orElseThrow();
            join(active, region);
            tables.add("t" + takeover);
            createTable(active, "t" + takeover, 1);
            await("seed " + seed)
                    .atMost(PATIENCE)
                    .until(() -> standby.appliedSequence() == active.appliedSequence()
                            && standby.otherActiveMaster() != null);
            faulty("n" + takeover, random);
            active.close();
            masters.remove(active);
        }
        await().atMost(PATIENCE).until(() -> masters.stream().anyMatch(MasterCore::isActive));
        MasterCore last =
                masters.stream().filter(MasterCore::isActive).findFirst().orElseThrow();
        tables.forEach(table -> assertThat(routes(client(last), table, 0, false).getRoutesList())
                .as("seed " + seed)
                .hasSize(1));
    }

    private void faulty(String id, Random random) {
        TestingZooKeeperProxy proxy = proxy();
        proxy.faultyWatches(random.nextLong());
        master(id, proxy);
    }

    @Test
    void aRegionWhoseSessionEndsUnheardIsSuspectAfterTheNextLook() throws Exception {
        TestingZooKeeperProxy proxy = proxy();
        MasterCore master = active(master("m1", proxy));
        TestingRegion region = join(master, new TestingRegion(8001));
        String session = "/mds/regions/1/session";
        try (ZooKeeper hand = zooKeeper.client(region.registered().getCredential())) {
            hand.create(session, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
            // What is read through the same connection comes after the event, and what is done then after what it
            // causes.
            assertThat(master.session().exists(session)).isNotNull();
            CompletableFuture<Void> looked = new CompletableFuture<>();
            master.service().active().tasks().execute("look", () -> looked.complete(null));
            looked.join();
            proxy.loseWatches();
            hand.delete(session, -1);
        }
        await().atMost(PATIENCE)
                .until(() -> read("/mds/regions/1", RegionRecord.class).state().equals("SUSPECT"));
    }
}
