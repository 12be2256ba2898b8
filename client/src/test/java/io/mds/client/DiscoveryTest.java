package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.client.testing.TestingMaster;
import io.mds.client.testing.TestingZooKeeper;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.znode.ActiveMaster;
import io.mds.znode.ZnodeJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DiscoveryTest extends ClusterTest {
    private static final String ACTIVE = "/mds/master/active";

    private TestingZooKeeper zooKeeper;
    private MdsClient found;

    @BeforeEach
    void startZooKeeper() {
        zooKeeper = new TestingZooKeeper();
        publish(cluster.master(0));
        found = MdsClient.connect(
                options().connect("zk://127.0.0.1:" + zooKeeper.port() + "/mds").build());
    }

    @AfterEach
    void stopZooKeeper() {
        found.close();
        zooKeeper.close();
    }

    private void publish(TestingMaster master) {
        cluster.activate(master);
        zooKeeper.put(
                ACTIVE,
                ZnodeJson.write(new ActiveMaster(
                        "m", master.address().host(), master.address().port(), 1, 1)));
    }

    @Test
    void theMasterIsFoundThroughZooKeeperWithOneSessionThatIsClosedAgain() {
        List<CompletableFuture<?>> calls = IntStream.range(0, 20)
                .<CompletableFuture<?>>mapToObj(i -> found.table("files").getAsync("/d" + i, "f"))
                .toList();
        calls.forEach(CompletableFuture::join);
        assertThat(found.listTables()).hasSize(1);
        assertThat(zooKeeper.sessions()).isEqualTo(1);
        await().until(() -> zooKeeper.closedSessions() == 1);
    }

    @Test
    void aNewActiveMasterIsFoundAfterTheOldOneDied() {
        assertThat(found.listTables()).hasSize(1);
        cluster.master(0).stop();
        zooKeeper.remove(ACTIVE);
        CompletableFuture<List<TableInfo>> list = found.listTablesAsync();
        publish(cluster.master(1));
        assertThat(list.join()).hasSize(1);
    }

    @Test
    void aSilentZooKeeperCostsNoMoreThanTheDeadline() {
        zooKeeper.silent(true);
        MdsException e = failure(() -> found.withTimeout(Duration.ofMillis(300)).listTables());
        assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
    }

    @Test
    void whatIsWrongIsTold() {
        // Longer than it takes until a search looks again without being told.
        Duration brief = Duration.ofSeconds(8);
        zooKeeper.remove(ACTIVE);
        assertFails(
                ErrorCode.DEADLINE_EXCEEDED,
                "no master is active now",
                () -> found.withTimeout(brief).listTables());
        zooKeeper.put(ACTIVE, "garbage".getBytes(StandardCharsets.UTF_8));
        assertFails(
                ErrorCode.DEADLINE_EXCEEDED,
                "not a ActiveMaster as JSON: 'garbage'",
                () -> found.withTimeout(brief).listTables());
        zooKeeper.forbid(ACTIVE);
        assertFails(
                ErrorCode.PERMISSION_DENIED,
                "name the masters instead: mds://",
                () -> found.withTimeout(brief).listTables());
    }

    @Test
    void withoutZooKeeperAKnownMasterAndKnownRoutesGoOn() {
        Table table = found.table("files");
        table.upsert(file("/etc", "hosts", 1));
        zooKeeper.close();
        assertThat(table.get("/etc", "hosts")).isPresent();
        assertThat(found.listTables()).hasSize(1);
    }
}
