package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mds.master.election.MasterInfo;
import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingConnection;
import io.mds.master.testing.TestingRegion;
import io.mds.master.testing.TestingZooKeeper;
import io.mds.proto.CreateTableRequest;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every znode of a running cluster, touched by plain ZooKeeper clients that have no business there. */
class AccessControlTest {
    private final TestingZooKeeper zooKeeper = TestingZooKeeper.start();
    private final List<MasterCore> masters = new ArrayList<>();

    @AfterEach
    void close() {
        masters.forEach(MasterCore::close);
        zooKeeper.close();
    }

    /** Of regions that do not beat here none is to die, however long it takes to look at all znodes. */
    private MasterConfig config(String id) {
        return MasterConfigs.config(zooKeeper, id, Duration.ofMinutes(2), Duration.ofSeconds(20));
    }

    private MasterCore start(MasterConfig config) {
        MasterCore master = new MasterCore(config);
        masters.add(master);
        master.start(new MasterInfo(config.id(), "127.0.0.1", 7000 + masters.size(), 0));
        return master;
    }

    private TestingRegion[] cluster(MasterConfig config, MasterConfig standbyConfig) {
        MasterCore active = start(config);
        await().atMost(Duration.ofSeconds(20)).until(active::isActive);
        MasterCore standby = start(standbyConfig);
        await().atMost(Duration.ofSeconds(20)).until(() -> standby.otherActiveMaster() != null);
        TestingRegion a = new TestingRegion(8001);
        TestingRegion b = new TestingRegion(8003);
        for (TestingRegion region : List.of(a, b)) {
            region.register(active.service(), active.service());
            region.beat();
        }
        TableSchema schema = TableSchema.named("files")
                .column("id", ColumnType.INT64)
                .primaryKey("id")
                .shards(2)
                .build();
        new TestingConnection(active.service(), active.service(), Role.CLIENT, "client", (f, r, re, d) -> {})
                .ask(Request.newBuilder()
                        .setCreateTable(CreateTableRequest.newBuilder().setSchema(schema.toProto())));
        return new TestingRegion[] {a, b};
    }

    private static List<String> allBelow(ZooKeeper client, String path) throws Exception {
        List<String> all = new ArrayList<>();
        all.add(path);
        for (String child : client.getChildren(path, false)) {
            all.addAll(allBelow(client, path + "/" + child));
        }
        return all;
    }

