package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.master.election.MasterInfo;
import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingConnection;
import io.mds.master.testing.TestingRegion;
import io.mds.master.testing.TestingZooKeeper;
import io.mds.proto.CreateTableRequest;
import io.mds.proto.DropTableRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.GetRoutesRequest;
import io.mds.proto.ListTablesRequest;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.RouteUpdate;
import io.mds.proto.ShardRoute;
import io.mds.proto.TableRoute;
import io.mds.proto.TableSchema;
import io.mds.rpc.Deadline;
import io.mds.table.ColumnType;
import io.mds.znode.IdCounters;
import io.mds.znode.RegionRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Masters on a real ZooKeeper, with regions and clients that are doubles. */
class MasterCoreTest {
    private static final ZnodePaths PATHS = new ZnodePaths("/mds");

    private final TestingZooKeeper zooKeeper = TestingZooKeeper.start();
    private final List<MasterCore> masters = new ArrayList<>();

    @AfterEach
    void close() {
        masters.forEach(MasterCore::close);
        zooKeeper.close();
    }

    private MasterCore master(String id) {
        return master(MasterConfigs.config(zooKeeper, id));
    }

    private MasterCore master(MasterConfig config) {
        MasterCore master = new MasterCore(config);
        master.start(new MasterInfo(config.id(), "127.0.0.1", 7000 + masters.size(), 0));
        masters.add(master);
        return master;
    }

    private static MasterCore active(MasterCore master) {
        await().atMost(Duration.ofSeconds(20)).until(master::isActive);
        return master;
    }

    private static TestingRegion join(MasterCore master, TestingRegion region) {
        region.register(master.service(), master.service());
        region.beat();
        return region;
    }

    private static TestingConnection client(MasterCore master) {
        return new TestingConnection(
                master.service(), master.service(), Role.CLIENT, "client", (from, request, reply, deadline) -> {});
    }

