package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.testing.Fault;
import io.mds.client.testing.TestingRegion;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.Request;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RetryTest extends ClusterTest {
    private Table counters;
    private TestingRegion region;

    @Override
    MdsClientOptions.Builder options() {
        return super.options().attemptTimeout(IMPATIENT);
    }

    @BeforeEach
    void createCounters() {
        mds.createTable(TableSchema.named("counters")
                .column("k", ColumnType.INT64)
                .column("n", ColumnType.INT64)
                .primaryKey("k")
                .build());
        counters = mds.table("counters");
        region = cluster.region(0);
        counters.upsert(Row.of("k", 1, "n", 0));
    }

    private long counter() {
        return counters.get(1).orElseThrow().getLong("n");
    }

    private void increment() {
        counters.update(Key.of(1), Update.increment("n", 1));
    }

    @Test
    void aWriteWhoseAnswerWasLostIsAppliedOnce() {
        region.failNext(Fault.cutAfterApplying());
        increment();
        assertThat(counter()).isEqualTo(1);
        assertThat(cluster.duplicates("counters")).isEqualTo(1);
    }

    @Test
    void aWriteThatWasLostIsRepeated() {
        region.failNext(Fault.cutBeforeApplying(), Fault.cutBeforeApplying());
        increment();
        assertThat(counter()).isEqualTo(1);
        assertThat(cluster.duplicates("counters")).isZero();
    }

    @Test
    void anAttemptWithoutAnswerIsGivenUpAndRepeatedWithTheSameRequestId() {
        region.failNext(Fault.silenceAfterApplying());
        increment();
        assertThat(counter()).isEqualTo(1);
        List<Request> writes =
                region.requests().stream().filter(Request::hasWrite).toList();
        Request first = writes.get(writes.size() - 2);
        Request second = writes.get(writes.size() - 1);
        assertThat(second.getWrite().getRequestId()).isEqualTo(first.getWrite().getRequestId());
        increment();
        assertThat(counter()).isEqualTo(2);
    }

    @Test
    void aFailureThatWasLostIsToldAgainAndNotTriedAgain() {
        region.failNext(Fault.cutAfterApplying());
        MdsException e = failure(() -> counters.insert(Row.of("k", 1, "n", 5)));
        assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        region.failNext(Fault.cutAfterApplying());
        counters.insert(Row.of("k", 2, "n", 5));
        assertThat(counters.get(2)).isPresent();
    }

    @Test
    void refusalsForNowAreRepeatedUntilTheyEnd() {
        region.failNext(
                Fault.refuse(MdsException.of(ErrorCode.NOT_LEADER, "not yet")),
                Fault.refuse(MdsException.of(ErrorCode.STALE_ROUTE, "not yet")),
                Fault.refuse(MdsException.of(ErrorCode.UNAVAILABLE, "not yet")),
                Fault.refuse(MdsException.of(ErrorCode.RESOURCE_EXHAUSTED, "not yet")));
        increment();
        assertThat(counter()).isEqualTo(1);
    }

    @Test
    void refusalsForGoodAreNotRepeated() {
        int before = region.requests().size();
        region.failNext(Fault.refuse(MdsException.of(ErrorCode.PERMISSION_DENIED, "go away")));
        assertFails(ErrorCode.PERMISSION_DENIED, "table 'counters' shard 0 at 127.0.0.1:", this::increment);
        assertThat(region.requests()).hasSize(before + 1);
    }

    @Test
    void aSilentRegionCostsNoMoreThanTheDeadlineAndTheOutcomeOfAWriteIsUnknown() {
        region.silent(true);
        Table impatient = counters.withTimeout(Duration.ofSeconds(1));
        MdsException write = failure(() -> impatient.update(Key.of(1), Update.increment("n", 1)));
        assertThat(write.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(write.outcome()).isEqualTo(Outcome.UNKNOWN);
        MdsException read = failure(() -> impatient.get(1));
        assertThat(read.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(read.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(failure(() -> impatient.count(Scan.all())).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(failure(() -> impatient.upsertAll(List.of(Row.of("k", 3, "n", 1))))
                        .outcome())
                .isEqualTo(Outcome.UNKNOWN);
        try (RowStream rows = impatient.scan(Scan.all())) {
            assertThat(failure(rows::hasNext).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        }
    }

    @Test
    void aRegionThatIsDownLeavesNothingInDoubt() {
        region.stop();
        Table brief = counters.withTimeout(Duration.ofMillis(300));
        // What is sent before the client has noticed would be in doubt.
        failure(() -> brief.get(1));
        MdsException e = failure(() -> brief.update(Key.of(1), Update.increment("n", 1)));
        assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        region.restart();
        assertThat(counter()).isZero();
    }

    @Test
    void onceInDoubtAWriteStaysInDoubtWhenItsRepetitionIsRefused() {
        region.failNext(Fault.cutAfterApplying(), Fault.refuse(MdsException.of(ErrorCode.INVALID_ARGUMENT, "no more")));
        MdsException e = failure(this::increment);
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
    }

    @Test
    void aLateCopyOfAWriteInDoubtIsHarmlessOnceItsSlotIsUsedAgain() {
        region.failNext(Fault.silence());
        MdsException e =
                failure(() -> counters.withTimeout(IMPATIENT.dividedBy(2)).update(Key.of(1), Update.increment("n", 1)));
        assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
        IntStream.range(0, 50).forEach(i -> increment());
        assertThat(counter()).isEqualTo(50);
    }

    @Test
    void requestsBeyondTheLimitWaitAndAreRefusedAtTheirDeadline() {
        try (MdsClient small = MdsClient.connect(
                options().maxInFlight(2).attemptTimeout(Duration.ofSeconds(20)).build())) {
            Table table = small.table("counters");
            assertThat(table.get(1)).isPresent();
            region.failNext(Fault.silence(), Fault.silence());
            Table patient = table.withTimeout(Duration.ofSeconds(5));
            List<CompletableFuture<?>> stuck = List.of(patient.getAsync(1), patient.getAsync(1));
            MdsException e =
                    failure(() -> table.withTimeout(Duration.ofMillis(100)).get(1));
            assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(e).hasMessageContaining("2 requests are under way");
            assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            CompletableFuture<?> waiting = table.getAsync(1);
            stuck.forEach(
                    call -> assertThat(failure(() -> unwrapped(call)).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
            waiting.join();
        }
    }

    private static void unwrapped(CompletableFuture<?> call) throws Throwable {
        try {
            call.get(10, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause();
        }
    }

    @Test
    void fromManyThreadsThroughManyFaultsEveryIncrementCountsOnce() throws InterruptedException {
        long seed = System.nanoTime();
        int threads = 8;
        int each = 150;
        AtomicLong unknown = new AtomicLong();
        AtomicLong acknowledged = new AtomicLong();
        List<Throwable> unexpected = new ArrayList<>();
        ExecutorService pool = Executors.newFixedThreadPool(threads + 1);
        for (int t = 0; t < threads; t++) {
            pool.execute(() -> {
                for (int i = 0; i < each; i++) {
                    try {
                        increment();
                        acknowledged.incrementAndGet();
                    } catch (MdsException e) {
                        if (e.outcome() == Outcome.UNKNOWN) {
                            unknown.incrementAndGet();
                        }
                    } catch (RuntimeException e) {
                        synchronized (unexpected) {
                            unexpected.add(e);
                        }
                    }
                }
            });
        }
        pool.execute(() -> {
            Random random = new Random(seed);
            for (int i = 0; i < 60; i++) {
                Fault fault = switch (random.nextInt(5)) {
                    case 0 -> Fault.cutAfterApplying();
                    case 1 -> Fault.cutBeforeApplying();
                    case 2 -> Fault.silenceAfterApplying();
                    case 3 -> Fault.refuse(MdsException.of(ErrorCode.NOT_LEADER, "moving"));
                    default -> Fault.refuse(MdsException.of(ErrorCode.RESOURCE_EXHAUSTED, "busy"));
                };
                region.failNext(fault);
                java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
        });
        pool.shutdown();
        assertThat(pool.awaitTermination(120, TimeUnit.SECONDS)).isTrue();
        assertThat(unexpected).isEmpty();
        assertThat(counter()).as("seed %d", seed).isBetween(acknowledged.get(), acknowledged.get() + unknown.get());
        assertThat(acknowledged.get() + unknown.get()).as("seed %d", seed).isEqualTo((long) threads * each);
    }
}
