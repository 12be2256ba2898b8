package io.mds.region.service;

import static io.mds.region.service.TestingRegion.drop;
import static io.mds.region.service.TestingRegion.get;
import static io.mds.region.service.TestingRegion.open;
import static io.mds.region.service.TestingRegion.ref;
import static io.mds.region.service.TestingRegion.write;
import static io.mds.region.store.Writes.increment;
import static io.mds.region.store.Writes.insert;
import static io.mds.region.store.Writes.int64;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.read;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.update;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.EncodedRow;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.ShardReport;
import io.mds.proto.WriteReply;
import io.mds.rpc.Deadline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A region's requests through real sockets, onto a real log and store. */
class RegionServiceTest {
    private static final int QUEUED_WRITES = 50;
    private static final RequestLimits LIMITS = new RequestLimits(10_000, 100, 100);

    @TempDir
    private Path directory;

    private TestingRegion region;

    @BeforeEach
    void start() throws Exception {
        region = new TestingRegion(directory, LIMITS, QUEUED_WRITES);
        order(open(1, 1, 10));
    }

    @AfterEach
    void stop() throws IOException {
        region.close();
    }

    private void restart() throws IOException {
        region.close();
        region = new TestingRegion(directory, LIMITS, QUEUED_WRITES);
        awaitServing();
    }

    private void awaitServing() {
        await().until(() -> region.shards().reports().stream().allMatch(ShardReport::getServing));
    }

    private Reply order(Request.Builder request) throws Exception {
        Reply reply = region.fromMaster(request).get();
        awaitServing();
        return reply;
    }

    private Reply ask(Request.Builder request) throws Exception {
        return region.fromClient(request).get();
    }

    private WriteReply wrote(Request.Builder request) throws Exception {
        return ask(request).getWrite();
    }

    private static MdsException refusal(CompletableFuture<Reply> call) {
        ExecutionException failure = catchThrowableOfType(ExecutionException.class, call::get);
        assertThat(failure).isNotNull();
        return (MdsException) failure.getCause();
    }

    private MdsException refused(Request.Builder request) {
        return refusal(region.fromClient(request));
    }

    private long size(int key) throws Exception {
        EncodedRow row = ask(get(10, key)).getGet().getRows(0);
        return row.getFound() ? (Long) read(row.getRow(), "size") : -1;
    }

