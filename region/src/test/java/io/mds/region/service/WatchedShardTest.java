package io.mds.region.service;

import static io.mds.region.service.TestingRegion.drop;
import static io.mds.region.service.TestingRegion.open;
import static io.mds.region.service.TestingRegion.ref;
import static io.mds.region.service.TestingRegion.write;
import static io.mds.region.store.Writes.delete;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.ChangesReply;
import io.mds.proto.ChangesRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.RowChange;
import io.mds.proto.ShardReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Polls for the changes of a shard, through real sockets. */
class WatchedShardTest {
    private static final int LONG = 20_000;

    @TempDir
    private Path directory;

    private TestingRegion region;
    private long sequence;

    @BeforeEach
    void start() throws Exception {
        region = new TestingRegion(directory, RequestLimits.DEFAULTS, 50);
        Reply unused = region.fromMaster(open(1, 1, 10)).get();
        awaitServing();
    }

    @AfterEach
    void stop() throws IOException {
        region.close();
    }

    private void awaitServing() {
        await().until(() -> region.shards().reports().stream().allMatch(ShardReport::getServing));
    }

    private void put(int key) throws Exception {
        Reply unused = region.fromClient(write(10, 1, 1, ++sequence, upsert(key(key), row())))
                .get();
    }

    private CompletableFuture<Reply> poll(long after, int limit, int waitMs) {
        return region.fromClient(Request.newBuilder()
                .setChanges(ChangesRequest.newBuilder()
                        .setShard(ref(10))
                        .setAfterPosition(after)
                        .setLimit(limit)
                        .setWaitMs(waitMs)));
    }

    private long now() throws Exception {
        return region.fromClient(Request.newBuilder()
                        .setChanges(
                                ChangesRequest.newBuilder().setShard(ref(10)).setFromNow(true)))
                .get()
                .getChanges()
                .getPosition();
    }

    private static MdsException refusal(CompletableFuture<Reply> call) {
        ExecutionException failure = catchThrowableOfType(ExecutionException.class, call::get);
        assertThat(failure).isNotNull();
        return (MdsException) failure.getCause();
    }

    private static ErrorCode failure(CompletableFuture<Reply> call) {
        return refusal(call).code();
    }

    @Test
    void whatIsThereIsAnsweredAtOnceAndInParts() throws Exception {
        long begin = now();
        put(1);
        put(2);
        put(3);
        ChangesReply first = poll(begin, 2, LONG).get().getChanges();
        assertThat(first.getChangesList()).extracting(RowChange::getKey).containsExactly(key(1), key(2));
        ChangesReply second = poll(first.getPosition(), 2, LONG).get().getChanges();
        assertThat(second.getChangesList()).extracting(RowChange::getKey).containsExactly(key(3));
        assertThat(second.getPosition()).isEqualTo(now());
    }

    @Test
    void whoWaitsIsWokenByTheNextChange() throws Exception {
        List<CompletableFuture<Reply>> polls = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            polls.add(poll(now(), 0, LONG));
        }
        put(4);
        for (CompletableFuture<Reply> each : polls) {
            assertThat(each.get().getChanges().getChangesList())
                    .extracting(RowChange::getKey)
                    .containsExactly(key(4));
        }
    }

    @Test
    void whoWaitsInVainIsToldThePosition() throws Exception {
        long now = now();
        ChangesReply none = poll(now, 0, 300).get().getChanges();
        assertThat(none.getChangesList()).isEmpty();
        assertThat(none.getPosition()).isEqualTo(now);
        assertThat(poll(now, 0, 0).get().getChanges()).isEqualTo(none);
    }

    @Test
    void whoWaitsIsToldOfEntriesThatChangedNothingToo() throws Exception {
        put(1);
        long now = now();
        CompletableFuture<Reply> poll = poll(now, 0, LONG);
        Reply unused =
                region.fromClient(write(10, 1, 1, ++sequence, delete(key(9)))).get();
        assertThat(poll.get().getChanges().getChangesList()).isEmpty();
        assertThat(poll.get().getChanges().getPosition()).isEqualTo(now + 1);
    }

    @Test
    void positionsOfTheFutureAreForAnotherReplicaToAnswer() throws Exception {
        assertThat(failure(poll(now() + 1, 0, LONG))).isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void whatTheStoreHadBeforeARestartIsForgotten() throws Exception {
        long begin = now();
        put(1);
        long end = now();
        region.close();
        region = new TestingRegion(directory, RequestLimits.DEFAULTS, 50);
        awaitServing();
        MdsException forgotten = refusal(poll(begin, 0, LONG));
        assertThat(forgotten.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(forgotten).hasMessageContaining("shard 10").hasMessageContaining("oldest position: " + end);
        put(2);
        assertThat(poll(end, 0, LONG).get().getChanges().getChangesList())
                .extracting(RowChange::getKey)
                .containsExactly(key(2));
    }

    @Test
    void whoWaitsOnAShardThatIsDroppedIsTold() throws Exception {
        CompletableFuture<Reply> poll = poll(now(), 0, LONG);
        Reply unused = region.fromMaster(drop(1, 10)).get();
        assertThat(failure(poll)).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(failure(poll(0, 0, LONG))).isEqualTo(ErrorCode.NOT_LEADER);
    }

    @Test
    void onlySoManyWait() throws Exception {
        List<CompletableFuture<Reply>> polls = new ArrayList<>();
        for (int i = 0; i < ChangePolls.MAX_WAITING; i++) {
            polls.add(poll(now(), 0, LONG));
        }
        assertThat(failure(poll(now(), 0, LONG))).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        put(1);
        for (CompletableFuture<Reply> each : polls) {
            assertThat(each.get().getChanges().getChangesCount()).isEqualTo(1);
        }
    }
}
