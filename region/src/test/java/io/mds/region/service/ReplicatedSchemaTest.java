package io.mds.region.service;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.ApplySchemaRequest;
import io.mds.proto.Assignment;
import io.mds.proto.Consistency;
import io.mds.proto.ErrorCode;
import io.mds.proto.Freshness;
import io.mds.proto.GetRequest;
import io.mds.proto.OpenShard;
import io.mds.proto.OpenShardsRequest;
import io.mds.proto.Operation;
import io.mds.proto.RegionAddress;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.ShardRef;
import io.mds.proto.ShardReport;
import io.mds.proto.ShardView;
import io.mds.proto.Value;
import io.mds.region.store.ShardCopy;
import io.mds.region.store.Writes;
import io.mds.table.ColumnType;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A schema on its way through the log of a shard to three regions; the test is their master. */
class ReplicatedSchemaTest {
    private static final long SHARD = 10;
    private static final RequestLimits LIMITS = new RequestLimits(10_000, 100, 100);
    private static final TableSchema SECOND = SCHEMA.alter(
            List.of(TableChange.addNullableColumn("mode", ColumnType.INT32), TableChange.dropColumn("owner")));
    private static final TableSchema THIRD = SECOND.withIndex("by_size", List.of("size"));

    @TempDir
    private Path directory;

    private final Map<Long, TestingRegion> regions = new TreeMap<>();
    private int sequence;

    @BeforeEach
    void start() throws Exception {
        for (long id = 1; id <= 3; id++) {
            startRegion(id, "region-" + id);
        }
        openAll(List.of());
        await().until(() -> report(1).getServing());
    }

    @AfterEach
    void stop() throws IOException {
        for (TestingRegion region : regions.values()) {
            region.close();
        }
    }

    private void startRegion(long id, String name) throws IOException {
        regions.put(id, new TestingRegion(id, directory.resolve(name), LIMITS, 1_000));
    }

    /** Region 1 leads; replicas begin with the first schema, whatever the table's is. */
    private void openAll(List<Long> learners) throws Exception {
        ShardView.Builder view =
                ShardView.newBuilder().setShardId(SHARD).setView(1).setLeaderRegion(1);
        for (long id = 1; id <= 3; id++) {
            view.addReplicas(regions.containsKey(id) ? regions.get(id).address() : address(id));
        }
        learners.forEach(id -> view.addLearners(regions.get(id).address()));
        for (TestingRegion region : regions.values()) {
            region.fromMaster(Request.newBuilder()
                            .setOpenShards(OpenShardsRequest.newBuilder()
                                    .setEpoch(1)
                                    .addShards(OpenShard.newBuilder()
                                            .setSchema(SCHEMA.toProto())
                                            .setView(view))))
                    .get();
        }
    }

    private static RegionAddress address(long id) {
        return RegionAddress.newBuilder().setRegionId(id).build();
    }

    private ShardReport report(long region) {
        return regions.get(region).shards().reports().get(0);
    }

    private void apply(TableSchema schema) throws Exception {
        for (int time = 0; time < 2; time++) {
            // Asked twice, as by a master that has just taken over.
            regions.get(1L)
                    .fromMaster(Request.newBuilder()
                            .setApplySchema(ApplySchemaRequest.newBuilder()
                                    .setEpoch(1)
                                    .setSchema(schema.toProto())
                                    .addShardIds(SHARD)))
                    .get();
        }
        await().until(() -> report(1).getSchemaVersion() == schema.version());
    }

    private void awaitAll(TableSchema schema) {
        for (long id : regions.keySet()) {
            await("region " + id)
                    .until(() -> report(id).getSchemaVersion() == schema.version()
                            && report(id).getIndexesLeft() == 0
                            && report(id).getAppliedIndex() == report(1).getAppliedIndex());
        }
    }

    private static ShardRef ref(TableSchema schema) {
        return TestingRegion.ref(SHARD).toBuilder()
                .setSchemaVersion(schema.version())
                .build();
    }

    private CompletableFuture<Reply> write(TableSchema by, Operation... operations) {
        Request.Builder request = TestingRegion.write(SHARD, 1, 1, ++sequence, operations);
        request.getWriteBuilder().setShard(ref(by));
        return regions.get(1L).fromClient(request);
    }

