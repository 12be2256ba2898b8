package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.client.MdsClient;
import io.mds.client.Row;
import io.mds.client.Table;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.NoAuthException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;

/** A cluster with a secret, and plain ZooKeeper clients that have no business in it. */
class AccessIT {
    private static final int SESSION_MS = 10_000;

    private static ZooKeeper connect(MdsCluster cluster, String digest) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(cluster.zooKeeper().connectString(), SESSION_MS, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        if (!digest.isEmpty()) {
            client.addAuthInfo("digest", digest.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(connected.await(SESSION_MS, TimeUnit.MILLISECONDS)).isTrue();
        return client;
    }

    private static List<String> allBelow(ZooKeeper client, String path) throws Exception {
        List<String> all = new ArrayList<>(List.of(path));
        for (String child : client.getChildren(path, false)) {
            all.addAll(allBelow(client, path + "/" + child));
        }
        return all;
    }

    @Test
    void strangersReadEverythingAndChangeNothing() throws Exception {
        try (MdsCluster cluster =
                MdsCluster.builder().masters(2).regions(2).secret("access-test").start()) {
            MdsClient client = cluster.client();
            client.createTable(ClusterIT.files());
            try (ZooKeeper nobody = connect(cluster, "");
                    ZooKeeper guesser = connect(cluster, "region-1:guess")) {
                List<String> znodes = allBelow(nobody, "/mds");
                assertThat(znodes)
                        .contains("/mds/master/active", "/mds/tables/files", "/mds/regions/1/session")
                        .anyMatch(path -> path.startsWith("/mds/master/standbys/"));
                for (ZooKeeper stranger : List.of(nobody, guesser)) {
                    for (String path : znodes) {
                        assertThat(stranger.getData(path, false, null)).as(path).isNotNull();
                        denied("write " + path, () -> stranger.setData(path, new byte[0], -1));
                        denied("acl " + path, () -> stranger.setACL(path, ZooDefs.Ids.OPEN_ACL_UNSAFE, -1));
                        if (stranger.exists(path, false).getEphemeralOwner() == 0) {
                            denied(
                                    "create in " + path,
                                    () -> stranger.create(
                                            path + "/intruder",
                                            new byte[0],
                                            ZooDefs.Ids.OPEN_ACL_UNSAFE,
                                            CreateMode.PERSISTENT));
                        }
                        if (!path.equals("/mds")) {
                            denied("delete " + path, () -> stranger.delete(path, -1));
                        }
                    }
                }
            }
        }
    }

    @Test
    void withoutWorldReadRegionsAndClientsFindTheMasterAndStrangersSeeNothingElse() throws Exception {
        try (MdsCluster cluster = MdsCluster.builder()
                .masters(2)
                .regions(2)
                .secret("access-test")
                .setOnMasters("zookeeper.world-read", "false")
                .start()) {
            assertThat(cluster.connectString()).startsWith("zk://");
            cluster.client().createTable(ClusterIT.files());
            useTable(cluster.client());
            try (ZooKeeper master = connect(cluster, "mds-master:access-test");
                    ZooKeeper nobody = connect(cluster, "")) {
                // A region cannot let masters alone read its session, since it does not know who they are.
                List<String> open = List.of("/mds/master/active", "/mds/regions/1/session", "/mds/regions/2/session");
                List<String> hidden = allBelow(master, "/mds");
                assertThat(hidden)
                        .containsAll(open)
                        .contains("/mds", "/mds/tables/files", "/mds/regions/1")
                        .anyMatch(path -> path.startsWith("/mds/master/standbys/"));
                hidden.removeAll(open);
                for (String path : open) {
                    assertThat(nobody.getData(path, false, null)).as(path).isNotEmpty();
                    denied("write " + path, () -> nobody.setData(path, new byte[0], -1));
                }
                for (String path : hidden) {
                    denied("read " + path, () -> nobody.getData(path, false, null));
                }
            }
            Member deposed = cluster.activeMaster();
            deposed.kill();
            Await.until("the other master is active", () -> cluster.activeMaster() != deposed);
            cluster.awaitReady();
            useTable(cluster.newClient());
        }
    }

    private static void useTable(MdsClient client) {
        Table files = client.table("files");
        files.upsert(Row.of("dir", "/etc", "name", "hosts", "size", 220L));
        assertThat(files.get("/etc", "hosts").orElseThrow().getLong("size")).isEqualTo(220);
    }

    private static void denied(String what, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).as(what).isInstanceOf(NoAuthException.class);
    }
}
