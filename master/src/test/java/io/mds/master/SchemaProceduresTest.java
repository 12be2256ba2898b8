package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingConnection;
import io.mds.master.testing.TestingRegion;
import io.mds.master.testing.TestingZooKeeperProxy;
import io.mds.master.testing.TestingZooKeeperProxy.Moment;
import io.mds.proto.AlterTableRequest;
import io.mds.proto.Column;
import io.mds.proto.CreateIndexRequest;
import io.mds.proto.DropIndexRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.Index;
import io.mds.proto.ListProceduresRequest;
import io.mds.proto.Outcome;
import io.mds.proto.ProcedureStatus;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.TableSchema;
import io.mds.rpc.Deadline;
import io.mds.table.ColumnType;
import io.mds.table.TableChange;
import io.mds.znode.ProcedureRecord;
import io.mds.znode.TableRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Changes of a table's columns and indexes, queued, recorded, and resumed by the next master. */
class SchemaProceduresTest extends MasterScenario {
    private static Request.Builder alter(TableChange... changes) {
        AlterTableRequest.Builder request = AlterTableRequest.newBuilder().setName("files");
        List.of(changes).forEach(change -> request.addChanges(change.toProto()));
        return Request.newBuilder().setAlterTable(request);
    }

    private static Request.Builder add(String column) {
        return alter(TableChange.addNullableColumn(column, ColumnType.INT32));
    }

    private static Request.Builder createIndex(String name, String... columns) {
        return Request.newBuilder()
                .setCreateIndex(CreateIndexRequest.newBuilder()
                        .setTable("files")
                        .setName(name)
                        .addAllColumns(List.of(columns)));
    }

    private static List<ProcedureStatus> procedures(MasterCore master) {
        return client(master)
                .ask(Request.newBuilder().setListProcedures(ListProceduresRequest.getDefaultInstance()))
                .getListProcedures()
                .getProceduresList();
    }

    private static CompletableFuture<Reply> later(TestingConnection client, Request.Builder request) {
        return client.askAsync(request, Deadline.after(Duration.ofSeconds(20)));
    }

    private static List<String> names(TableSchema schema) {
        return schema.getColumnsList().stream().map(Column::getName).toList();
    }

    private static TableSchema schema(MasterCore master) {
        return routes(client(master), "files", 0, false).getRoutes(0).getSchema();
    }

    private MasterCore masterWithTable(TestingRegion... regions) {
        MasterCore master = active(master("m1"));
        for (TestingRegion region : regions) {
            join(master, region);
        }
        createTable(master, "files", 4);
        return master;
    }

    @Test
    void columnsChangeThroughTheLogsOfTheLeadersAndThenForClients() throws Exception {
        TestingRegion a = new TestingRegion(8001);
        TestingRegion b = new TestingRegion(8003);
        MasterCore master = masterWithTable(a, b);
        TestingConnection client = client(master);
        TableSchema altered = client.ask(alter(
                        TableChange.addColumn("kind", ColumnType.STRING, "file"),
                        TableChange.renameColumn("size", "bytes")))
                .getAlterTable()
                .getRoute()
                .getSchema();
        assertThat(altered.getVersion()).isEqualTo(2);
        assertThat(names(altered)).containsExactly("dir", "name", "bytes", "kind");
        assertThat(a.schemas()).containsOnly(altered);
        assertThat(b.schemas()).containsOnly(altered);
        assertThat(schema(master)).isEqualTo(altered);
        TableRecord record = read("/mds/tables/files", TableRecord.class);
        assertThat(record.columns().get(3).defaultValue()).isEqualTo("file");
        assertThat(record.firstColumns()).hasSize(3);
        assertThat(master.session().children("/mds/procedures")).isEmpty();

        client.ask(alter(TableChange.dropColumn("kind")));
        TableSchema again = client.ask(alter(TableChange.addNullableColumn("kind", ColumnType.INT64)))
                .getAlterTable()
                .getRoute()
                .getSchema();
        assertThat(again.getVersion()).isEqualTo(4);
        assertThat(again.getColumns(3).getId()).as("ids are not given twice").isEqualTo(5);
    }

