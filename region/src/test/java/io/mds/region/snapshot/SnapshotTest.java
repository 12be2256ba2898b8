package io.mds.region.snapshot;

import static io.mds.region.snapshot.SampleShard.SHARD;
import static io.mds.region.snapshot.SampleShard.VIEW;
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
import io.mds.proto.ErrorCode;
import io.mds.proto.FetchSnapshotReply;
import io.mds.proto.FetchSnapshotRequest;
import io.mds.region.snapshot.SnapshotPulls.Progress;
import io.mds.region.store.Copies;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.store.StoreSettings;
import io.mds.region.wal.LogPosition;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A shard's copy served from one store and pulled into another, with faults on the way. */
class SnapshotTest {
    private static final SnapshotSettings SETTINGS = new SnapshotSettings(
            4_000, Duration.ofMinutes(1), 1L << 40, 2, Duration.ofSeconds(20), Duration.ofSeconds(10));

    @TempDir
    private Path directory;

    private final ExecutorService workers = Executors.newFixedThreadPool(2);
    private SampleShard sample;
    private Store to;
    private SnapshotServer server;
    private SnapshotPulls pulls;

    @BeforeEach
    void open() {
        sample = SampleShard.in(directory.resolve("from"));
        to = Store.open(StoreSettings.h2File(directory.resolve("to")), new SimpleMeterRegistry());
        to.createShard(SHARD, SCHEMA, VIEW);
        use(SETTINGS);
    }

    private void use(SnapshotSettings settings) {
        closeBoth();
        server = new SnapshotServer(sample.store()::shard, workers, settings, directory.resolve("copies"));
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
        sample.close();
        to.close();
        workers.shutdownNow();
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
        assertThat(Copies.rows(pulled)).isEqualTo(Copies.rows(sample.shard()));
        assertThat(pulled.appliedIndex()).isEqualTo(sample.shard().appliedIndex());
        assertThat(SampleShard.checksums(pulled, 5)).isEqualTo(SampleShard.checksums(sample.shard(), 5));
    }

    @Test
    void aShardThatWasDroppedDoesNotComeBackByItsCopy() {
        sample.fill(10);
        to.dropShard(SHARD);
        SnapshotPull pull = pull(new TestingSource(server, TestingSource.NONE));
        assertThatThrownBy(() -> resultOf(pull)).isInstanceOf(ExecutionException.class);
        assertThat(to.shard(SHARD)).isEmpty();
    }

    @Test
    void aPulledShardIsTheSame() throws Exception {
        sample.fill(1_000);
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
        sample.shard().apply(List.of(entry(2, request(1, 0, 1, upsert(key(5), row("size", -5L))))));
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
        sample.fill(1_000);
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
        sample.fill(1_000);
        TestingSource source = new TestingSource(server, fault);
        resultOf(pull(source));
        assertThat(source.begins()).isEqualTo(2);
        assertSame();
    }

    @Test
    void aPullSurvivesServersThatRestartAndTakesTheNewerState() throws Exception {
        sample.fill(2_000);
        TestingSource source = new TestingSource(server, (call, request, answer) -> {
            if (call == 5 || call == 15) {
                // As after a restart: the server knows no snapshots.
                server.close();
                sample.fill(100 * call);
                server = new SnapshotServer(sample.store()::shard, workers, SETTINGS, directory.resolve("copies"));
            }
            return TestingSource.fetch(server, request);
        });
        resultOf(pull(source));
        assertThat(source.begins()).isGreaterThanOrEqualTo(3);
        assertSame();
    }

    @Test
    void aSourceThatAlwaysForgetsIsGivenUp() throws Exception {
        sample.fill(1_000);
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
        sample.fill(10);
        for (ErrorCode code : List.of(ErrorCode.NOT_LEADER, ErrorCode.STALE_ROUTE, ErrorCode.INTERNAL)) {
            assertThat(failureOf(pull(new TestingSource(server, TestingSource.failing(1, code)))))
                    .isEqualTo(code);
        }
        sample.store().dropShard(SHARD);
        assertThat(failureOf(pull(new TestingSource(server, TestingSource.NONE))))
                .isEqualTo(ErrorCode.NOT_LEADER);
    }

