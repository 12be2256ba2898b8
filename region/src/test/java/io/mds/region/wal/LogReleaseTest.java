package io.mds.region.wal;

import static io.mds.region.wal.LogRecorder.shard;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which segments are removed, and what they are kept for. */
class LogReleaseTest {
    private static final Path DIRECTORY = Path.of("/log");

    private final TestingLogFiles files = new TestingLogFiles(1);
    private final LogRecorder recorder = new LogRecorder();

    private WriteAheadLog start() throws IOException {
        return start(recorder);
    }

    private WriteAheadLog start(LogRecorder seen) throws IOException {
        WriteAheadLog log = WriteAheadLog.open(DIRECTORY, LogRecorder.SMALL, files, new SimpleMeterRegistry());
        log.recover(seen, seen);
        return log;
    }

    private LogRecorder replay() throws IOException {
        LogRecorder seen = new LogRecorder();
        start(seen).close();
        return seen;
    }

    private static WriteAheadLog.Released to(long index) {
        return appliedTo(3, index);
    }

    private static WriteAheadLog.Released appliedTo(long view, long index) {
        return new WriteAheadLog.Released(
                new LogPosition(new ViewNumber(view), new LogIndex(index)), new ViewNumber(view));
    }

    private static Set<ShardId> release(WriteAheadLog log, Map<ShardId, WriteAheadLog.Released> durable)
            throws IOException {
        return log.release(durable, log.activeSegment());
    }

    @Test
    void releaseRemovesTheOldestSegmentsThatAreWhollyApplied() throws IOException {
        try (WriteAheadLog log = start()) {
            recorder.appendAll(log, shard(1), 1, 5, 10);
            recorder.appendAll(log, shard(2), 1, 20, 10_000);
            long all = log.bytes();
            assertThat(log.releasableBytes()).isPositive();

            release(log, Map.of(shard(2), to(20)));
            assertThat(log.bytes()).as("shard 1 is not in the map").isEqualTo(all);
            assertThat(release(log, Map.of(shard(1), to(4), shard(2), to(20)))).containsExactly(shard(1));
            assertThat(log.bytes()).as("entry 5 of shard 1 is not applied").isEqualTo(all);
            release(log, Map.of(shard(1), to(5), shard(2), to(10)));
            assertThat(log.bytes()).isLessThan(all).isPositive();
            assertThat(log.releasableBytes()).isPositive();
            assertThat(release(log, Map.of(shard(1), to(5), shard(2), to(20)))).isEmpty();
            assertThat(log.releasableBytes()).isZero();
        }
        LogRecorder seen = replay();
        assertThat(seen.recovered).isNotEmpty();
        int kept = seen.recovered.size();
        assertThat(seen.recovered)
                .isEqualTo(recorder.durable.subList(recorder.durable.size() - kept, recorder.durable.size()));
    }

    @Test
    void aForgottenShardKeepsNoSegment() throws IOException {
        try (WriteAheadLog log = start()) {
            recorder.appendAll(log, shard(1), 1, 5, 10);
            recorder.appendAll(log, shard(2), 1, 20, 10_000);
            log.forget(shard(1), new ViewNumber(3), () -> {});
            recorder.appendAll(log, shard(2), 21, 21, 10);
            release(log, Map.of(shard(2), to(21)));
            assertThat(log.releasableBytes()).isZero();
        }
    }

    /** What a deposed leader had not committed, and what stands in its place. */
    private void appendWhatIsVoidedLater(WriteAheadLog log) {
        recorder.appendAll(log, shard(1), 1, 15, 10);
        recorder.appendAll(log, shard(2), 1, 20, 10_000);
        recorder.append(log, shard(1), LogEntry.barrier(new ViewNumber(4), new LogIndex(10), 0));
        recorder.awaitSettled(1);
    }

    @Test
    void entriesThatWereVoidedKeepNoSegment() throws IOException {
        try (WriteAheadLog log = start()) {
            appendWhatIsVoidedLater(log);
            release(log, Map.of(shard(1), appliedTo(3, 14), shard(2), to(20)));
            assertThat(log.releasableBytes())
                    .as("15 of view 3 may still be valid")
                    .isPositive();
            release(log, Map.of(shard(1), appliedTo(4, 10), shard(2), to(20)));
            assertThat(log.releasableBytes()).isZero();
        }
    }

    @Test
    void entriesThatWereVoidedKeepNoSegmentAfterARestart() throws IOException {
        try (WriteAheadLog log = start()) {
            appendWhatIsVoidedLater(log);
        }
        try (WriteAheadLog log = start()) {
            release(log, Map.of(shard(1), appliedTo(4, 10), shard(2), to(20)));
            assertThat(log.releasableBytes()).isZero();
        }
    }

    @Test
    void entriesThatACopyOfTheShardHasOvertakenKeepNoSegment() throws IOException {
        try (WriteAheadLog log = start()) {
            recorder.appendAll(log, shard(1), 1, 15, 10);
            recorder.appendAll(log, shard(2), 1, 20, 10_000);
            release(log, Map.of(shard(1), appliedTo(4, 12), shard(2), to(20)));
            assertThat(log.releasableBytes()).isZero();
        }
    }

    @Test
    void whatTheStoreHadOfADroppedShardReleasesNothingOfItsNextLog() throws IOException {
        try (WriteAheadLog log = start()) {
            recorder.appendAll(log, shard(1), 1, 12, 10_000);
            long before = log.activeSegment();
            log.forget(shard(1), new ViewNumber(3), () -> {});
            recorder.appendAll(log, shard(1), 1, 10, 10_000);
            log.release(Map.of(shard(1), to(12)), before);
        }
        assertThat(replay().recovered)
                .extracting(seen -> seen.entry().index().value())
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
    }

    @Test
    void whatIsHeldIsKnownAgainAfterARestart() throws IOException {
        try (WriteAheadLog log = start()) {
            recorder.appendAll(log, shard(1), 1, 5, 10);
            recorder.appendAll(log, shard(2), 1, 20, 10_000);
        }
        try (WriteAheadLog log = start()) {
            long all = log.bytes();
            release(log, Map.of(shard(2), to(20)));
            assertThat(log.bytes()).isEqualTo(all);
            release(log, Map.of(shard(1), to(5), shard(2), to(20)));
            assertThat(log.bytes()).isLessThan(all);
        }
    }
}