    @Test
    void whatCannotBeDoneIsRefusedAndWhatIsDoneAlreadyIsNotDoneTwice() {
        MasterCore master = masterWithTable(new TestingRegion(8001));
        TestingConnection client = client(master);
        assertFails(() -> client.ask(add("size")), ErrorCode.INVALID_ARGUMENT, "exists already");
        assertFails(() -> client.ask(alter(TableChange.dropColumn("dir"))), ErrorCode.INVALID_ARGUMENT, "primary key");
        assertFails(
                () -> client.ask(alter(TableChange.renameColumn("none", "x"))), ErrorCode.INVALID_ARGUMENT, "it has");
        assertFails(() -> client.ask(alter()), ErrorCode.INVALID_ARGUMENT, "0 changes");
        client.ask(createIndex("by_size", "size"));
        assertFails(
                () -> client.ask(alter(TableChange.dropColumn("size"))), ErrorCode.INVALID_ARGUMENT, "drop the index");
        assertFails(() -> client.ask(createIndex("by_size", "size")), ErrorCode.ALREADY_EXISTS, "on (size)");
        Request.Builder again = createIndex("by_size", "size");
        again.getCreateIndexBuilder().setIfNotExists(true);
        assertThat(client.ask(again).getCreateIndex().getRoute().getSchema().getVersion())
                .isEqualTo(2);
        Request.Builder dropOther = Request.newBuilder()
                .setDropIndex(DropIndexRequest.newBuilder().setTable("files").setName("none"));
        assertFails(() -> client.ask(dropOther), ErrorCode.NOT_FOUND, "does not exist");
        dropOther.getDropIndexBuilder().setIfExists(true);
        assertThat(client.ask(dropOther).getDropIndex().getExisted()).isFalse();
        Request.Builder same = alter(TableChange.addNullableColumn("size", ColumnType.INT64));
        same.getAlterTableBuilder().setIfNeeded(true);
        assertThat(client.ask(same).getAlterTable().getRoute().getSchema().getVersion())
                .isEqualTo(2);
        Request.Builder withIndex = create("other", 1);
        withIndex
                .getCreateTableBuilder()
                .getSchemaBuilder()
                .addIndexes(Index.newBuilder().setId(1).setName("i").addColumns(3));
        assertFails(() -> client.ask(withIndex), ErrorCode.INVALID_ARGUMENT, "once it is there");
        same.getAlterTableBuilder().setName("nothing");
        assertFails(() -> client.ask(same), ErrorCode.NOT_FOUND, "nothing");
    }

