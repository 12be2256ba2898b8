package io.mds.region.service;

import static io.mds.region.service.TestingRegion.drop;
import static io.mds.region.service.TestingRegion.open;
import static io.mds.region.service.TestingRegion.write;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.ShardReport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a region says of its shards when the disk of its log fails or hangs: others have to lead them. */
class SickLogTest {
    @TempDir
    private Path directory;

    private final SickDisk disk = new SickDisk();
    private TestingRegion region;

    @BeforeEach
    void start() throws Exception {
        region = new TestingRegion(1, directory, new RequestLimits(10_000, 100, 100), 1_000, disk);
        region.fromMaster(open(1, 1, 10, 11, 12)).get();
        await().until(() -> all(ShardReport::getServing));
    }

    @AfterEach
    void stop() throws IOException {
        disk.answer();
        region.close();
    }

    private boolean all(Predicate<ShardReport> what) {
        return region.shards().reports().stream().allMatch(what);
    }

    private CompletableFuture<Reply> upsertInto(long shard) {
        return region.fromClient(write(shard, 1, 1, 1, upsert(key(1), row("size", 1L))));
    }

    private static MdsException failure(CompletableFuture<Reply> call) {
        return (MdsException)
                catchThrowableOfType(CompletionException.class, call::join).getCause();
    }

    @Test
    void whenTheLogFailsAllShardsFailAndAreReportedAtOnce() {
        AtomicInteger news = new AtomicInteger();
        region.shards().onNews(news::incrementAndGet);
        disk.fail();
        assertThat(failure(upsertInto(10)).outcome()).isEqualTo(Outcome.UNKNOWN);
        await().until(() -> all(ShardReport::getFailed));
        assertThat(all(report -> !report.getServing() && !report.getLeader())).isTrue();
        assertThat(news).hasPositiveValue();
        assertThat(failure(upsertInto(11)).outcome()).isEqualTo(Outcome.NOT_APPLIED);
    }

    @Test
    void whileTheLogHangsShardsAreReportedAsFailed() throws Exception {
        disk.hang();
        CompletableFuture<Reply> waits = upsertInto(10);
        await().until(() -> all(report -> report.getFailed() && !report.getServing() && !report.getLeader()));
        disk.answer();
        waits.get();
        await().until(() -> all(report -> report.getServing() && !report.getFailed()));
    }

    @Test
    void aDropThatTheLogDidNotTakeInTimeIsFinishedByTheNextOrder() throws Exception {
        disk.hang();
        MdsException refused = failure(region.fromMaster(drop(1, 10)));
        assertThat(refused.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(failure(upsertInto(10)).outcome()).isEqualTo(Outcome.NOT_APPLIED);
        disk.answer();
        region.fromMaster(drop(1, 10)).get();
        assertThat(region.store().shard(new ShardId(10))).isEmpty();
        assertThat(region.shards().get(10)).isNull();
    }

    @Test
    void aShardThatIsPlannedWhereItsDropWasNotFinishedIsMadeAnew() throws Exception {
        upsertInto(10).get();
        disk.hang();
        assertThat(failure(region.fromMaster(drop(1, 10))).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        disk.answer();
        region.fromMaster(open(1, 1, 10, 11)).get();
        await().atMost(Duration.ofSeconds(20)).until(() -> all(ShardReport::getServing));
        assertThat(region.store().shard(new ShardId(10)).orElseThrow().rowCount())
                .isZero();
    }
}