    private CompletableFuture<Reply> get(long region, TableSchema by, int key) {
        return regions.get(region)
                .fromClient(Request.newBuilder()
                        .setGet(GetRequest.newBuilder()
                                .setShard(ref(by))
                                .addKeys(key(key))
                                .setFreshness(Freshness.getDefaultInstance())
                                .setConsistency(Consistency.EVENTUAL)));
    }

    private static MdsException refusal(CompletableFuture<Reply> answer) {
        return (MdsException)
                catchThrowableOfType(ExecutionException.class, answer::get).getCause();
    }

    private void assertAllHaveTheSameRows() {
        List<?> expected = rowsOf(1);
        for (long id : regions.keySet()) {
            assertThat(rowsOf(id)).as("region %s", id).isEqualTo(expected);
        }
    }

    private List<?> rowsOf(long region) {
        try (ShardCopy copy = regions.get(region).store().shards().get(0).copy()) {
            return copy.nextPage(10_000, 10 << 20).rows();
        }
    }

    @Test
    void clientsOfOlderSchemasGoOnAndThoseOfNewerOnesAreToldToWait() throws Exception {
        write(SCHEMA, upsert(key(1), row("owner", "root"))).get();
        assertThat(refusal(get(1, SECOND, 1)).code()).isEqualTo(ErrorCode.STALE_ROUTE);
        apply(SECOND);
        write(SCHEMA, upsert(key(2), row("size", 4L))).get();
        assertThat(get(1, SCHEMA, 2).get().getGet().getRows(0).getFound()).isTrue();
        assertThat(get(1, SECOND, 2).get().getGet().getRows(0).getFound()).isTrue();
        MdsException refused = refusal(write(SCHEMA, upsert(key(3), row("owner", "root"))));
        assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(refused).hasMessageContaining("schema version 2");
        Assignment mode = Assignment.newBuilder()
                .setColumnId(SECOND.column("mode").id())
                .setSet(Value.newBuilder().setInt32(7))
                .build();
        write(SECOND, Writes.update(key(1), mode)).get();
        awaitAll(SECOND);
        assertAllHaveTheSameRows();
    }

    @Test
    void aReplicaThatWasAwayTakesOlderWritesAndThenTheSchema() throws Exception {
        for (int i = 0; i < 20; i++) {
            write(SCHEMA, upsert(key(i), row("owner", "u" + i))).get();
        }
        regions.remove(3L).close();
        for (int i = 20; i < 40; i++) {
            write(SCHEMA, upsert(key(i), row("owner", "u" + i))).get();
        }
        apply(SECOND);
        apply(THIRD);
        for (int i = 40; i < 60; i++) {
            write(THIRD, upsert(key(i), row("size", (long) i))).get();
        }
        startRegion(3, "region-3");
        assertThat(report(3).getSchemaVersion()).isEqualTo(1);
        openAll(List.of());
        awaitAll(THIRD);
        assertAllHaveTheSameRows();
        assertThat(regions.get(3L).store().shards().get(0).schema()).isEqualTo(THIRD);
    }

    @Test
    void aReplicaThatRestartsHasTheSchemaThatItHad() throws Exception {
        write(SCHEMA, upsert(key(1), row("owner", "root"))).get();
        apply(SECOND);
        apply(THIRD);
        awaitAll(THIRD);
        regions.remove(2L).close();
        startRegion(2, "region-2");
        await().until(() -> report(2).getSchemaVersion() == 3);
        openAll(List.of());
        write(THIRD, upsert(key(2), row())).get();
        awaitAll(THIRD);
        assertAllHaveTheSameRows();
    }

    @Test
    void aReplicaThatBeginsWithNothingGoesThroughAllSchemas() throws Exception {
        write(SCHEMA, upsert(key(1), row("owner", "root"))).get();
        apply(SECOND);
        write(SECOND, upsert(key(2), row())).get();
        apply(THIRD);
        startRegion(4, "region-4");
        openAll(List.of(4L));
        awaitAll(THIRD);
        assertAllHaveTheSameRows();
    }
}