    private static TableSchema schema(String name, int shards) {
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

    private static Request.Builder create(String name, int shards) {
        return Request.newBuilder()
                .setCreateTable(CreateTableRequest.newBuilder().setSchema(schema(name, shards)));
    }

    private static Request.Builder drop(String name) {
        return Request.newBuilder().setDropTable(DropTableRequest.newBuilder().setName(name));
    }

    private static GetRoutesReply routes(TestingConnection client, String table, long known, boolean subscribe) {
        return client.ask(Request.newBuilder()
                        .setGetRoutes(GetRoutesRequest.newBuilder()
                                .addTables(GetRoutesRequest.Known.newBuilder()
                                        .setTable(table)
                                        .setVersion(known))
                                .setSubscribe(subscribe)))
                .getGetRoutes();
    }

    private static TableRoute createTable(MasterCore master, String name, int shards) {
        return client(master).ask(create(name, shards)).getCreateTable().getRoute();
    }

    private <T extends Record> T read(String path, Class<T> type) throws Exception {
        var found = masters.get(masters.size() - 1).session().read(path);
        return found == null ? null : ZnodeJson.read(path, found.value(), type);
    }

    private static void assertFails(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, ErrorCode code, String text) {
        assertThatThrownBy(call).isInstanceOfSatisfying(MdsException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.getMessage()).contains(text);
        });
    }

    // ---- membership ----

    @Test
    void aRegionGetsItsIdBackAndNobodyElseDoes() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        TestingRegion b = join(master, new TestingRegion(8003));
        assertThat(a.id()).isEqualTo(1);
        assertThat(b.id()).isEqualTo(2);
        assertThat(a.registered().getCredential())
                .startsWith("region-1:")
                .isNotEqualTo(b.registered().getCredential());
        a.disconnect();
        assertThat(a.register(master.service(), master.service()).getRegionId()).isEqualTo(1);
        assertThat(read("/mds/ids", IdCounters.class).nextRegion()).isEqualTo(3);

        master.close();
        masters.clear();
        MasterCore next = active(master("m2"));
        assertThat(a.register(next.service(), next.service()).getRegionId()).isEqualTo(1);
        assertThat(join(next, new TestingRegion(8005)).id()).isEqualTo(3);
    }

    @Test
    void aSilentRegionIsSuspectThenDeadAndReturnsWithItsIdWhichIsNeverGivenToAnother() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        a.disconnect();
        await().until(() ->
                read(PATHS.region(new RegionId(1)), RegionRecord.class).state().equals("SUSPECT"));
        await().atMost(Duration.ofSeconds(10)).until(() -> master.session().exists("/mds/regions/1") == null);
        TestingRegion b = join(master, new TestingRegion(8001));
        assertThat(b.id()).isEqualTo(2);
        b.disconnect();
        assertThat(a.register(master.service(), master.service()).getRegionId()).isEqualTo(1);
        assertThat(read("/mds/regions/1", RegionRecord.class).state()).isEqualTo("LIVE");
    }

    @Test
    void anAddressInUseByALiveRegionIsRefusedWithItsId() {
        MasterCore master = active(master("m1"));
        join(master, new TestingRegion(8001));
        TestingRegion b = new TestingRegion(8001);
        assertFails(() -> b.register(master.service(), master.service()), ErrorCode.ALREADY_EXISTS, "live region 1");
    }

    @Test
    void aWrongSecretAnUnknownIdAndBadInputAreRefused() {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        TestingConnection c = a.connect(master.service(), master.service());
        assertFails(
                () -> c.ask(Request.newBuilder()
                        .setRegister(a.registration()
                                .setIdentitySecret(com.google.protobuf.ByteString.copyFromUtf8("x".repeat(20))))),
                ErrorCode.UNAUTHENTICATED,
                "wrong secret");
        assertFails(
                () -> c.ask(Request.newBuilder().setRegister(a.registration().setKnownRegionId(9))),
                ErrorCode.PERMISSION_DENIED,
                "another cluster");
        assertFails(
                () -> c.ask(Request.newBuilder()
                        .setRegister(new TestingRegion(8003).registration().setKnownRegionId(9))),
                ErrorCode.PERMISSION_DENIED,
                "another cluster");
        assertFails(
                () -> c.ask(Request.newBuilder().setRegister(a.registration().setIdentity("me"))),
                ErrorCode.INVALID_ARGUMENT,
                "UUID");
        assertFails(
                () -> client(master).ask(Request.newBuilder().setRegister(a.registration())),
                ErrorCode.PERMISSION_DENIED,
                "only regions");
    }

    @Test
    void aHeartbeatOfAnUnknownRegistrationIsToldToRegisterAgain() {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        a.connect(master.service(), master.service());
        assertThat(a.beat().getRegisterAgain()).isTrue();
    }

    @Test
    void afterATakeoverNobodyIsDeadBeforeAFullTimeout() throws Exception {
        MasterCore first = active(master("m1"));
        join(first, new TestingRegion(8001));
        Thread.sleep(1500);
        first.close();
        masters.clear();
        MasterCore next = active(master("m2"));
        long takeover = System.nanoTime();
        await().atMost(Duration.ofSeconds(10)).until(() -> next.session().exists("/mds/regions/1") == null);
        assertThat(Duration.ofNanos(System.nanoTime() - takeover)).isGreaterThan(Duration.ofMillis(2500));
    }

    // ---- tables ----

    @Test
    void aTableIsCreatedEvenlyOverTheRegionsAndRouted() throws Exception {
        MasterCore master = active(master("m1"));
        for (int i = 0; i < 3; i++) {
            join(master, new TestingRegion(8001 + 2 * i));
        }
        TableRoute route = createTable(master, "files", 9);
        assertThat(route.getShardsList()).hasSize(9).allSatisfy(s -> {
            assertThat(s.getView()).isEqualTo(1);
            assertThat(s.getReplicasList()).containsExactly(s.getLeader());
        });
        Map<Long, Long> spread = route.getShardsList().stream()
                .collect(Collectors.groupingBy(s -> s.getLeader().getRegionId(), Collectors.counting()));
        assertThat(spread).containsOnly(Map.entry(1L, 3L), Map.entry(2L, 3L), Map.entry(3L, 3L));
        assertThat(route.getSchema().getReplicas()).isEqualTo(3);
        assertThat(read("/mds/tables/files", TableRecord.class).state()).isEqualTo("ACTIVE");

        TestingConnection client = client(master);
        assertThat(routes(client, "files", 0, false).getRoutesList()).containsExactly(route);
        assertThat(routes(client, "files", route.getVersion(), false).getCurrentList())
                .containsExactly("files");
        assertThat(routes(client, "nothing", 0, false).getMissingList()).containsExactly("nothing");
        assertThat(client.ask(Request.newBuilder().setListTables(ListTablesRequest.getDefaultInstance()))
                        .getListTables()
                        .getTables(0)
                        .getState())
                .isEqualTo("ACTIVE");
    }

    @Test
    void aTableOfAThousandShardsIsWrittenInOneMulti() {
        MasterCore master = active(master("m1"));
        join(master, new TestingRegion(8001));
        join(master, new TestingRegion(8003));
        assertThat(createTable(master, "wide", 1024).getShardsList()).hasSize(1024);
        client(master).ask(drop("wide"));
        await().untilAsserted(() ->
                assertThat(master.session().children("/mds/shards")).isEmpty());
    }

    @Test
    void creatingWithoutRegionsSaysWhatToDo() {
        MasterCore master = active(master("m1"));
        assertFails(() -> createTable(master, "files", 1), ErrorCode.UNAVAILABLE, "start at least one region");
    }

    @Test
    void createAndDropTellWhatIsThereAlreadyAndWhatIsNot() {
        MasterCore master = active(master("m1"));
        join(master, new TestingRegion(8001));
        createTable(master, "files", 2);
        TestingConnection client = client(master);
        assertFails(() -> client.ask(create("files", 2)), ErrorCode.ALREADY_EXISTS, "files");
        Request.Builder same = Request.newBuilder()
                .setCreateTable(CreateTableRequest.newBuilder()
                        .setSchema(schema("files", 2))
                        .setIfNotExists(true));
        assertThat(client.ask(same).getCreateTable().getRoute().getShardsList()).hasSize(2);
        Request.Builder other = Request.newBuilder()
                .setCreateTable(CreateTableRequest.newBuilder()
                        .setSchema(schema("files", 3))
                        .setIfNotExists(true));
        assertFails(() -> client.ask(other), ErrorCode.ALREADY_EXISTS, "other columns");
        assertFails(() -> client.ask(drop("nothing")), ErrorCode.NOT_FOUND, "nothing");
        Request.Builder ifExists = Request.newBuilder()
                .setDropTable(DropTableRequest.newBuilder().setName("nothing").setIfExists(true));
        assertThat(client.ask(ifExists).getDropTable().getExisted()).isFalse();
        assertFails(
                () -> client.ask(Request.newBuilder()
                        .setCreateTable(CreateTableRequest.newBuilder()
                                .setSchema(schema("files", 2).toBuilder().setName("no good")))),
                ErrorCode.INVALID_ARGUMENT,
                "no good");
    }

    @Test
    void conflictingChangesOfOneTableHappenOneAfterTheOther() {
        MasterCore master = active(master("m1"));
        join(master, new TestingRegion(8001));
        TestingConnection client = client(master);
        List<CompletableFuture<Reply>> answers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            answers.add(client.askAsync(create("files", 4), Deadline.after(Duration.ofSeconds(20))));
            answers.add(client.askAsync(drop("files"), Deadline.after(Duration.ofSeconds(20))));
        }
        assertThat(answers).allSatisfy(a -> assertThat(a).succeedsWithin(Duration.ofSeconds(20)));
        await().untilAsserted(() ->
                assertThat(master.session().children("/mds/shards")).isEmpty());
    }

    @Test
    void droppingRemovesTheDataWhereItIsAndLaterWhereARegionWasAway() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        TestingRegion b = join(master, new TestingRegion(8003));
        createTable(master, "files", 4);
        assertThat(a.shards()).hasSize(2);
        assertThat(b.shards()).hasSize(2);
        b.disconnect();
        await().until(() -> read("/mds/regions/2", RegionRecord.class).state().equals("SUSPECT"));
        assertThat(client(master).ask(drop("files")).getDropTable().getExisted())
                .isTrue();
        assertThat(a.shards()).isEmpty();
        assertThat(master.session().children("/mds/shards")).isEmpty();
        assertThat(b.shards()).hasSize(2);
        join(master, b);
        await().untilAsserted(() -> assertThat(b.shards()).isEmpty());
    }

    @Test
    void dataOfShardsThatWereNeverMadeHereIsNotRemoved() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = new TestingRegion(8001);
        a.shards()
                .put(
                        77L,
                        io.mds.proto.ShardReport.newBuilder()
                                .setShardId(77)
                                .setView(1)
                                .build());
        join(master, a);
        createTable(master, "files", 2);
        Thread.sleep(500);
        assertThat(a.shards()).containsKey(77L);
    }

    @Test
    void aRegionThatComesBackEmptyHandedIsToldToOpenItsShardsAgain() {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        createTable(master, "files", 3);
        a.disconnect();
        a.shards().clear();
        join(master, a);
        await().untilAsserted(() -> assertThat(a.shards()).hasSize(3));
    }

    @Test
    void shardsOfARegionThatIsLostDuringTheCreationGoToAnother() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        TestingRegion b = join(master, new TestingRegion(8003));
        b.opens(false);
        CompletableFuture<Reply> answer =
                client(master).askAsync(create("files", 4), Deadline.after(Duration.ofSeconds(20)));
        await().until(() -> a.shards().size() == 2);
        b.disconnect();
        TableRoute route = answer.get().getCreateTable().getRoute();
        assertThat(route.getShardsList())
                .allSatisfy(s -> assertThat(s.getLeader().getRegionId()).isEqualTo(1));
        assertThat(route.getShardsList().stream().map(ShardRoute::getView)).containsOnly(1L, 2L);
    }

    @Test
    void aCreationThatCannotBeFinishedIsRolledBackByItself() throws Exception {
        MasterCore master =
                active(master(MasterConfigs.config(zooKeeper, "m1", Duration.ofSeconds(30), Duration.ofSeconds(1))));
        TestingRegion a = join(master, new TestingRegion(8001));
        a.opens(false);
        assertFails(() -> createTable(master, "files", 2), ErrorCode.UNAVAILABLE, "rolled back");
        await().atMost(Duration.ofSeconds(10)).until(() -> read("/mds/tables/files", TableRecord.class) == null);
        assertThat(master.session().children("/mds/shards")).isEmpty();
        assertThat(read("/mds/ids", IdCounters.class).nextShard()).isEqualTo(3);
    }

    // ---- routes ----

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
                                .setAddress(io.mds.proto.Address.newBuilder()
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

    // ---- takeover ----

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
                .setHeartbeat(io.mds.proto.HeartbeatRequest.newBuilder()
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
        await().atMost(Duration.ofSeconds(30)).until(master::isActive);
        join(master, a);
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
                        .setClusterStatus(
                                io.mds.proto.ClusterStatusRequest.newBuilder().setShards(true)))
                .getClusterStatus();
        assertThat(status.getMastersList()).hasSize(2);
        assertThat(status.getRegions(0).getState()).isEqualTo("LIVE");
        assertThat(status.getShardsList())
                .hasSize(3)
                .allSatisfy(s -> assertThat(s.getServing()).isTrue());
        assertThat(status.getUnavailableShards()).isZero();
        a.disconnect();
        await().until(() -> client(master)
                        .ask(Request.newBuilder()
                                .setClusterStatus(io.mds.proto.ClusterStatusRequest.getDefaultInstance()))
                        .getClusterStatus()
                        .getUnavailableShards()
                == 3);
    }
}
