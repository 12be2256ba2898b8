package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingConnection;
import io.mds.master.testing.TestingRegion;
import io.mds.proto.AlterTableRequest;
import io.mds.proto.CreateTableRequest;
import io.mds.proto.DropTableRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.ListTablesRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.ShardReport;
import io.mds.proto.ShardRoute;
import io.mds.proto.TableRoute;
import io.mds.rpc.Deadline;
import io.mds.table.ColumnType;
import io.mds.table.TableChange;
import io.mds.znode.IdCounters;
import io.mds.znode.RegionRecord;
import io.mds.znode.TableRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TableProceduresTest extends MasterScenario {
    @Test
    void aTableIsCreatedEvenlyOverTheRegionsAndRouted() throws Exception {
        MasterCore master = active(master("m1"));
        for (int i = 0; i < 3; i++) {
            join(master, new TestingRegion(8001 + 2 * i));
        }
        TableRoute route = createTable(master, "files", 9);
        assertThat(route.getShardsList()).hasSize(9).allSatisfy(s -> {
            assertThat(s.getView()).isEqualTo(1);
            assertThat(s.getReplicasList()).hasSize(3).contains(s.getLeader());
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

    /** Has these come while the metadata thread is busy, so that they are gathered. */
    private static List<CompletableFuture<Reply>> together(MasterCore master, List<Request.Builder> requests) {
        CountDownLatch go = new CountDownLatch(1);
        master.service().active().tasks().execute("busy", go::await);
        List<CompletableFuture<Reply>> answers = requests.stream()
                .map(request -> client(master).askAsync(request, Deadline.after(Duration.ofSeconds(20))))
                .toList();
        go.countDown();
        assertThat(answers).allSatisfy(answer -> assertThat(answer).succeedsWithin(Duration.ofSeconds(20)));
        return answers;
    }

    @Test
    void changesOfManyTablesAreWrittenTogether() {
        MasterCore master = active(master("m1"));
        join(master, new TestingRegion(8001));
        List<Request.Builder> creations = new ArrayList<>();
        List<Request.Builder> changes = new ArrayList<>();
        List<Request.Builder> drops = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            creations.add(create("t" + i, 1));
            AlterTableRequest.Builder alter = AlterTableRequest.newBuilder().setName("t" + i);
            changes.add(Request.newBuilder()
                    .setAlterTable(alter.addChanges(TableChange.addNullableColumn("mode", ColumnType.INT32)
                            .toProto())));
            drops.add(drop("t" + i));
        }
        for (List<Request.Builder> each : List.of(creations, changes, drops)) {
            long before = master.service().active().opLog().sequence();
            together(master, each);
            assertThat(master.service().active().opLog().sequence() - before).isLessThan(20);
        }
    }

    @Test
    void droppingRemovesTheDataWhereItIsAndLaterWhereARegionWasAway() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        TestingRegion b = join(master, new TestingRegion(8003));
        createTable(master, "files", 4);
        await().untilAsserted(() -> assertThat(a.shards()).hasSize(4));
        await().untilAsserted(() -> assertThat(b.shards()).hasSize(4));
        b.disconnect();
        await().until(() -> read("/mds/regions/2", RegionRecord.class).state().equals("SUSPECT"));
        assertThat(client(master).ask(drop("files")).getDropTable().getExisted())
                .isTrue();
        assertThat(a.shards()).isEmpty();
        assertThat(master.session().children("/mds/shards")).isEmpty();
        assertThat(b.shards()).hasSize(4);
        join(master, b);
        await().untilAsserted(() -> assertThat(b.shards()).isEmpty());
    }

    @Test
    void dataOfShardsThatWereNeverMadeHereIsNotRemoved() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = new TestingRegion(8001);
        a.shards().put(77L, ShardReport.newBuilder().setShardId(77).setView(1).build());
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
        await().until(() -> a.shards().size() == 4);
        b.disconnect();
        TableRoute route = answer.get().getCreateTable().getRoute();
        assertThat(route.getShardsList())
                .allSatisfy(s -> assertThat(s.getLeader().getRegionId()).isEqualTo(1));
        assertThat(route.getShardsList().stream().map(ShardRoute::getView)).containsOnly(1L);
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
}
