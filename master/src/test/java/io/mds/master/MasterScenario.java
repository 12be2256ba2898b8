package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.master.election.MasterInfo;
import io.mds.master.election.MasterState;
import io.mds.master.oplog.DigestHistory;
import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingConnection;
import io.mds.master.testing.TestingRegion;
import io.mds.master.testing.TestingZooKeeper;
import io.mds.master.testing.TestingZooKeeperProxy;
import io.mds.proto.CreateTableRequest;
import io.mds.proto.DropTableRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.GetRoutesRequest;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.TableRoute;
import io.mds.proto.TableSchema;
import io.mds.table.ColumnType;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;

/** Masters on a real ZooKeeper, with regions and clients that are doubles. */
abstract class MasterScenario {
    static final ZnodePaths PATHS = new ZnodePaths("/mds");

    final TestingZooKeeper zooKeeper = TestingZooKeeper.start();
    final List<MasterCore> masters = new ArrayList<>();
    /** What stands between masters and ZooKeeper; open until every master has come to the active one's state. */
    private final List<TestingZooKeeperProxy> proxies = new ArrayList<>();

    @AfterEach
    void close() {
        try {
            assertSameState();
        } finally {
            masters.forEach(MasterCore::close);
            proxies.forEach(TestingZooKeeperProxy::close);
            zooKeeper.close();
        }
    }

    /** Whatever a test has done, its standbys end with what its active master has. */
    private void assertSameState() {
        Optional<ControlPlane> plane = masters.stream()
                .filter(MasterCore::isActive)
                .findFirst()
                .map(master -> master.service().active());
        if (plane.isEmpty()) {
            return;
        }
        for (MasterCore standby : masters) {
            if (standby.state() == MasterState.STANDBY) {
                await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                    DigestHistory.Digested mine = plane.get().digests().newest().orElseThrow(AssertionError::new);
                    assertThat(standby.follower().digests().at(mine.sequence()))
                            .as("what a standby has at the active master's entry " + mine.sequence())
                            .contains(mine);
                });
            }
        }
    }

    TestingZooKeeperProxy proxy() {
        TestingZooKeeperProxy proxy = new TestingZooKeeperProxy(zooKeeper);
        proxies.add(proxy);
        return proxy;
    }

    MasterCore master(String id) {
        return master(MasterConfigs.config(zooKeeper, id));
    }

    MasterCore master(MasterConfig config) {
        MasterCore master = new MasterCore(config);
        master.start(new MasterInfo(config.id(), "127.0.0.1", 7000 + masters.size(), 0));
        masters.add(master);
        return master;
    }

    static MasterCore active(MasterCore master) {
        await().atMost(Duration.ofSeconds(20)).until(master::isActive);
        return master;
    }

    static TestingRegion join(MasterCore master, TestingRegion region) {
        region.register(master.service(), master.service());
        region.beat();
        return region;
    }

    static TestingConnection client(MasterCore master) {
        return new TestingConnection(
                master.service(), master.service(), Role.CLIENT, "client", (from, request, reply, deadline) -> {});
    }

    static TableSchema schema(String name, int shards) {
        return io.mds.table.TableSchema.named(name)
                .column("dir", ColumnType.STRING)
                .column("name", ColumnType.STRING)
                .nullableColumn("size", ColumnType.INT64)
                .primaryKey("dir", "name")
                .partitionBy("dir")
                .shards(shards)
                .replicas(3)
                .build()
                .toProto();
    }

    static Request.Builder create(String name, int shards) {
        return Request.newBuilder()
                .setCreateTable(CreateTableRequest.newBuilder().setSchema(schema(name, shards)));
    }

    static Request.Builder drop(String name) {
        return Request.newBuilder().setDropTable(DropTableRequest.newBuilder().setName(name));
    }

    static GetRoutesReply routes(TestingConnection client, String table, long known, boolean subscribe) {
        return client.ask(Request.newBuilder()
                        .setGetRoutes(GetRoutesRequest.newBuilder()
                                .addTables(GetRoutesRequest.Known.newBuilder()
                                        .setTable(table)
                                        .setVersion(known))
                                .setSubscribe(subscribe)))
                .getGetRoutes();
    }

    static TableRoute createTable(MasterCore master, String name, int shards) {
        return client(master).ask(create(name, shards)).getCreateTable().getRoute();
    }

    <T extends Record> T read(String path, Class<T> type) throws Exception {
        var found = masters.get(masters.size() - 1).session().read(path);
        return found == null ? null : ZnodeJson.read(path, found.value(), type);
    }

    static void assertFails(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, ErrorCode code, String text) {
        assertThatThrownBy(call).isInstanceOfSatisfying(MdsException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.getMessage()).contains(text);
        });
    }
}