    @Test
    void aPullWithoutProgressIsGivenUp() throws Exception {
        sample.fill(1_000);
        use(new SnapshotSettings(
                4_000, Duration.ofMinutes(1), 1L << 40, 2, Duration.ofMillis(300), Duration.ofMillis(100)));
        TestingSource silent =
                new TestingSource(server, (call, request, answer) -> call > 3 ? new CompletableFuture<>() : answer);
        assertThat(failureOf(pull(silent))).isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void aCancelledPullEndsAndOneThatWaitsNeverBegins() throws Exception {
        sample.fill(1_000);
        List<SnapshotPull> started = new ArrayList<>();
        TestingSource silent = new TestingSource(
                server, (call, request, answer) -> request.getPage() == 2 ? new CompletableFuture<>() : answer);
        for (int i = 0; i < 4; i++) {
            started.add(pull(silent));
        }
        await().until(() -> silent.calls().size() > 3);
        for (SnapshotPull each : started) {
            each.cancel("nobody needs it");
            assertThatThrownBy(() -> resultOf(each))
                    .isInstanceOf(CancellationException.class)
                    // Newer JVMs throw one of their own, with this as its cause.
                    .hasStackTraceContaining("nobody needs it");
        }
        await().until(() -> pulls.count() == 0);
        await().until(() -> server.open() == 0);
        assertThat(to.shard(SHARD).orElseThrow().rowCount()).isZero();
        resultOf(pull(new TestingSource(server, TestingSource.NONE)));
        assertSame();
    }

    @Test
    void aShardThatGotFurtherByItselfIsLeftAsItIs() throws Exception {
        sample.fill(1_000);
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

    /** Answers, each time but the first after some writes more. */
    private TestingSource.Fault writing(int calls) {
        return (call, request, answer) -> {
            for (int i = 0; i < 20 && call > 1 && call <= calls; i++) {
                long index = sample.shard().appliedIndex().value() + 1;
                sample.shard()
                        .apply(List.of(entry(
                                index, request(upsert(key((int) index * 7 % 1_500), row("size", index))))));
            }
            return answer;
        };
    }

    @Test
    void whatIsWrittenWhileACopyIsPulledComesAfterIt() throws Exception {
        sample.fill(1_000);
        TestingSource source = new TestingSource(server, writing(Integer.MAX_VALUE));
        LogPosition position = resultOf(pull(source));
        assertThat(source.begins()).isOne();
        assertThat(position.index().value()).isGreaterThan(100);
        assertThat(to.shard(SHARD).orElseThrow().appliedIndex()).isEqualTo(position.index());
        for (long index = position.index().value() + 1;
                index <= sample.shard().appliedIndex().value();
                index++) {
            to.shard(SHARD)
                    .orElseThrow()
                    .apply(List.of(entry(index, request(upsert(key((int) index * 7 % 1_500), row("size", index))))));
        }
        assertSame();
        await().until(() -> server.open() == 0);
    }

    @Test
    void aCopyIsOfUseWithoutWhatCameAfterIt() throws Exception {
        sample.fill(1_000);
        boolean[] rowsDone = new boolean[1];
        TestingSource.Fault writing = writing(3);
        TestingSource source = new TestingSource(server, (call, request, answer) -> {
            if (rowsDone[0] && !request.getEnd()) {
                return CompletableFuture.failedFuture(MdsException.of(ErrorCode.NOT_FOUND, "too much"));
            }
            return writing.of(call, request, answer).thenApply(reply -> {
                rowsDone[0] = reply.getFetchSnapshot().getLast();
                return reply;
            });
        });
        assertThat(resultOf(pull(source))).isEqualTo(new LogPosition(VIEW, new LogIndex(1)));
        assertThat(source.begins()).isOne();
        assertThat(to.shard(SHARD).orElseThrow().rowCount()).isEqualTo(1_000);
    }

    @Tag("soak")
    @Test
    void twoHundredThousandRowsAreNeverInMemoryAtOnce() throws Exception {
        sample.fill(200_000);
        sample.store().checkpoint();
        use(new SnapshotSettings(
                256 << 10, Duration.ofMinutes(1), 1L << 40, 2, Duration.ofMinutes(1), Duration.ofSeconds(30)));
        TestingSource source = new TestingSource(server, TestingSource.NONE);
        resultOf(pull(source));
        assertThat(to.shard(SHARD).orElseThrow().rowCount()).isEqualTo(200_000);
        assertThat(SampleShard.checksums(to.shard(SHARD).orElseThrow(), 16))
                .isEqualTo(SampleShard.checksums(sample.shard(), 16));
        // One page is under way, and one is kept to be sent again; the store keeps no row of the copy in memory.
        assertThat(source.largest()).isLessThan(300 << 10);
    }
}
