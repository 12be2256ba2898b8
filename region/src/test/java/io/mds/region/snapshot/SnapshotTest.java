package io.mds.region.snapshot;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ErrorCode;
import io.mds.proto.FetchSnapshotReply;
import io.mds.proto.FetchSnapshotRequest;
import io.mds.proto.KeyRange;
import io.mds.proto.Operation;
import io.mds.proto.ShardChecksumReply;
import io.mds.proto.ShardChecksumRequest;
import io.mds.region.replication.LogPosition;
import io.mds.region.snapshot.SnapshotPulls.Progress;
import io.mds.region.store.Copies;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.store.StoreSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A shard's copy served from one store and pulled into another, with faults on the way. */
class SnapshotTest {
    private static final ShardId SHARD = new ShardId(7);
    private static final ViewNumber VIEW = new ViewNumber(1);
    private static final SnapshotSettings SETTINGS = new SnapshotSettings(
            4_000, Duration.ofMinutes(1), 1L << 40, 2, Duration.ofSeconds(20), Duration.ofSeconds(10));

    @TempDir
    private Path directory;

    private final ExecutorService workers = Executors.newFixedThreadPool(2);
    private Store from;
    private Store to;
    private ShardStore shard;
    private SnapshotServer server;
    private SnapshotPulls pulls;

    @BeforeEach
    void open() {
        from = Store.open(StoreSettings.h2File(directory.resolve("from")), new SimpleMeterRegistry());
        to = Store.open(StoreSettings.h2File(directory.resolve("to")), new SimpleMeterRegistry());
        shard = from.createShard(SHARD, SCHEMA, VIEW);
        use(SETTINGS);
    }

    private void use(SnapshotSettings settings) {
        closeBoth();
        server = new SnapshotServer(from::shard, workers, settings);
        pulls = new SnapshotPulls(to, settings);
    }

    private void closeBoth() {
        if (server != null) {
            pulls.close();
            server.close();
        }
    }

    @AfterEach
    void close() {
        closeBoth();
        from.close();
        to.close();
        workers.shutdownNow();
    }

    private void fill(int rows) {
        long index = shard.appliedIndex().value();
        for (int begin = 0; begin < rows; begin += 1_000) {
            List<Operation> some = new ArrayList<>();
            for (int i = begin; i < Math.min(rows, begin + 1_000); i++) {
                some.add(upsert(key(i), row("size", (long) i)));
            }
            shard.apply(List.of(entry(++index, request(1, 0, index, some.toArray(Operation[]::new)))));
        }
    }

    private SnapshotPull pull(TestingSource source) {
        return pulls.start(SHARD, SCHEMA, VIEW, source, Progress.NONE);
    }

    private static LogPosition resultOf(SnapshotPull pull) throws Exception {
        return pull.result().get(60, TimeUnit.SECONDS);
    }

    private static ErrorCode failureOf(SnapshotPull pull) throws Exception {
        try {
            throw new AssertionError("pulled: " + resultOf(pull));
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(MdsException.class);
            return ((MdsException) e.getCause()).code();
        }
    }

    private void assertSame() {
        ShardStore pulled = to.shard(SHARD).orElseThrow();
        assertThat(Copies.rows(pulled)).isEqualTo(Copies.rows(shard));
        assertThat(pulled.appliedIndex()).isEqualTo(shard.appliedIndex());
        assertThat(checksums(pulled, 5)).isEqualTo(checksums(shard, 5));
    }

    private static ShardChecksumReply checksums(ShardStore of, int ranges) {
        return ShardChecksums.of(
                of, ShardChecksumRequest.newBuilder().setRanges(ranges).build());
    }

    @Test
    void aPulledShardIsTheSame() throws Exception {
        fill(1_000);
        TestingSource source = new TestingSource(server, TestingSource.NONE);
        AtomicLong rows = new AtomicLong();
        SnapshotPull pull = pulls.start(SHARD, SCHEMA, VIEW, source, (at, total, bytes) -> {
            assertThat(at).isGreaterThanOrEqualTo(rows.getAndSet(at));
            assertThat(total).isEqualTo(1_000);
            assertThat(bytes).isPositive();
        });
        assertThat(resultOf(pull)).isEqualTo(new LogPosition(VIEW, new LogIndex(1)));
        assertThat(rows).hasValue(1_000);
        assertThat(source.calls()).hasSizeGreaterThan(5);
        assertSame();
        await().until(() -> pulls.count() == 0);
        // The last answer to each client came along.
        shard.apply(List.of(entry(2, request(1, 0, 1, upsert(key(5), row("size", -5L))))));
        to.shard(SHARD).orElseThrow().apply(List.of(entry(2, request(1, 0, 1, upsert(key(5), row("size", -5L))))));
        assertSame();
    }