    @Test
    void changesOfOneTableAreMadeInTheOrderInWhichTheyCame() {
        TestingRegion region = new TestingRegion(8001);
        MasterCore master = masterWithTable(region);
        TestingConnection client = client(master);
        region.appliesSchemas(false);
        List<CompletableFuture<Reply>> answers = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            answers.add(later(client, add("c" + i)));
        }
        answers.add(later(client, createIndex("by_c2", "c2")));
        answers.add(later(client, alter(TableChange.dropColumn("c1"))));
        await().until(() -> procedures(master).size() == 7);
        assertThat(procedures(master))
                .extracting(ProcedureStatus::getWhat)
                .startsWith("add column c1 of table files", "add column c2 of table files")
                .endsWith("create index by_c2 on table files", "drop column c1 of table files");
        assertThat(procedures(master).get(0)).satisfies(first -> {
            assertThat(first.getStep()).isEqualTo("applying the schema");
            assertThat(first.getDone()).isZero();
            assertThat(first.getTotal()).isEqualTo(4);
            assertThat(first.getId()).isEqualTo("schema-1-2");
        });
        assertThat(procedures(master).get(1).getStep()).isEqualTo("waiting");
        region.appliesSchemas(true);
        assertThat(answers).allSatisfy(answer -> assertThat(answer).succeedsWithin(Duration.ofSeconds(20)));
        for (int i = 0; i < answers.size(); i++) {
            Reply reply = answers.get(i).join();
            TableSchema schema = reply.hasCreateIndex()
                    ? reply.getCreateIndex().getRoute().getSchema()
                    : reply.getAlterTable().getRoute().getSchema();
            assertThat(schema.getVersion()).isEqualTo(i + 2);
        }
        assertThat(names(schema(master))).containsExactly("dir", "name", "size", "c2", "c3", "c4", "c5");
        assertThat(procedures(master)).isEmpty();
    }

    @Test
    void moreChangesOfOneTableThanMayWaitAreRefusedWithAHint() {
        TestingRegion region = new TestingRegion(8001);
        MasterCore master = masterWithTable(region);
        region.appliesSchemas(false);
        TestingConnection client = client(master);
        for (int i = 0; i < 64; i++) {
            CompletableFuture<Reply> unused = later(client, add("c" + i));
        }
        await().until(() -> procedures(master).size() == 64);
        assertFails(() -> client.ask(add("more")), ErrorCode.RESOURCE_EXHAUSTED, "mds procedures");
        assertThat(createTable(master, "other", 1).getShardsList()).hasSize(1);
    }

    /** The next master finds a change where its predecessor died, and goes on. */
    private MasterCore takeOver(TestingRegion region, Request.Builder change, String step) throws Exception {
        CompletableFuture<Reply> unused = later(client(masters.get(0)), change);
        await().until(() -> recordedSteps().equals(List.of(step)));
        MasterCore second = master("m2");
        MasterCore first = masters.remove(0);
        first.halt();
        active(second);
        join(second, region);
        return second;
    }

    private List<String> recordedSteps() throws Exception {
        List<String> steps = new ArrayList<>();
        for (String id : masters.get(0).session().children("/mds/procedures")) {
            ProcedureRecord record = read("/mds/procedures/" + id, ProcedureRecord.class);
            if (record != null) {
                steps.add(record.step());
            }
        }
        return steps;
    }

    @Test
    void aChangeThatWasRecordedAndNotAppliedIsAppliedByTheNextMaster() throws Exception {
        TestingRegion region = new TestingRegion(8001);
        masterWithTable(region);
        region.appliesSchemas(false);
        MasterCore second = takeOver(region, add("mode"), "APPLY_SCHEMA");
        assertThat(names(schema(second))).doesNotContain("mode");
        region.appliesSchemas(true);
        await().until(() -> names(schema(second)).contains("mode"));
        assertThat(second.session().children("/mds/procedures")).isEmpty();
    }

    @Test
    void aChangeThatIsAppliedAlreadyIsOnlyPublishedByTheNextMaster() throws Exception {
        TestingRegion region = new TestingRegion(8001);
        masterWithTable(region);
        region.appliesSchemas(false);
        CompletableFuture<Reply> unused = later(client(masters.get(0)), add("mode"));
        await().until(() -> region.schemaOrders() > 0);
        // Applied, and nobody heard of it before the master died.
        region.shards()
                .replaceAll(
                        (id, report) -> report.toBuilder().setSchemaVersion(2).build());
        MasterCore second = master("m2");
        masters.remove(0).halt();
        active(second);
        join(second, region);
        await().until(() -> names(schema(second)).contains("mode"));
        assertThat(region.schemas()).isEmpty();
    }

    @Test
    void anIndexThatIsBeingFilledIsWaitedForByTheNextMaster() throws Exception {
        TestingRegion region = new TestingRegion(8001);
        masterWithTable(region);
        region.indexesLeft(1);
        MasterCore second = takeOver(region, createIndex("by_size", "size"), "BUILD_INDEXES");
        assertThat(schema(second).getIndexesList()).hasSize(1);
        await().until(() -> procedures(second).stream()
                .map(ProcedureStatus::getStep)
                .toList()
                .equals(List.of("building indexes")));
        region.indexesLeft(0);
        region.beat();
        await().until(() -> procedures(second).isEmpty());
        assertThat(second.session().children("/mds/procedures")).isEmpty();
    }

    @Test
    void aTableWhoseChangeIsStuckCanBeDropped() throws Exception {
        MasterCore master =
                active(master(MasterConfigs.config(zooKeeper, "m1", Duration.ofSeconds(30), Duration.ofSeconds(1))));
        TestingRegion region = join(master, new TestingRegion(8001));
        createTable(master, "files", 2);
        region.appliesSchemas(false);
        CompletableFuture<Reply> change = later(client(master), add("mode"));
        assertThat(client(master).ask(drop("files")).getDropTable().getExisted())
                .isTrue();
        assertThat(change)
                .failsWithin(Duration.ofSeconds(5))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(MdsException.class)
                .withMessageContaining("is to be dropped");
        assertThat(master.session().children("/mds/procedures")).isEmpty();
    }

    private MasterCore impatientMaster(TestingRegion region) {
        MasterCore master =
                active(master(MasterConfigs.config(zooKeeper, "m1", Duration.ofSeconds(30), Duration.ofSeconds(1))));
        join(master, region);
        createTable(master, "files", 2);
        return master;
    }

    @Test
    void aDropThatNobodyWaitsForAnyMoreDoesNotEndAHalfDoneChange() throws Exception {
        TestingRegion region = new TestingRegion(8001);
        MasterCore master = impatientMaster(region);
        region.appliesSchemas(false);
        CompletableFuture<Reply> change = later(client(master), add("mode"));
        CompletableFuture<Reply> unused =
                client(master).askAsync(drop("files"), Deadline.after(Duration.ofMillis(300)));
        await().until(() -> procedures(master).size() == 2);
        await().until(() -> procedures(master).get(0).getAgeMs() > 1500);
        assertThat(procedures(master).get(0).getId()).isEqualTo("schema-1-2");
        assertThat(recordedSteps()).containsExactly("APPLY_SCHEMA");
        region.appliesSchemas(true);
        assertThat(change).succeedsWithin(Duration.ofSeconds(10));
        assertThat(names(schema(master))).contains("mode");
        await().until(() -> procedures(master).isEmpty());
    }

    @Test
    void changesBetweenAStuckOneAndADropAreNotBegun() throws Exception {
        TestingRegion region = new TestingRegion(8001);
        MasterCore master = impatientMaster(region);
        region.appliesSchemas(false);
        CompletableFuture<Reply> stuck = later(client(master), add("mode"));
        CompletableFuture<Reply> late = client(master).askAsync(drop("files"), Deadline.after(Duration.ofMillis(300)));
        CompletableFuture<Reply> between = later(client(master), add("owner"));
        assertThat(client(master).ask(drop("files")).getDropTable().getExisted())
                .isTrue();
        assertThat(outcome(stuck)).isEqualTo(Outcome.UNKNOWN);
        assertThat(outcome(between)).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(late).isCompletedExceptionally();
        assertThat(master.session().children("/mds/procedures")).isEmpty();
        assertThat(createTable(master, "files", 2).getSchema().getVersion()).isEqualTo(1);
    }

    private static Outcome outcome(CompletableFuture<Reply> failed) {
        assertThat(failed).failsWithin(Duration.ofSeconds(5));
        return failed.handle((reply, failure) -> (MdsException) failure).join().outcome();
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    void aHalfDoneChangeIsRememberedUntilItsTableGoes(Moment death) throws Exception {
        try (TestingZooKeeperProxy proxy = new TestingZooKeeperProxy(zooKeeper)) {
            MasterCore first = active(master(MasterConfigs.config(proxy, "m1", Duration.ofSeconds(1))));
            TestingRegion region = join(first, new TestingRegion(8001));
            createTable(first, "files", 2);
            region.appliesSchemas(false);
            CompletableFuture<Reply> change = later(client(first), add("mode"));
            await().until(() -> region.schemaOrders() > 0);
            long session = first.session().sessionId();
            proxy.dieAtRequestOf("/mds/procedures/schema-1-2", death, () -> {
                first.halt();
                zooKeeper.expire(session);
            });
            CompletableFuture<Reply> drop = later(client(first), drop("files"));
            await().atMost(Duration.ofSeconds(10)).until(proxy::isDead);
            masters.remove(first);
            MasterCore second = active(master("m2"));
            join(second, region);
            if (death == Moment.BEFORE) {
                assertThat(recordedSteps()).containsExactly("APPLY_SCHEMA");
                region.appliesSchemas(true);
                await().until(() -> names(schema(second)).contains("mode"));
            } else {
                await().until(() -> read("/mds/tables/files", TableRecord.class) == null);
            }
            assertThat(second.session().children("/mds/procedures")).isEmpty();
            assertThat(List.of(change, drop)).noneMatch(CompletableFuture::isDone);
        }
    }
}
