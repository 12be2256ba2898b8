package io.mds.region.service;

import static io.mds.region.service.TestingRegion.open;
import static io.mds.region.service.TestingRegion.ref;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.ShardChecksumRequest;
import io.mds.proto.ShardReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checksums that a region is asked for while it has no time for them. */
class ReplicaChecksumsTest {
    @TempDir
    private Path directory;

    @Test
    void anOrderThatFindsNoWorkerIsRefusedWithAHint() throws Exception {
        try (TestingRegion region = new TestingRegion(directory, RequestLimits.DEFAULTS, 50)) {
            Reply unused = region.fromMaster(open(1, 1, 10)).get();
            await().until(() -> region.shards().reports().stream().allMatch(ShardReport::getServing));
            CountDownLatch freed = new CountDownLatch(1);
            for (int i = 0; i < TestingRegion.READ_THREADS + TestingRegion.QUEUED_READS; i++) {
                region.workers().read().execute(() -> hold(freed));
            }
            ExecutionException failure = catchThrowableOfType(
                    ExecutionException.class, () -> checksum(region).get());
            assertThat(failure).isNotNull();
            MdsException refusal = (MdsException) failure.getCause();
            assertThat(refusal.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(refusal.retryAfter()).isGreaterThan(Duration.ZERO);
            assertThat(refusal).hasMessageContaining("limits.queued-reads");
            freed.countDown();
            await().until(() -> region.workers().waitingReads() == 0);
            assertThat(checksum(region).get().getShardChecksum().getAppliedIndex())
                    .isPositive();
        }
    }

    private static void hold(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static CompletableFuture<Reply> checksum(TestingRegion region) {
        return region.fromClient(Request.newBuilder()
                .setShardChecksum(
                        ShardChecksumRequest.newBuilder().setShard(ref(10)).setRanges(4)));
    }
}