    static Stream<TestingSource.Fault> faults() {
        return Stream.of(
                TestingSource.failing(1, ErrorCode.UNAVAILABLE),
                TestingSource.failing(3, ErrorCode.UNAVAILABLE),
                TestingSource.failing(3, ErrorCode.RESOURCE_EXHAUSTED),
                TestingSource.failing(3, ErrorCode.DEADLINE_EXCEEDED),
                (call, request, answer) ->
                        call == 4 ? CompletableFuture.failedFuture(new IllegalStateException("a bug")) : answer,
                TestingSource.changing(2, page -> page.setChecksum(page.getChecksum() + 1)),
                TestingSource.changing(
                        4,
                        page -> page.setRows(
                                1, page.getRows(1).toBuilder().setRow(ByteString.copyFromUtf8("flipped")))),
                TestingSource.changing(4, page -> page.removeRows(1)),
                TestingSource.changing(3, page -> page.setPage(1)),
                TestingSource.changing(3, FetchSnapshotReply.Builder::clear));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aPageThatDoesNotComeWholeIsAskedForAgain(TestingSource.Fault fault) throws Exception {
        fill(1_000);
        TestingSource source = new TestingSource(server, fault);
        resultOf(pull(source));
        assertSame();
        List<FetchSnapshotRequest> ofTheLast = source.calls().stream()
                .filter(each -> each.getSnapshotId() != 0 && !each.getEnd())
                .toList();
        assertThat(ofTheLast)
                .extracting(FetchSnapshotRequest::getSnapshotId)
                .containsOnly(ofTheLast.get(0).getSnapshotId());
    }

    static Stream<TestingSource.Fault> forgetting() {
        return Stream.of(
                TestingSource.failing(4, ErrorCode.NOT_FOUND),
                TestingSource.changing(5, page -> page.setAppliedIndex(99)),
                TestingSource.changing(1, page -> page.setTotalRows(17)));
    }

    @ParameterizedTest
    @MethodSource("forgetting")
    void aPullBeginsAgainWhenTheCopyIsOfNoUse(TestingSource.Fault fault) throws Exception {
        fill(1_000);
        TestingSource source = new TestingSource(server, fault);
        resultOf(pull(source));
        assertThat(source.begins()).isEqualTo(2);
        assertSame();
    }

    @Test
    void aPullSurvivesServersThatRestartAndTakesTheNewerState() throws Exception {
        fill(2_000);
        TestingSource source = new TestingSource(server, (call, request, answer) -> {
            if (call == 5 || call == 15) {
                // As after a restart: the server knows no snapshots.
                server.close();
                fill(100 * call);
                server = new SnapshotServer(from::shard, workers, SETTINGS);
            }
            return TestingSource.fetch(server, request);
        });
        resultOf(pull(source));
        assertThat(source.begins()).isGreaterThanOrEqualTo(3);
        assertSame();
    }

    @Test
    void aSourceThatAlwaysForgetsIsGivenUp() throws Exception {
        fill(1_000);
        TestingSource source = new TestingSource(
                server,
                (call, request, answer) -> request.getPage() == 2
                        ? CompletableFuture.failedFuture(MdsException.of(ErrorCode.NOT_FOUND, "forgotten"))
                        : answer);
        assertThat(failureOf(pull(source))).isEqualTo(ErrorCode.UNAVAILABLE);
        await().until(() -> server.open() == 0);
        assertThat(to.shard(SHARD).orElseThrow().rowCount()).isZero();
    }

    @Test
    void aRefusalThatTimeDoesNotHealEndsThePull() throws Exception {
        fill(10);
        for (ErrorCode code : List.of(ErrorCode.NOT_LEADER, ErrorCode.STALE_ROUTE, ErrorCode.INTERNAL)) {
            assertThat(failureOf(pull(new TestingSource(server, TestingSource.failing(1, code)))))
                    .isEqualTo(code);
        }
        from.dropShard(SHARD);
        assertThat(failureOf(pull(new TestingSource(server, TestingSource.NONE))))
                .isEqualTo(ErrorCode.NOT_LEADER);
    }

    @Test
    void aPullWithoutProgressIsGivenUp() throws Exception {
        fill(1_000);
        use(new SnapshotSettings(
                4_000, Duration.ofMinutes(1), 1L << 40, 2, Duration.ofMillis(300), Duration.ofMillis(100)));
        TestingSource silent =
                new TestingSource(server, (call, request, answer) -> call > 3 ? new CompletableFuture<>() : answer);
        assertThat(failureOf(pull(silent))).isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void aCancelledPullEndsAndOneThatWaitsNeverBegins() throws Exception {
        fill(1_000);
        List<SnapshotPull> started = new ArrayList<>();
        TestingSource silent = new TestingSource(
                server, (call, request, answer) -> request.getPage() == 2 ? new CompletableFuture<>() : answer);
        for (int i = 0; i < 4; i++) {
            started.add(pull(silent));
        }
        await().until(() -> silent.calls().size() > 3);
        for (SnapshotPull each : started) {
            each.cancel();
            assertThatThrownBy(() -> resultOf(each)).isInstanceOf(CancellationException.class);
        }
        await().until(() -> pulls.count() == 0);
        await().until(() -> server.open() == 0);
        assertThat(to.shard(SHARD).orElseThrow().rowCount()).isZero();
        resultOf(pull(new TestingSource(server, TestingSource.NONE)));
        assertSame();
    }

    @Test
    void aShardThatGotFurtherByItselfIsLeftAsItIs() throws Exception {
        fill(1_000);
        ShardStore target = to.createShard(SHARD, SCHEMA, VIEW);
        TestingSource source = new TestingSource(server, (call, request, answer) -> {
            if (call == 3) {
                for (long index = 1; index <= 5; index++) {
                    target.apply(List.of(entry(index, request(upsert(key(1), row())))));
                }
            }
            return answer;
        });
        assertThat(resultOf(pull(source))).isEqualTo(new LogPosition(VIEW, new LogIndex(5)));
        assertThat(target.rowCount()).isEqualTo(1);
    }

    @Test
    void theServerKeepsTheLastPageAndForgetsWhatIsIdle() throws Exception {
        fill(1_000);
        use(new SnapshotSettings(
                4_000, Duration.ofMillis(200), 1L << 40, 2, Duration.ofSeconds(20), Duration.ofSeconds(10)));
        FetchSnapshotRequest begin = FetchSnapshotRequest.newBuilder()
                .setTableId(SCHEMA.tableId())
                .setShardId(SHARD.value())
                .build();
        FetchSnapshotReply first = fetch(begin);
        FetchSnapshotRequest next = begin.toBuilder()
                .setSnapshotId(first.getSnapshotId())
                .setPage(1)
                .build();
        FetchSnapshotReply second = fetch(next);
        assertThat(fetch(next)).isEqualTo(second);
        assertThat(first.getSerializedSize()).isBetween(2_000, 4_500);
        for (int wrong : new int[] {0, 3}) {
            assertThatThrownBy(() -> fetch(next.toBuilder().setPage(wrong).build()))
                    .hasCauseInstanceOf(MdsException.class)
                    .hasMessageContaining("begin a new snapshot");
        }
        await().until(() -> server.open() == 0);
        assertThatThrownBy(() -> fetch(next))
                .satisfies(e -> assertThat(((MdsException) e.getCause()).code()).isEqualTo(ErrorCode.NOT_FOUND));
        assertThatThrownBy(() -> fetch(begin.toBuilder().setTableId(99).build()))
                .hasMessageContaining("belongs to table");
    }

    private FetchSnapshotReply fetch(FetchSnapshotRequest request) throws Exception {
        return TestingSource.fetch(server, request).get(30, TimeUnit.SECONDS).getFetchSnapshot();
    }

    @Test
    void onlySoManySnapshotsAreServedAtOnce() throws Exception {
        fill(1_000);
        FetchSnapshotRequest begin = FetchSnapshotRequest.newBuilder()
                .setTableId(SCHEMA.tableId())
                .setShardId(SHARD.value())
                .build();
        for (int i = 0; i < 4; i++) {
            fetch(begin);
        }
        assertThatThrownBy(() -> fetch(begin)).satisfies(e -> {
            MdsException refused = (MdsException) e.getCause();
            assertThat(refused.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(refused.retryAfter()).isPositive();
        });
    }

    @Test
    void anOldCopyThatNobodyAsksForGivesItsPlaceToANewOne() throws Exception {
        fill(1_000);
        use(new SnapshotSettings(
                4_000, Duration.ofSeconds(3), 1L << 40, 2, Duration.ofSeconds(20), Duration.ofSeconds(10)));
        FetchSnapshotRequest begin = FetchSnapshotRequest.newBuilder()
                .setTableId(SCHEMA.tableId())
                .setShardId(SHARD.value())
                .build();
        FetchSnapshotReply first = fetch(begin);
        List<FetchSnapshotReply> used = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            used.add(fetch(begin));
        }
        await().ignoreExceptions().untilAsserted(() -> {
            for (FetchSnapshotReply each : used) {
                fetch(begin.toBuilder().setSnapshotId(each.getSnapshotId()).build());
            }
            fetch(begin);
        });
        assertThatThrownBy(() -> fetch(
                        begin.toBuilder().setSnapshotId(first.getSnapshotId()).build()))
                .hasMessageContaining("begin a new one");
    }

    @Test
    void twoHundredThousandRowsAreNeverInMemoryAtOnce() throws Exception {
        fill(200_000);
        from.checkpoint();
        use(new SnapshotSettings(
                256 << 10, Duration.ofMinutes(1), 1L << 40, 2, Duration.ofMinutes(1), Duration.ofSeconds(30)));
        TestingSource source = new TestingSource(server, TestingSource.NONE);
        resultOf(pull(source));
        assertThat(to.shard(SHARD).orElseThrow().rowCount()).isEqualTo(200_000);
        assertThat(checksums(to.shard(SHARD).orElseThrow(), 16)).isEqualTo(checksums(shard, 16));
        // One page is under way, and one is kept to be sent again; the store keeps no row of the copy in memory.
        assertThat(source.largest()).isLessThan(300 << 10);
    }

    @Test
    void aRowThatDiffersShowsInItsRangeAlone() {
        fill(1_000);
        ShardStore other = to.createShard(SHARD, SCHEMA, VIEW);
        List<Operation> same = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            same.add(upsert(key(i), row("size", i == 555 ? -1L : (long) i)));
        }
        other.apply(List.of(entry(1, request(same.toArray(Operation[]::new)))));
        ShardChecksumReply expected = checksums(shard, 10);
        ShardChecksumReply actual = checksums(other, 10);
        assertThat(expected.getRangesCount()).isEqualTo(10);
        for (int i = 0; i < 10; i++) {
            assertThat(expected.getRanges(i).getRows()).isEqualTo(100);
            assertThat(actual.getRanges(i).getRange())
                    .isEqualTo(expected.getRanges(i).getRange());
            assertThat(actual.getRanges(i).equals(expected.getRanges(i)))
                    .as("range %d", i)
                    .isEqualTo(i != 5);
        }
        assertThat(expected.getRanges(0).getRange().getStart()).isEqualTo(ByteString.EMPTY);
        assertThat(expected.getRanges(4).getRange().getEnd())
                .isEqualTo(expected.getRanges(5).getRange().getStart())
                .isEqualTo(key(500));
        assertThat(expected.getRanges(9).getRange().getEnd()).isEqualTo(ByteString.EMPTY);
        // Looking closer.
        KeyRange suspect = expected.getRanges(5).getRange();
        ShardChecksumReply closer = ShardChecksums.of(
                other,
                ShardChecksumRequest.newBuilder().setRange(suspect).setRanges(3).build());
        assertThat(closer.getRangesList())
                .extracting(ShardChecksumReply.Range::getRows)
                .containsExactly(34L, 34L, 32L);
        assertThat(ShardChecksums.of(
                                other,
                                ShardChecksumRequest.newBuilder()
                                        .setRange(suspect)
                                        .build())
                        .getRanges(0))
                .isEqualTo(actual.getRanges(5));
    }

    @Test
    void anEmptyShardHasOneEmptyRange() {
        ShardChecksumReply empty = checksums(shard, 8);
        assertThat(empty.getRangesList()).hasSize(1);
        assertThat(empty.getRanges(0).getChecksum()).isZero();
    }

    @Test
    void pullsShareTheBandwidth() {
        AtomicLong clock = new AtomicLong(5);
        Bandwidth bandwidth = new Bandwidth(1_000, clock::get);
        assertThat(bandwidth.take(100)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
        assertThat(bandwidth.take(200)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(300));
        clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(250));
        assertThat(bandwidth.take(0)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(50));
        clock.addAndGet(TimeUnit.SECONDS.toNanos(10));
        assertThat(bandwidth.take(10)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(10));
    }
}
