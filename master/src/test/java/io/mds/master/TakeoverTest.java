package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.master.testing.TestingConnection;
import io.mds.master.testing.TestingRegion;
import io.mds.proto.ClusterStatusRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.HeartbeatRequest;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.rpc.Deadline;
import io.mds.znode.TableRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TakeoverTest extends MasterScenario {
    @Test
    void aStandbySendsEverybodyToTheActiveMaster() {
        MasterCore first = active(master("m1"));
        MasterCore standby = master("m2");
        await().until(() -> standby.otherActiveMaster() != null);
        assertThatThrownBy(() -> routes(client(standby), "files", 0, false))
                .isInstanceOfSatisfying(MdsException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.NOT_LEADER);
                    assertThat(e.activeMaster().orElseThrow().getPort()).isEqualTo(7000);
                    assertThat(e.isRetryable()).isTrue();
                });
        assertThat(first.otherActiveMaster()).isNull();
    }

    @Test
    void afterTheActiveMasterIsKilledTheStandbyTakesOverAndCreatesTables() {
        MasterCore first = active(master("m1"));
        TestingRegion a = join(first, new TestingRegion(8001));
        createTable(first, "before", 2);
        MasterCore second = master("m2");
        await().until(() -> second.otherActiveMaster() != null);
        first.halt();
        masters.remove(first);
        active(second);
        join(second, a);
        assertThat(a.id()).isEqualTo(1);
        assertThat(createTable(second, "after", 2).getShardsList()).hasSize(2);
        assertThat(routes(client(second), "before", 0, false).getRoutesList()).hasSize(1);
    }

    @Test
    void aMasterThatIsCutOffStopsAnsweringBeforeAnotherServesAndChangesNothingAfterwards() throws Exception {
        MasterCore first = active(master("m1"));
        TestingRegion region = join(first, new TestingRegion(8001));
        createTable(first, "files", 1);
        ControlPlane old = first.service().active();
        MasterCore second = master("m2");
        await().until(() -> second.otherActiveMaster() != null);
        // No event tells the first one: its connection is silent, as after a stop of the process.
        first.session().abandon();
        boolean bothAnswered = false;
        while (!second.isActive()) {
            Thread.sleep(5);
            bothAnswered |= old.leadership().isValid() && second.isActive();
        }
        assertThat(bothAnswered).isFalse();
        assertThat(old.leadership().isValid()).isFalse();
        assertFails(() -> routes(client(first), "files", 0, false), ErrorCode.NOT_LEADER, "not active");
        assertThatThrownBy(
                        () -> old.writer().write("late", List.of(org.apache.zookeeper.Op.delete("/mds/shards/1", -1))))
                .isInstanceOf(MdsException.class);
        join(second, region);
        assertThat(routes(client(second), "files", 0, false).getRoutesList()).hasSize(1);
    }

    @Test
    void aCreationLeftUnfinishedIsFinishedByTheNextMaster() throws Exception {
        takeOverDuring(
                region -> region.opens(false),
                client -> client.askAsync(create("files", 4), Deadline.after(Duration.ofSeconds(20))),
                "CREATING");
        MasterCore second = masters.get(0);
        await().atMost(Duration.ofSeconds(10))
                .until(() ->
                        read("/mds/tables/files", TableRecord.class).state().equals("ACTIVE"));
        assertThat(routes(client(second), "files", 0, false).getRoutes(0).getShardsList())
                .hasSize(4);
    }

    @Test
    void aDropLeftUnfinishedIsFinishedByTheNextMaster() throws Exception {
        MasterCore first = active(master("m1"));
        TestingRegion region = join(first, new TestingRegion(8001));
        createTable(first, "files", 4);
        // The region holds on to a shard, so that the drop does not finish.
        TestingConnection stubborn = new TestingConnection(
                first.service(), first.service(), Role.REGION, "stubborn", (from, request, reply, deadline) -> {});
        stubborn.ask(Request.newBuilder().setRegister(region.registration()));
        stubborn.ask(Request.newBuilder()
                .setHeartbeat(HeartbeatRequest.newBuilder()
                        .setRegionId(1)
                        .setSequence(1)
                        .setFull(true)
                        .addAllShards(region.shards().values())));
        CompletableFuture<Reply> answer = client(first).askAsync(drop("files"), Deadline.after(Duration.ofSeconds(20)));
        await().until(() -> read("/mds/tables/files", TableRecord.class).state().equals("DROPPING"));
        MasterCore second = master("m2");
        first.close();
        masters.remove(first);
        assertThatThrownBy(answer::get)
                .hasCauseInstanceOf(MdsException.class)
                .satisfies(
                        e -> assertThat(((MdsException) e.getCause()).outcome()).isEqualTo(Outcome.UNKNOWN));
        active(second);
        join(second, region);
        await().atMost(Duration.ofSeconds(10)).until(() -> read("/mds/tables/files", TableRecord.class) == null);
        await().untilAsserted(() -> assertThat(region.shards()).isEmpty());
        assertThat(second.session().exists(PATHS.shard(new ShardId(1)))).isNull();
    }

    /** Starts a change, waits until it is recorded, and hands over to another master before it is finished. */
    private void takeOverDuring(
            java.util.function.Consumer<TestingRegion> hinder,
            Function<TestingConnection, CompletableFuture<Reply>> change,
            String recorded)
            throws Exception {
        MasterCore first = active(master("m1"));
        TestingRegion region = join(first, new TestingRegion(8001));
        hinder.accept(region);
        CompletableFuture<Reply> answer = change.apply(client(first));
        await().until(() -> {
            TableRecord table = read("/mds/tables/files", TableRecord.class);
            return table != null && table.state().equals(recorded);
        });
        MasterCore second = master("m2");
        first.close();
        masters.remove(first);
        assertThat(answer).completesExceptionallyWithin(Duration.ofSeconds(5));
        active(second);
        region.opens(true);
        join(second, region);
    }

    @Test
    void whileZooKeeperIsAwayRoutesAreAnsweredForATimeAndChangesAreRefusedAsRetryable() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        createTable(master, "files", 1);
        TestingConnection client = client(master);
        zooKeeper.stopServer();
        await().until(() -> !master.leadership().mayWrite());
        assertThat(routes(client, "files", 0, false).getRoutesList()).hasSize(1);
        assertThatThrownBy(() -> client.ask(create("more", 1))).isInstanceOfSatisfying(MdsException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(e.isRetryable()).isTrue();
            assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        });
        await().atMost(Duration.ofSeconds(10)).until(() -> !master.isActive());
        assertFails(() -> routes(client, "files", 0, false), ErrorCode.NOT_LEADER, "not active");
        zooKeeper.startServer();
        // A read that began before ZooKeeper went may fail after it is back; the master starts over, and a region tries
        // again.
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptionsMatching(e -> e instanceof MdsException refusal && refusal.isRetryable())
                .until(() -> master.isActive() && join(master, a).id() == 1);
        assertThat(createTable(master, "more", 1).getShardsList()).hasSize(1);
    }

    @Test
    void clusterStatusTellsOfMastersRegionsAndShards() {
        MasterCore master = active(master("m1"));
        master("m2");
        await().until(() -> masters.get(1).otherActiveMaster() != null);
        TestingRegion a = join(master, new TestingRegion(8001));
        createTable(master, "files", 3);
        var status = client(master)
                .ask(Request.newBuilder()
                        .setClusterStatus(ClusterStatusRequest.newBuilder().setShards(true)))
                .getClusterStatus();
        assertThat(status.getMastersList()).hasSize(2);
        assertThat(status.getRegions(0).getState()).isEqualTo("LIVE");
        assertThat(status.getShardsList())
                .hasSize(3)
                .allSatisfy(s -> assertThat(s.getServing()).isTrue());
        assertThat(status.getUnavailableShards()).isZero();
        a.disconnect();
        await().until(() -> client(master)
                        .ask(Request.newBuilder().setClusterStatus(ClusterStatusRequest.getDefaultInstance()))
                        .getClusterStatus()
                        .getUnavailableShards()
                == 3);
    }
}
