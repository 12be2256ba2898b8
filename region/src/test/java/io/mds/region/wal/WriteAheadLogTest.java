package io.mds.region.wal;

import static io.mds.region.wal.LogRecorder.entry;
import static io.mds.region.wal.LogRecorder.shard;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteAheadLogTest {
    private static final Path DIRECTORY = Path.of("/log");

    private final TestingLogFiles files = new TestingLogFiles(1);
    private final LogRecorder recorder = new LogRecorder();

    private WriteAheadLog start() throws IOException {
        return start(LogRecorder.SMALL);
    }

    private WriteAheadLog start(LogSettings settings) throws IOException {
        WriteAheadLog log = WriteAheadLog.open(DIRECTORY, settings, files, new SimpleMeterRegistry());
        log.recover(recorder, recorder);
        return log;
    }

    private LogRecorder replay() throws IOException {
        LogRecorder seen = new LogRecorder();
        try (WriteAheadLog log = WriteAheadLog.open(DIRECTORY, LogRecorder.SMALL, files, new SimpleMeterRegistry())) {
            log.recover(seen, seen);
        }
        return seen;
    }

    @Test
    void entriesComeBackAsTheyWereAppendedInOrder() throws IOException {
        try (WriteAheadLog log = start()) {
            recorder.append(log, shard(1), LogEntry.barrier(new ViewNumber(3), new LogIndex(1), 17));
            recorder.append(log, shard(2), entry(1, 0));
            recorder.append(log, shard(1), entry(2, 1_000));
        }
        assertThat(recorder.durable).hasSize(3);
        assertThat(replay().recovered).isEqualTo(recorder.durable);
    }

    @Test
    void entriesOfEveryTypeComeBack() throws IOException {
        try (WriteAheadLog log = start()) {
            long index = 0;
            for (EntryType type : EntryType.values()) {
                ByteString payload = ByteString.copyFromUtf8(type.name());
                recorder.append(
                        log, shard(1), new LogEntry(new ViewNumber(3), new LogIndex(++index), type, 17, payload));
            }
        }
        assertThat(recorder.durable).hasSameSizeAs(EntryType.values());
        assertThat(replay().recovered).isEqualTo(recorder.durable);
    }

    @Test
    void ofAShardThatWasDroppedOnlyWhatCameAfterTheLastDropIsReplayed() throws IOException {
        try (WriteAheadLog log = start()) {
            for (int life = 0; life < 2; life++) {
                recorder.append(log, shard(1), entry(7, 10));
                log.promise(shard(1), new ViewNumber(4), () -> {});
                // A segment's worth, so that what is void and what voids it are apart.
                recorder.appendAll(log, shard(2), life * 10 + 1, life * 10 + 10, 10_000);
                log.forget(shard(1), new ViewNumber(4), () -> {});
            }
            recorder.append(log, shard(1), entry(1, 10));
            log.promise(shard(1), new ViewNumber(3), () -> {});
        }
        LogRecorder seen = replay();
        assertThat(seen.recovered)
                .filteredOn(each -> each.shard().equals(shard(2)))
                .hasSize(20);
        assertThat(seen.recovered)
                .filteredOn(each -> each.shard().equals(shard(1)))
                .containsExactly(new LogRecorder.Seen(shard(1), entry(1, 10)));
        assertThat(seen.promises).containsExactly(new ViewNumber(3));
        assertThat(seen.forgotten).containsExactly(shard(1));
    }

    @Test
    void theLogGoesOnWhereItStopped() throws IOException {
        for (int round = 0; round < 20; round++) {
            try (WriteAheadLog log = start()) {
                recorder.appendAll(log, shard(1), round * 10L + 1, round * 10L + 10, 700);
            }
        }
        assertThat(replay().recovered).isEqualTo(recorder.durable).hasSize(200);
    }

    @Test
    void appendsThatWaitShareOneForce() throws Exception {
        CountDownLatch disk = new CountDownLatch(1);
        try (WriteAheadLog log = start()) {
            files.hangForcesUntil(disk);
            recorder.append(log, shard(1), entry(1, 10));
            await().until(() -> !log.health().ioUnderWay().isZero());
            int before = files.forces();
            for (int i = 2; i <= 100; i++) {
                recorder.append(log, shard(1), entry(i, 10));
            }
            disk.countDown();
            await().until(() -> recorder.durable.size() == 100);
            assertThat(files.forces() - before).isEqualTo(2);
            assertThat(recorder.batches).hasValue(2);
        }
    }

    @Test
    void nothingIsDurableBeforeTheForceReturns() throws Exception {
        CountDownLatch disk = new CountDownLatch(1);
        try (WriteAheadLog log = start()) {
            files.hangForcesUntil(disk);
            recorder.append(log, shard(1), entry(1, 10));
            await().until(() -> !log.health().ioUnderWay().isZero());
            assertThat(recorder.durable).isEmpty();
            disk.countDown();
        }
        assertThat(recorder.durable).hasSize(1);
    }

    @Test
    void writesMayBeShort() throws IOException {
        files.writeShort();
        try (WriteAheadLog log = start()) {
            recorder.appendAll(log, shard(1), 1, 100, 2_000);
        }
        assertThat(replay().recovered).isEqualTo(recorder.durable).hasSize(100);
    }

    @Test
    void aFailedForcePoisonsTheLogForGood() throws IOException {
        try (WriteAheadLog log = start()) {
            recorder.appendAll(log, shard(1), 1, 3, 10);
            files.failForceAfter(0);
            recorder.append(log, shard(1), entry(4, 10));
            await().until(() -> recorder.failures.size() == 1);
            assertThat(recorder.failures.get(0).code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(recorder.failures.get(0).outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(recorder.poison).hasSize(1);
            assertThat(log.health().state()).isEqualTo(LogHealth.State.POISONED);
            int forces = files.forces();
            files.failForceAfter(Integer.MAX_VALUE);
            assertThatThrownBy(() -> recorder.append(log, shard(1), entry(5, 10)))
                    .isInstanceOfSatisfying(MdsException.class, e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                    });
            assertThat(files.forces()).isEqualTo(forces);
        }
        assertThat(recorder.durable).hasSize(3);
    }

    @Test
    void aFullDiskFailsEveryAppendThatWaits() throws Exception {
        CountDownLatch disk = new CountDownLatch(1);
        try (WriteAheadLog log = start()) {
            files.hangForcesUntil(disk);
            recorder.append(log, shard(1), entry(1, 10));
            await().until(() -> !log.health().ioUnderWay().isZero());
            for (int i = 2; i <= 50; i++) {
                recorder.append(log, shard(1), entry(i, 10));
            }
            files.failWriteAfter(0);
            disk.countDown();
            await().until(() -> recorder.failures.size() == 49);
            assertThat(recorder.durable).hasSize(1);
        }
    }

    @Test
    void aHangingDiskShowsInTheHealth() throws Exception {
        CountDownLatch disk = new CountDownLatch(1);
        LogSettings impatient = new LogSettings(
                64 * 1024, 0, 16 * 1024, 32 * 1024, 128 * 1024, 256 * 1024, true, Duration.ofMillis(50));
        try (WriteAheadLog log = start(impatient)) {
            assertThat(log.health().isHealthy()).isTrue();
            files.hangForcesUntil(disk);
            recorder.append(log, shard(1), entry(1, 10));
            await().until(() -> log.health().state() == LogHealth.State.STALLED);
            assertThat(log.health().problem()).contains("limit: 50 ms");
            disk.countDown();
            await().until(() -> log.health().isHealthy());
        }
    }

    @Test
    void tooMuchWaitingIsRefusedAndNotQueued() throws Exception {
        CountDownLatch disk = new CountDownLatch(1);
        int accepted = 0;
        try (WriteAheadLog log = start()) {
            files.hangForcesUntil(disk);
            recorder.append(log, shard(1), entry(1, 10));
            await().until(() -> !log.health().ioUnderWay().isZero());
            MdsException refusal = null;
            while (refusal == null) {
                try {
                    recorder.append(log, shard(1), entry(accepted + 2, 10_000));
                    accepted++;
                } catch (MdsException e) {
                    refusal = e;
                }
            }
            assertThat(refusal.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(refusal.isRetryable()).isTrue();
            disk.countDown();
        }
        assertThat(accepted).isEqualTo(13);
        assertThat(recorder.durable).hasSize(14);
    }

    @Test
    void anEntryBeyondTheLimitIsRefused() throws IOException {
        try (WriteAheadLog log = start()) {
            assertThatThrownBy(() -> recorder.append(log, shard(1), entry(1, 32 * 1024 + 1)))
                    .isInstanceOf(MdsException.class)
                    .hasMessageContaining("limit: 32768");
            recorder.appendAll(log, shard(1), 1, 1, 32 * 1024);
        }
        assertThat(replay().recovered).hasSize(1);
    }

    @Test
    void aFullLogRefusesUntilSegmentsAreReleased() throws IOException {
        try (WriteAheadLog log = start()) {
            long index = 0;
            MdsException refusal = null;
            while (refusal == null) {
                try {
                    recorder.appendAll(log, shard(1), index + 1, index + 1, 10_000);
                    index++;
                } catch (MdsException e) {
                    refusal = e;
                }
            }
            assertThat(refusal.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(refusal).hasMessageContaining("limit: 262144");
            assertThat(log.bytes()).isLessThanOrEqualTo(LogRecorder.SMALL.maxLogBytes());
            log.release(
                    Map.of(
                            shard(1),
                            new WriteAheadLog.Released(
                                    new LogPosition(new ViewNumber(3), new LogIndex(index)), new ViewNumber(3))),
                    log.activeSegment());
            recorder.appendAll(log, shard(1), index + 1, index + 3, 10_000);
        }
    }

    @Test
    void manyThreadsAppendAndEachShardKeepsItsOrder() throws Exception {
        int shards = 8;
        int perShard = 500;
        try (WriteAheadLog log = start(LogSettings.defaults())) {
            List<Thread> writers = new ArrayList<>();
            for (int shard = 1; shard <= shards; shard++) {
                long id = shard;
                Thread writer = new Thread(() -> {
                    for (int i = 1; i <= perShard; i++) {
                        recorder.append(log, shard(id), entry(i, 50));
                    }
                });
                writer.start();
                writers.add(writer);
            }
            for (Thread writer : writers) {
                writer.join();
            }
        }
        LogRecorder seen = replay();
        assertThat(seen.recovered).isEqualTo(recorder.durable).hasSize(shards * perShard);
        for (int shard = 1; shard <= shards; shard++) {
            long id = shard;
            List<Long> indexes = seen.recovered.stream()
                    .filter(each -> each.shard().value() == id)
                    .map(each -> each.entry().index().value())
                    .toList();
            assertThat(indexes).isSorted().doesNotHaveDuplicates().hasSize(perShard);
        }
    }

    @Test
    void appendsAfterCloseAreRefused() throws IOException {
        WriteAheadLog log = start();
        log.close();
        assertThatThrownBy(() -> recorder.append(log, shard(1), entry(1, 1)))
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        assertThat(log.health().state()).isEqualTo(LogHealth.State.CLOSED);
    }

    @Test
    void aDirectoryBelongsToOneLogAtATime(@TempDir Path directory) throws IOException {
        LogFiles disk = LogFiles.ofDisk();
        try (WriteAheadLog log = WriteAheadLog.open(directory, LogRecorder.SMALL, disk, new SimpleMeterRegistry())) {
            log.recover(recorder, recorder);
            assertThatThrownBy(() -> WriteAheadLog.open(directory, LogRecorder.SMALL, disk, new SimpleMeterRegistry()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use");
            recorder.appendAll(log, shard(1), 1, 50, 5_000);
        }
        LogRecorder seen = new LogRecorder();
        try (WriteAheadLog log = WriteAheadLog.open(directory, LogRecorder.SMALL, disk, new SimpleMeterRegistry())) {
            log.recover(seen, seen);
        }
        assertThat(seen.recovered).isEqualTo(recorder.durable).hasSize(50);
    }
}
