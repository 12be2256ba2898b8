package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.master.testing.TestingConnection;
import io.mds.master.testing.TestingRegion;
import io.mds.proto.Address;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.GetRoutesRequest;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.RegionAddress;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.RouteDelta;
import io.mds.proto.RouteUpdate;
import io.mds.proto.ShardRoute;
import io.mds.proto.TableRoute;
import io.mds.proto.TransferLeaderRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RoutesTest extends MasterScenario {
    @Test
    void routeVersionsGrowAcrossTakeoversAndChangesArePushed() throws Exception {
        MasterCore first = active(master("m1"));
        TestingRegion a = join(first, new TestingRegion(8001));
        TableRoute before = createTable(first, "files", 2);
        first.close();
        masters.clear();

        MasterCore next = active(master("m2"));
        List<RouteUpdate> pushed = new CopyOnWriteArrayList<>();
        TestingConnection client = new TestingConnection(
                next.service(),
                next.service(),
                Role.CLIENT,
                "client",
                (from, request, reply, deadline) -> pushed.add(request.getRouteUpdate()));
        // Nothing changed, so the version is the same, and what the client has is current.
        assertThat(routes(client, "files", before.getVersion(), true).getCurrentList())
                .containsExactly("files");
        a.disconnect();
        TestingRegion moved = a;
        moved.connect(next.service(), next.service())
                .ask(Request.newBuilder()
                        .setRegister(moved.registration()
                                .setAddress(Address.newBuilder()
                                        .setHost("127.0.0.1")
                                        .setPort(8009))));
        await().until(() -> !pushed.isEmpty());
        TableRoute update = pushed.get(0).getRoutes(0);
        assertThat(update.getVersion()).isGreaterThan(before.getVersion());
        assertThat(update.getShards(0).getLeader().getAddress().getPort()).isEqualTo(8009);
        moved.beat();
        client(next).ask(drop("files"));
        await().until(() -> pushed.stream().anyMatch(u -> u.getDroppedList().contains("files")));
    }

    @Test
    void aRouteLosesItsLeaderWhenTheRegionDiesAndItsVersionGrows() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        TableRoute before = createTable(master, "files", 1);
        a.disconnect();
        await().atMost(Duration.ofSeconds(10)).until(() -> master.session().exists("/mds/regions/1") == null);
        TestingConnection client = client(master);
        await().until(() -> routes(client, "files", before.getVersion(), false).getRoutesCount() == 1);
        TableRoute after = routes(client, "files", before.getVersion(), false).getRoutes(0);
        assertThat(after.getShards(0).hasLeader()).isFalse();

        MasterCore next = master("m2");
        master.close();
        masters.remove(master);
        active(next);
        TestingConnection other = client(next);
        assertThat(routes(other, "files", after.getVersion(), false).getCurrentList())
                .containsExactly("files");
        join(next, a);
        TableRoute again = routes(other, "files", after.getVersion(), false).getRoutes(0);
        assertThat(again.getVersion()).isGreaterThan(after.getVersion());
        assertThat(again.getShards(0).getLeader().getRegionId()).isEqualTo(1);
    }

    @Test
    void whoUnderstandsDeltasIsToldOfTheShardsThatChangedAndOfAllThatItMissedInOneAnswer() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        TestingRegion b = join(master, new TestingRegion(8002));
        TableRoute before = createTable(master, "files", 6);
        a.beat();
        b.beat();
        List<RouteUpdate> deltas = new CopyOnWriteArrayList<>();
        List<RouteUpdate> full = new CopyOnWriteArrayList<>();
        routes(subscriber(master, deltas), before.getVersion(), true, true);
        routes(subscriber(master, full), before.getVersion(), true, false);

        long moved = transfer(master, before.getShards(0));
        await().until(() -> !deltas.isEmpty() && !full.isEmpty());
        RouteDelta delta = deltas.get(0).getDeltas(0);
        assertThat(delta.getBaseVersion()).isEqualTo(before.getVersion());
        assertThat(delta.getShardsList()).singleElement().satisfies(shard -> {
            assertThat(shard.getShardId()).isEqualTo(before.getShards(0).getShardId());
            assertThat(shard.getLeader().getRegionId()).isEqualTo(moved);
        });
        assertThat(full.get(0).getDeltasList()).isEmpty();
        assertThat(full.get(0).getRoutes(0).getShardsCount()).isEqualTo(6);
        assertThat(full.get(0).getRoutes(0).getVersion()).isEqualTo(delta.getVersion());

        // One who heard of none of it asks once, here of the next master.
        transfer(master, before.getShards(1));
        MasterCore next = master("m2");
        master.close();
        masters.remove(master);
        active(next);
        GetRoutesReply missed = routes(subscriber(next, deltas), before.getVersion(), false, true);
        assertThat(missed.getRoutesList()).isEmpty();
        assertThat(missed.getDeltas(0).getShardsList())
                .extracting(ShardRoute::getShardId)
                .containsExactly(
                        before.getShards(0).getShardId(), before.getShards(1).getShardId());
        long version = missed.getDeltas(0).getVersion();
        assertThat(routes(subscriber(next, deltas), version, false, true).getCurrentList())
                .containsExactly("files");
        assertThat(routes(subscriber(next, deltas), 0, false, true).getRoutesCount())
                .isEqualTo(1);
    }

    @Test
    void whoSawTheSameAtAnOlderVersionTakesTheNextDeltaWithoutAsking() {
        MasterCore master = active(master("m1"));
        List<TestingRegion> regions = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            TestingRegion region = join(master, new TestingRegion(8001 + i));
            region.catchesUp(false);
            regions.add(region);
        }
        TableRoute before = createTable(master, "files", 4);
        regions.forEach(TestingRegion::beat);
        List<RouteUpdate> pushed = new CopyOnWriteArrayList<>();
        TestingConnection subscriber = subscriber(master, pushed);
        routes(subscriber, before.getVersion(), true, true);

        // A learner is nothing that clients are told of, but another version.
        ShardRoute first = before.getShards(0);
        List<Long> holders =
                first.getReplicasList().stream().map(RegionAddress::getRegionId).toList();
        long to = LongStream.rangeClosed(1, 4)
                .filter(region -> !holders.contains(region))
                .findFirst()
                .orElseThrow();
        client(master)
                .ask(Request.newBuilder()
                        .setMoveShard(MoveShardRequest.newBuilder()
                                .setShardId(first.getShardId())
                                .setFromRegion(holders.get(0))
                                .setToRegion(to)));
        assertThat(routes(client(master), 0, false, false).getRoutes(0).getVersion())
                .isGreaterThan(before.getVersion());
        assertThat(pushed).isEmpty();

        long moved = transfer(master, before.getShards(1));
        await().until(() -> !pushed.isEmpty());
        RouteDelta delta = pushed.get(0).getDeltas(0);
        assertThat(delta.getBaseVersion()).isLessThanOrEqualTo(before.getVersion());
        assertThat(delta.getShardsList())
                .filteredOn(shard -> shard.getShardId() == before.getShards(1).getShardId())
                .singleElement()
                .satisfies(shard -> assertThat(shard.getLeader().getRegionId()).isEqualTo(moved));
    }

    private static TestingConnection subscriber(MasterCore master, List<RouteUpdate> pushed) {
        return new TestingConnection(
                master.service(),
                master.service(),
                Role.CLIENT,
                "client",
                (from, request, reply, deadline) -> pushed.add(request.getRouteUpdate()));
    }

    private static GetRoutesReply routes(TestingConnection client, long known, boolean subscribe, boolean deltas) {
        return client.ask(Request.newBuilder()
                        .setGetRoutes(GetRoutesRequest.newBuilder()
                                .addTables(GetRoutesRequest.Known.newBuilder()
                                        .setTable("files")
                                        .setVersion(known))
                                .setSubscribe(subscribe)
                                .setDeltas(deltas)))
                .getGetRoutes();
    }

    /** The region that leads it then. */
    private static long transfer(MasterCore master, ShardRoute shard) {
        return client(master)
                .ask(Request.newBuilder()
                        .setTransferLeader(TransferLeaderRequest.newBuilder().setShardId(shard.getShardId())))
                .getTransferLeader()
                .getLeaderRegion();
    }
}