    private static void assertNoAuth(String what, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).as(what).isInstanceOf(KeeperException.NoAuthException.class);
    }

    @Test
    void nobodyAndOtherRegionsGetNoAuthOnEveryZnodeOfTheTable() throws Exception {
        TestingRegion[] regions = cluster(config("m1"), config("m2"));
        String owner = regions[0].registered().getCredential();
        String stranger = regions[1].registered().getCredential();
        try (ZooKeeper region = zooKeeper.client(owner);
                ZooKeeper nobody = zooKeeper.client();
                ZooKeeper other = zooKeeper.client(stranger)) {
            region.create(
                    "/mds/regions/1/session",
                    "{}".getBytes(StandardCharsets.UTF_8),
                    sessionAcl(owner),
                    CreateMode.EPHEMERAL);
            List<String> znodes = allBelow(nobody, "/mds");
            assertThat(znodes)
                    .contains(
                            "/mds",
                            "/mds/cluster",
                            "/mds/ids",
                            "/mds/master",
                            "/mds/master/latch",
                            "/mds/master/epoch",
                            "/mds/master/active",
                            "/mds/master/standbys/m2",
                            "/mds/identities",
                            "/mds/identities/" + regions[0].identity,
                            "/mds/regions",
                            "/mds/regions/1",
                            "/mds/regions/1/session",
                            "/mds/tables/files",
                            "/mds/shards/1",
                            "/mds/procedures",
                            "/mds/config")
                    .anyMatch(path -> path.startsWith("/mds/master/latch/"));
            for (ZooKeeper client : List.of(nobody, other)) {
                String who = client == nobody ? "nobody" : "another region";
                for (String path : znodes) {
                    if (client == other && path.equals("/mds/regions/2")) {
                        continue;
                    }
                    String what = who + " on " + path;
                    client.getData(path, false, null);
                    assertNoAuth("write: " + what, () -> client.setData(path, new byte[0], -1));
                    assertNoAuth("acl: " + what, () -> client.setACL(path, ZooDefs.Ids.OPEN_ACL_UNSAFE, -1));
                    boolean ephemeral = client.exists(path, false).getEphemeralOwner() != 0;
                    if (!ephemeral) {
                        assertNoAuth(
                                "create: " + what,
                                () -> client.create(
                                        path + "/intruder",
                                        new byte[0],
                                        ZooDefs.Ids.OPEN_ACL_UNSAFE,
                                        CreateMode.PERSISTENT));
                    }
                    if (!path.equals("/mds")) {
                        assertNoAuth("delete: " + what, () -> client.delete(path, -1));
                    }
                }
            }
        }
    }

    @Test
    void aRegionMayWriteItsOwnZnodeAndNothingElse() throws Exception {
        TestingRegion[] regions = cluster(config("m1"), config("m2"));
        String owner = regions[0].registered().getCredential();
        try (ZooKeeper region = zooKeeper.client(owner)) {
            byte[] own = region.getData("/mds/regions/1", false, null);
            region.setData("/mds/regions/1", own, -1);
            region.create("/mds/regions/1/session", new byte[0], sessionAcl(owner), CreateMode.EPHEMERAL);
            region.delete("/mds/regions/1/session", -1);
            assertNoAuth("its own ACL", () -> region.setACL("/mds/regions/1", ZooDefs.Ids.OPEN_ACL_UNSAFE, -1));
            assertNoAuth("itself", () -> region.delete("/mds/regions/1", -1));
            assertNoAuth("its table", () -> region.setData("/mds/tables/files", new byte[0], -1));
        }
    }

    @Test
    void anotherMasterMayNotChangeThePublicationOfThisInstance() throws Exception {
        cluster(config("m1"), config("m2"));
        try (ZooKeeper master = zooKeeper.client("mds-master:" + MasterConfigs.SECRET)) {
            assertNoAuth("active", () -> master.setData("/mds/master/active", new byte[0], -1));
            assertNoAuth("standby", () -> master.setData("/mds/master/standbys/m2", new byte[0], -1));
        }
    }

    @Test
    void withoutWorldReadStrangersReadWhereTheActiveMasterAnswersAndNothingElse() throws Exception {
        cluster(hidden("m1"), hidden("m2"));
        String active = "/mds/master/active";
        try (ZooKeeper master = zooKeeper.client("mds-master:" + MasterConfigs.SECRET);
                ZooKeeper nobody = zooKeeper.client()) {
            assertThat(allBelow(master, "/mds")).contains(active, "/mds/master/standbys/m2", "/mds/regions/1");
            for (String path : allBelow(master, "/mds")) {
                if (path.equals(active)) {
                    assertThat(new String(nobody.getData(path, false, null), StandardCharsets.UTF_8))
                            .contains("\"id\":\"m1\"", "7001");
                } else {
                    assertNoAuth("read: " + path, () -> nobody.getData(path, false, null));
                    assertNoAuth("list: " + path, () -> nobody.getChildren(path, false));
                }
                assertNoAuth("write: " + path, () -> nobody.setData(path, new byte[0], -1));
            }
            assertNoAuth("acl: " + active, () -> nobody.setACL(active, ZooDefs.Ids.OPEN_ACL_UNSAFE, -1));
            assertNoAuth("delete: " + active, () -> nobody.delete(active, -1));
        }
    }

    @Test
    void noSecretIsInAnyZnode() throws Exception {
        TestingRegion[] regions = cluster(config("m1"), config("m2"));
        String password = regions[0].registered().getCredential().split(":", 2)[1];
        try (ZooKeeper nobody = zooKeeper.client()) {
            for (String path : allBelow(nobody, "/mds")) {
                Stat stat = new Stat();
                byte[] found = nobody.getData(path, false, stat);
                String data = new String(found == null ? new byte[0] : found, StandardCharsets.UTF_8);
                assertThat(data)
                        .as(path)
                        .doesNotContain(MasterConfigs.SECRET, password, "secret of " + regions[0].identity);
            }
        }
    }

    private MasterConfig hidden(String id) {
        MasterConfig c = MasterConfigs.config(zooKeeper, id);
        return new MasterConfig(
                c.zooKeeperConnect(),
                c.zooKeeperRoot(),
                c.aclSecret(),
                false,
                c.sessionTimeout(),
                c.connectionTimeout(),
                c.bind(),
                c.advertisedHost(),
                c.advertisedPort(),
                c.adminBind(),
                c.rpc(),
                c.id(),
                c.heartbeatInterval(),
                c.regionDeadAfter(),
                c.procedureTimeout(),
                c.repairCopies(),
                c.rebalanceInterval(),
                c.ddlQueue(),
                c.opLogRetention(),
                c.requestQueue());
    }

    /** As a region does it: itself all, world read. */
    private static List<ACL> sessionAcl(String credential) throws Exception {
        String digest = org.apache.zookeeper.server.auth.DigestAuthenticationProvider.generateDigest(credential);
        return Arrays.asList(
                new ACL(ZooDefs.Perms.ALL, new org.apache.zookeeper.data.Id("digest", digest)),
                new ACL(ZooDefs.Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE));
    }
}
