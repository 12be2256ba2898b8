package io.mds.region.service;

import static io.mds.region.service.TestingRegion.ref;
import static io.mds.region.store.Writes.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.Consistency;
import io.mds.proto.ErrorCode;
import io.mds.proto.Freshness;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.region.wal.LogFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a session that has read from a follower, or while others wrote, is shown by the leader afterwards. */
class SlowLeaderTest extends ThreeRegions {
    private final SickDisk disk = new SickDisk();

    @Override
    void startRegion(long id) throws IOException {
        LogFiles files = id == 1 ? disk : LogFiles.onDisk();
        regions.put(id, new TestingRegion(id, directory.resolve("region-" + id), LIMITS, 1_000, files));
    }

    @AfterEach
    void answer() {
        disk.answer();
    }

    private CompletableFuture<Reply> get(long region, int key, Consistency consistency, long seen) {
        return regions.get(region)
                .fromClient(Request.newBuilder()
                        .setGet(GetRequest.newBuilder()
                                .setShard(ref(SHARD))
                                .addKeys(key(key))
                                .setFreshness(Freshness.newBuilder().setMinIndex(seen))
                                .setConsistency(consistency)));
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "STRONG"})
    void theLeaderShowsNoLessThanAFollowerHasShown(Consistency consistency) throws Exception {
        upsertAt(1, 1).get();
        disk.hang();
        CompletableFuture<Reply> written = upsertAt(1, 2);
        await().until(() -> getAt(2, 2, Consistency.EVENTUAL).getRows(0).getFound());
        long seen = getAt(2, 2, Consistency.EVENTUAL).getRows(0).getVersion();
        assertThat(written).isNotDone();
        MdsException refused = failure(get(1, 2, consistency, seen));
        assertThat(refused.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(refused).hasMessageContaining("the session has seen " + seen);
        assertThat(get(1, 1, consistency, seen - 1).get().getGet().getRows(0).getFound())
                .isTrue();
        disk.answer();
        written.get();
        assertThat(get(1, 2, consistency, seen).get().getGet().getRows(0).getFound())
                .isTrue();
    }

    @Test
    void aSessionThatClaimsToHaveSeenMoreThanThereIsIsAnsweredByStrongReadsOnly() throws Exception {
        upsertAt(1, 1).get();
        assertThat(get(1, 1, Consistency.STRONG, 1_000_000)
                        .get()
                        .getGet()
                        .getRows(0)
                        .getFound())
                .isTrue();
        assertThat(failure(get(1, 1, Consistency.SESSION, 1_000_000)).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "STRONG"})
    void whatIsAppliedWhileAReadWaitsIsSaidToHaveBeenSeen(Consistency consistency) throws Exception {
        long before = upsertAt(1, 1).get().getWrite().getVersion();
        CountDownLatch free = new CountDownLatch(1);
        CountDownLatch busy = new CountDownLatch(TestingRegion.READ_THREADS);
        List<CompletableFuture<Void>> readers = new ArrayList<>();
        for (int i = 0; i < TestingRegion.READ_THREADS; i++) {
            readers.add(CompletableFuture.runAsync(
                    () -> {
                        busy.countDown();
                        wait(free);
                    },
                    regions.get(1L).workers().read()));
        }
        busy.await();
        CompletableFuture<Reply> reading = get(1, 2, consistency, 0);
        // On the same connection: the read has begun when this is answered.
        long after = upsertAt(1, 2).get().getWrite().getVersion();
        assertThat(reading).isNotDone();
        free.countDown();
        GetReply read = reading.get().getGet();
        assertThat(read.getRows(0).getVersion()).isEqualTo(after);
        assertThat(read.getState().getAppliedIndex()).isEqualTo(before);
        assertThat(read.getState().getNewestIndex()).isEqualTo(after);
        for (CompletableFuture<Void> reader : readers) {
            reader.get();
        }
    }

    private static void wait(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
