package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.testing.Fault;
import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.proto.ErrorCode;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.Outcome;
import io.mds.proto.Request;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AdministrationTest extends ClusterTest {
    private static final TableSchema OTHER = TableSchema.named("other")
            .column("k", ColumnType.INT64)
            .primaryKey("k")
            .build();

    @Test
    void tablesAreCreatedDescribedListedAndDropped() {
        TableSchema created = mds.createTable(OTHER);
        assertThat(created.tableId()).isPositive();
        assertThat(created).isEqualTo(OTHER);
        assertThat(mds.table("other").schema()).isEqualTo(OTHER);
        assertFails(ErrorCode.ALREADY_EXISTS, "create table 'other'", () -> mds.createTable(OTHER));
        assertThat(mds.createTableIfNotExists(OTHER).tableId()).isEqualTo(created.tableId());
        TableDescription description = mds.describeTable("files");
        assertThat(description.schema()).isEqualTo(FILES);
        assertThat(description.shards())
                .hasSize(4)
                .allMatch(shard -> shard.leader().isPresent());
        mds.dropTable("other");
        assertFails(ErrorCode.NOT_FOUND, "drop table 'other'", () -> mds.dropTable("other"));
        assertThat(mds.dropTableIfExists("other")).isFalse();
        assertThat(mds.dropTableIfExistsAsync("files").join()).isTrue();
    }

    @Test
    void longListsOfTablesComeInPages() {
        IntStream.range(0, 5)
                .forEach(i -> mds.createTable(TableSchema.named("t" + i)
                        .column("k", ColumnType.INT64)
                        .primaryKey("k")
                        .build()));
        assertThat(mds.listTables()).extracting(TableInfo::name).containsExactly("files", "t0", "t1", "t2", "t3", "t4");
    }

    @Test
    void theStatusIsTheMastersOwn() {
        ClusterStatus status = mds.status();
        assertThat(status.clusterId()).isEqualTo("testing");
        assertThat(status.epoch().value()).isEqualTo(7);
        assertThat(status.masters()).extracting(ClusterStatus.MasterInfo::id).containsExactly("master-1");
        MetadataCheck check = mds.checkMetadata();
        assertThat(check.isEqual()).isTrue();
        assertThat(check.sequence()).isEqualTo(42);
        assertThat(mds.statusWithShardsAsync().join()).isEqualTo(status);
    }

    @Test
    void operatorsRequestsReachTheMaster() {
        ShardId shard = new ShardId(5);
        assertThat(mds.transferLeader(shard)).isEqualTo(new RegionId(1));
        assertThat(mds.transferLeaderAsync(shard, new RegionId(3)).join()).isEqualTo(new RegionId(3));
        mds.moveShard(shard, new RegionId(1), new RegionId(2));
        assertThat(mds.drainRegion(new RegionId(2), true)).isEqualTo(new DrainStatus(2, 5, 0, 0, 0));
        mds.cancelDrainAsync(new RegionId(2)).join();
        List<Request> requests = cluster.master(0).requests();
        assertThat(requests.get(requests.size() - 3).getMoveShard())
                .isEqualTo(MoveShardRequest.newBuilder()
                        .setShardId(5)
                        .setFromRegion(1)
                        .setToRegion(2)
                        .build());
        assertThat(requests.get(requests.size() - 1).getDrainRegion().getCancel())
                .isTrue();
    }

    @Test
    void aDrainWhoseAnswerWasLostIsAskedForAgain() {
        cluster.master(0).failNext(Fault.cutAfterApplying());
        assertThat(mds.drainRegion(new RegionId(2), false).isDone(false)).isFalse();
        assertThat(new DrainStatus(0, 5, 0, 0, 0).isDone(false)).isTrue();
        assertThat(new DrainStatus(0, 5, 0, 0, 0).isDone(true)).isFalse();
    }

    @Test
    void anUnknownTableIsNamed() {
        assertFails(
                ErrorCode.NOT_FOUND,
                "table 'nosuch' does not exist",
                () -> mds.table("nosuch").get(1));
        mds.createTable(TableSchema.named("nosuch")
                .column("k", ColumnType.INT64)
                .primaryKey("k")
                .build());
        assertThat(mds.table("nosuch").get(1)).isEmpty();
    }

    @Test
    void aTableMadeByAnotherClientIsFoundAfterItWasMissing() {
        Table late = mds.table("other");
        assertFails(ErrorCode.NOT_FOUND, "'other'", () -> late.get(1));
        try (MdsClient creator = MdsClient.connect(options().build())) {
            creator.createTable(OTHER);
        }
        assertThat(late.get(1)).isEmpty();
    }

    @Test
    void aTableDroppedAndMadeAgainIsAnotherTable() {
        files.upsert(file("/etc", "hosts", 1));
        try (MdsClient other = MdsClient.connect(options().build())) {
            other.dropTable("files");
            other.createTable(FILES);
        }
        cluster.pushDropped("files");
        assertThat(files.withTimeout(Duration.ofSeconds(5)).get("/etc", "hosts"))
                .isEmpty();
    }

    @Test
    void aTableDroppedBehindTheClientsBackIsNotFound() {
        files.upsert(file("/etc", "hosts", 1));
        try (MdsClient other = MdsClient.connect(options().build())) {
            other.dropTable("files");
        }
        assertFails(ErrorCode.NOT_FOUND, "table 'files' does not exist", () -> files.get("/etc", "hosts"));
    }

    @Test
    void aStandbysHintLeadsToTheActiveMaster() {
        cluster.activate(cluster.master(1));
        mds.createTable(OTHER);
        assertThat(cluster.master(1).requests()).anyMatch(request -> request.hasCreateTable());
    }

    @Test
    void withoutHintsTheListedMastersAreTriedInTurn() {
        cluster.master(0).hinting(false);
        cluster.activate(cluster.master(1));
        mds.createTable(OTHER);
        assertThat(cluster.master(1).requests()).anyMatch(request -> request.hasCreateTable());
    }

    @Test
    void aMasterThatWentDownIsReplacedByTheNext() {
        cluster.master(0).stop();
        cluster.activate(cluster.master(1));
        mds.createTable(OTHER);
        assertThat(mds.listTables()).hasSize(2);
    }

    @Test
    void aCreationWhoseAnswerWasLostSucceedsWhenItIsRepeated() {
        cluster.master(0).failNext(Fault.cutAfterApplying());
        assertThat(mds.createTable(OTHER).tableId()).isPositive();
        cluster.master(0).failNext(Fault.cutAfterApplying());
        mds.dropTable("other");
        assertThat(mds.listTables()).hasSize(1);
    }

    @Test
    void aSilentMasterIsLeftForReadsAndTheDeadlineHoldsForChanges() {
        cluster.master(0).failNext(Fault.silence());
        try (MdsClient impatient =
                MdsClient.connect(options().attemptTimeout(IMPATIENT).build())) {
            assertThat(impatient.listTables()).hasSize(1);
        }
        cluster.master(0).failNext(Fault.silence());
        cluster.master(1).hinting(true);
        MdsException e = failure(() -> mds.withTimeout(Duration.ofSeconds(1)).createTable(OTHER));
        assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
    }

    @Test
    void withAllMastersDownTheDeadlineHoldsAndNothingWasApplied() {
        cluster.master(0).stop();
        cluster.master(1).stop();
        try (MdsClient fresh =
                MdsClient.connect(options().timeout(Duration.ofMillis(400)).build())) {
            MdsException e = failure(() -> fresh.createTable(OTHER));
            assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
            assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(e).hasMessageContaining("create table 'other'");
            assertThat(failure(() -> fresh.table("files").get("/", "x")).outcome())
                    .isEqualTo(Outcome.NOT_APPLIED);
        }
    }
}
