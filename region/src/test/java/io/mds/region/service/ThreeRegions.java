package io.mds.region.service;

import static io.mds.region.service.TestingRegion.ref;
import static io.mds.region.service.TestingRegion.write;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.Consistency;
import io.mds.proto.Freshness;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.OpenShard;
import io.mds.proto.OpenShardsRequest;
import io.mds.proto.RegionAddress;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.SealShardsReply.Sealed;
import io.mds.proto.SealShardsRequest;
import io.mds.proto.ShardReport;
import io.mds.proto.ShardView;
import io.mds.region.store.Writes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Three regions with a replica each, over real sockets, logs and stores; the test is their master. */
abstract class ThreeRegions {
    static final long SHARD = 10;
    static final RequestLimits LIMITS = new RequestLimits(10_000, 100, 100);

    @TempDir
    Path directory;

    final Map<Long, TestingRegion> regions = new TreeMap<>();
    int sequence;

    @BeforeEach
    void start() throws Exception {
        for (long id = 1; id <= 3; id++) {
            startRegion(id);
        }
        open(1, 1);
        awaitServing(1, 1);
    }

    @AfterEach
    void stop() throws IOException {
        for (TestingRegion region : regions.values()) {
            region.close();
        }
    }

    void startRegion(long id) throws IOException {
        regions.put(id, new TestingRegion(id, directory.resolve("region-" + id), LIMITS, 1_000));
    }

    void stopRegion(long id) throws IOException {
        regions.remove(id).close();
    }

    /** Tells all that are up of a view. */
    void open(long view, long leader) throws Exception {
        open(ShardView.newBuilder().setShardId(SHARD).setView(view).setLeaderRegion(leader));
    }

    void open(ShardView.Builder told) throws Exception {
        for (long id = 1; id <= 3; id++) {
            TestingRegion region = regions.get(id);
            told.addReplicas(
                    region == null ? RegionAddress.newBuilder().setRegionId(id).build() : region.address());
        }
        Request.Builder request = Request.newBuilder()
                .setOpenShards(OpenShardsRequest.newBuilder()
                        .setEpoch(1)
                        .addShards(OpenShard.newBuilder()
                                .setSchema(Writes.SCHEMA.toProto())
                                .setView(told)));
        for (TestingRegion region : regions.values()) {
            region.fromMaster(request.clone()).get();
        }
    }

    /** Seals all that are up, and gives what they answered. */
    Map<Long, Sealed> seal(long view) throws Exception {
        Map<Long, CompletableFuture<Reply>> asked = new HashMap<>();
        regions.forEach((id, region) -> asked.put(
                id,
                region.fromMaster(Request.newBuilder()
                        .setSealShards(SealShardsRequest.newBuilder()
                                .setEpoch(1)
                                .addSeals(SealShardsRequest.Seal.newBuilder()
                                        .setShardId(SHARD)
                                        .setView(view))))));
        Map<Long, Sealed> answers = new TreeMap<>();
        for (Map.Entry<Long, CompletableFuture<Reply>> each : asked.entrySet()) {
            answers.put(each.getKey(), each.getValue().get().getSealShards().getAnswers(0));
        }
        return answers;
    }

    static long mostAdvanced(Map<Long, Sealed> answers) {
        return answers.entrySet().stream()
                .max(Comparator.<Map.Entry<Long, Sealed>>comparingLong(
                                each -> each.getValue().getLastView())
                        .thenComparingLong(each -> each.getValue().getLastIndex()))
                .orElseThrow()
                .getKey();
    }

    ShardReport report(long region) {
        return regions.get(region).shards().reports().get(0);
    }

    void awaitServing(long leader, long view) {
        await().until(() -> report(leader).getServing() && report(leader).getView() == view);
    }

    CompletableFuture<Reply> upsertAt(long region, int key) {
        return regions.get(region).fromClient(write(SHARD, 1, 1, ++sequence, upsert(key(key), row("size", (long)
                key))));
    }

    GetReply getAt(long region, int key, Consistency consistency) throws Exception {
        return regions.get(region)
                .fromClient(Request.newBuilder()
                        .setGet(GetRequest.newBuilder()
                                .setShard(ref(SHARD))
                                .addKeys(key(key))
                                .setFreshness(Freshness.getDefaultInstance())
                                .setConsistency(consistency)))
                .get()
                .getGet();
    }

    boolean hasAtStrong(long region, int key) throws Exception {
        return getAt(region, key, Consistency.STRONG).getRows(0).getFound();
    }

    void awaitAllHave(long index) {
        for (long id : regions.keySet()) {
            await("region " + id).until(() -> report(id).getAppliedIndex() >= index);
        }
    }

    static MdsException failure(CompletableFuture<Reply> call) {
        CompletionException failed = catchThrowableOfType(CompletionException.class, call::join);
        return (MdsException) failed.getCause();
    }
}