    @Test
    void aWriteWhoseDeadlineHasPassedIsNotDone() throws Exception {
        Deadline passed = new Deadline(System.nanoTime() - 1);
        Request.Builder write = write(10, 1, 0, 1, insert(key(1), row("size", 5L)));
        MdsException refusal = refusal(region.handled(write, passed));
        assertThat(refusal.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(refusal.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(refusal).hasMessageContaining("the write waited until its deadline had passed");
        assertThat(size(1)).isEqualTo(-1);
    }

    @Test
    void whatWasAnsweredIsReadBackAlsoAfterARestart() throws Exception {
        long version =
                wrote(write(10, 1, 0, 1, insert(key(1), row("size", 5L)))).getVersion();
        assertThat(ask(get(10, 1)).getGet().getRows(0).getVersion()).isEqualTo(version);
        restart();
        assertThat(size(1)).isEqualTo(5);
        assertThat(ask(get(10, 1)).getGet().getRows(0).getVersion()).isEqualTo(version);
    }

    @Test
    void aWriteThatArrivesAgainGetsItsFirstAnswerAndIsNotAppliedAgainAlsoAfterARestart() throws Exception {
        wrote(write(10, 1, 0, 1, insert(key(1), row("size", 0L))));
        Request.Builder increment = write(10, 1, 0, 2, update(key(1), increment("size", int64(1))));
        WriteReply first = wrote(increment.clone());
        WriteReply second = wrote(increment.clone());
        restart();
        WriteReply third = wrote(increment.clone());
        assertThat(first.getDuplicate()).isFalse();
        assertThat(List.of(second, third))
                .allSatisfy(answer -> assertThat(answer.getDuplicate()).isTrue())
                .allSatisfy(answer -> assertThat(answer.getVersion()).isEqualTo(first.getVersion()));
        assertThat(size(1)).isEqualTo(1);
    }

    /** Few at once are applied by the log thread, many by workers: neither order nor number may suffer from the change. */
    @Test
    void writesAreAppliedInOrderWhicheverThreadAppliesThem() throws Exception {
        wrote(write(10, 1, 0, 1, insert(key(1), row("size", 0L))));
        long expected = 0;
        long sequence = 2;
        for (int burst : new int[] {1, 40, 1, 3, 40, 2, 5, 1, 40}) {
            List<CompletableFuture<Reply>> answers = new ArrayList<>();
            for (int slot = 0; slot < burst; slot++) {
                answers.add(region.fromClient(
                        write(10, 2, slot, sequence, update(key(1), increment("size", int64(1))))));
            }
            sequence++;
            expected += burst;
            Set<Long> versions = new HashSet<>();
            long last = 0;
            for (CompletableFuture<Reply> answer : answers) {
                last = answer.get().getWrite().getVersion();
                versions.add(last);
            }
            assertThat(versions).hasSize(burst);
            EncodedRow row = ask(get(10, 1)).getGet().getRows(0);
            assertThat(row.getVersion()).isEqualTo(last);
            assertThat(size(1)).isEqualTo(expected);
        }
    }

    /** Rows that are not in memory make the log thread leave the write to a worker. */
    @Test
    void aWriteToARowThatOnlyTheDatabaseHasIsAppliedToo() throws Exception {
        wrote(write(10, 1, 0, 1, insert(key(1), row("size", 41L))));
        region.store().checkpoint();
        restart();
        wrote(write(10, 1, 0, 2, update(key(1), increment("size", int64(1)))));
        assertThat(size(1)).isEqualTo(42);
    }

    @Test
    void aShardThatIsNotHereIsForAnotherRegion() {
        MdsException failure = refused(get(11, 1));
        assertThat(failure.code()).isEqualTo(ErrorCode.NOT_LEADER);
        assertThat(failure).hasMessageContaining("shard 11 is not on this region");
    }

    @Test
    void aShardOfAnotherTableAndANewerSchemaAreStaleRoutes() {
        Request.Builder otherTable = get(10, 1);
        otherTable.getGetBuilder().setShard(ref(10).toBuilder().setTableId(99));
        Request.Builder newerSchema = get(10, 1);
        newerSchema.getGetBuilder().setShard(ref(10).toBuilder().setSchemaVersion(7));
        assertThat(refused(otherTable).code()).isEqualTo(ErrorCode.STALE_ROUTE);
        assertThat(refused(newerSchema).code()).isEqualTo(ErrorCode.STALE_ROUTE);
    }

    @Test
    void onlyAMasterOpensAndDropsShards() {
        assertThat(refused(open(5, 1, 12)).code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(refused(drop(5, 10)).code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(region.store().shards()).hasSize(1);
    }

    @Test
    void ordersOfADeposedMasterChangeNothingAlsoAfterARestart() throws Exception {
        order(open(3, 1, 10));
        assertDeposed();
        restart();
        assertThat(region.orders().epoch().value()).isEqualTo(3);
        assertDeposed();
    }

    private void assertDeposed() {
        for (Request.Builder order : List.of(drop(2, 10), open(2, 1, 12))) {
            MdsException failure = refusal(region.fromMaster(order));
            assertThat(failure.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
            assertThat(failure).hasMessageContaining("epoch 2").hasMessageContaining("epoch 3");
        }
        assertThat(region.store().shards())
                .singleElement()
                .satisfies(shard -> assertThat(shard.id().value()).isEqualTo(10));
    }

    @Test
    void openingAgainIsHarmlessAndANewViewServesToo() throws Exception {
        wrote(write(10, 1, 0, 1, insert(key(1), row("size", 1L))));
        order(open(1, 1, 10));
        order(open(1, 4, 10));
        assertThat(size(1)).isEqualTo(1);
        assertThat(region.shards().reports())
                .singleElement()
                .satisfies(report -> assertThat(report.getView()).isEqualTo(4));
        wrote(write(10, 1, 0, 2, upsert(key(1), row("size", 2L))));
        assertThat(size(1)).isEqualTo(2);
    }

    @Test
    void aDroppedShardIsGoneAndStaysSo() throws Exception {
        wrote(write(10, 1, 0, 1, insert(key(1), row())));
        order(drop(1, 10));
        order(drop(1, 10));
        assertThat(refused(get(10, 1)).code()).isEqualTo(ErrorCode.NOT_LEADER);
        restart();
        assertThat(region.store().shards()).isEmpty();
    }

    @Test
    void whatIsMalformedIsRefusedBeforeItReachesTheLog() throws Exception {
        long before = region.shards().appliedIndexes().get(10L).value();
        Request.Builder noClient = write(10, 1, 0, 1, insert(key(1), row()));
        noClient.getWriteBuilder().clearRequestId();
        for (Request.Builder bad : List.of(
                noClient,
                write(10, 1, 0, 1),
                write(10, 1, 0, 1, insert(com.google.protobuf.ByteString.copyFromUtf8("x"), row())),
                write(10, 1, 0, 1, insert(key(1), com.google.protobuf.ByteString.copyFromUtf8("\u0001x"))),
                write(10, 1, 0, 1, insert(key(1), row("owner", "o".repeat(20_000)))),
                Request.newBuilder())) {
            MdsException failure = refused(bad);
            assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(failure.isRetryable()).isFalse();
        }
        assertThat(region.shards().appliedIndexes().get(10L).value()).isEqualTo(before);
        wrote(write(10, 1, 0, 1, insert(key(1), row())));
    }

    @Test
    void moreWritesThanMayWaitAreRefusedWithAHintAndTheOthersAreApplied() throws Exception {
        List<CompletableFuture<Reply>> answers = new ArrayList<>();
        for (int i = 0; i < 40 * QUEUED_WRITES; i++) {
            answers.add(region.fromClient(write(10, 1, i, 1, insert(key(i), row()))));
        }
        int written = 0;
        for (CompletableFuture<Reply> answer : answers) {
            try {
                written += answer.get().getWrite().getVersion() > 0 ? 1 : 0;
            } catch (ExecutionException e) {
                MdsException failure = (MdsException) e.getCause();
                assertThat(failure.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
                assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(failure.retryAfter()).isPositive();
            }
        }
        assertThat(written).isBetween(QUEUED_WRITES, answers.size() - 1);
        assertThat(region.shards().reports().get(0).getRows()).isEqualTo(written);
    }

    @Test
    void manyShardsServeWithoutMoreThreads() throws Exception {
        long[] shards = java.util.stream.LongStream.range(100, 200).toArray();
        int before = Thread.activeCount();
        order(open(1, 1, shards));
        for (long shard : shards) {
            wrote(write(shard, 1, 0, 1, insert(key(1), row())));
        }
        assertThat(Thread.activeCount() - before).isLessThan(20);
    }
}
