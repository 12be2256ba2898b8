package io.mds.region.wal;

import static io.mds.region.wal.LogRecorder.entry;
import static io.mds.region.wal.LogRecorder.shard;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What a crash or a bad disk may leave of a log, and what recovery makes of it. */
class LogCrashTest {
    private static final Path DIRECTORY = Path.of("/log");
    private static final LogSettings SETTINGS = new LogSettings(
            64 * 1024, 4 * 1024, 16 * 1024, 32 * 1024, 1024 * 1024, 16 * 1024 * 1024, true, Duration.ofSeconds(10));

    /** Thousands of torn tails would each be told. */
    @BeforeAll
    static void silenceLogger() {
        ((Logger) LoggerFactory.getLogger(LogCrashTest.class.getPackageName())).setLevel(Level.OFF);
    }

    @AfterAll
    static void restoreLogger() {
        ((Logger) LoggerFactory.getLogger(LogCrashTest.class.getPackageName())).setLevel(null);
    }

    private static LogRecorder recover(TestingLogFiles files) throws IOException {
        LogRecorder seen = new LogRecorder();
        try (WriteAheadLog log = WriteAheadLog.open(DIRECTORY, SETTINGS, files, new SimpleMeterRegistry())) {
            log.recover(seen, seen);
        }
        return seen;
    }

    /** Appends entries one per batch. */
    private static LogRecorder write(TestingLogFiles files, int entries, int payloadBytes) throws IOException {
        LogRecorder recorder = new LogRecorder();
        try (WriteAheadLog log = WriteAheadLog.open(DIRECTORY, SETTINGS, files, new SimpleMeterRegistry())) {
            log.recover(recorder, recorder);
            for (int i = 1; i <= entries; i++) {
                recorder.append(log, shard(1), entry(i, payloadBytes));
                recorder.awaitSettled(1);
            }
        }
        return recorder;
    }

    private static Path segment(long number) {
        return Segment.fileOf(DIRECTORY, number);
    }

    private static int frameBytes(int payloadBytes) {
        return SegmentFormat.frameBytes(SegmentFormat.ENTRY_OVERHEAD_BYTES + payloadBytes);
    }

    @Test
    void aFileCutAtAnyByteOfItsLastFramesKeepsTheWholeOnes() throws IOException {
        TestingLogFiles files = new TestingLogFiles(1);
        int entries = 6;
        int frame = frameBytes(30);
        List<LogRecorder.Seen> written = write(files, entries, 30).durable;
        byte[] whole = files.read(segment(1));
        int end = SegmentFormat.HEADER_BYTES + entries * frame;
        for (int cut = SegmentFormat.HEADER_BYTES; cut <= end; cut++) {
            files.replace(segment(1), Arrays.copyOf(whole, cut));
            int wholeFrames = (cut - SegmentFormat.HEADER_BYTES) / frame;
            // The last bytes of a frame are padding, without which it is whole.
            int padded = cut + SegmentFormat.FRAME_ALIGNMENT - 1;
            int atMost = (padded - SegmentFormat.HEADER_BYTES) / frame;
            List<LogRecorder.Seen> seen = recover(files).recovered;
            assertThat(seen.size()).as("cut at %d", cut).isBetween(wholeFrames, atMost);
            assertThat(seen).isEqualTo(written.subList(0, seen.size()));
            assertThat(recover(files).recovered).as("recovered again").isEqualTo(seen);
        }
    }

    @Test
    void aTailOverwrittenWithZerosFromAnyByteKeepsTheWholeFrames() throws IOException {
        TestingLogFiles files = new TestingLogFiles(1);
        int entries = 4;
        int frame = frameBytes(30);
        List<LogRecorder.Seen> written = write(files, entries, 30).durable;
        byte[] whole = files.read(segment(1));
        for (int from = SegmentFormat.HEADER_BYTES; from < SegmentFormat.HEADER_BYTES + entries * frame; from++) {
            byte[] torn = whole.clone();
            Arrays.fill(torn, from, torn.length, (byte) 0);
            files.replace(segment(1), torn);
            List<LogRecorder.Seen> seen = recover(files).recovered;
            assertThat(seen.size()).isBetween((from - SegmentFormat.HEADER_BYTES) / frame, entries);
            assertThat(seen).isEqualTo(written.subList(0, seen.size()));
        }
    }

    @Test
    void anyFlippedBitInTheLastFrameIsATornWrite() throws IOException {
        TestingLogFiles files = new TestingLogFiles(1);
        int entries = 5;
        List<LogRecorder.Seen> written = write(files, entries, 20).durable;
        byte[] whole = files.read(segment(1));
        int start = SegmentFormat.HEADER_BYTES + (entries - 1) * frameBytes(20);
        int bits = (SegmentFormat.FRAME_HEADER_BYTES + SegmentFormat.ENTRY_OVERHEAD_BYTES + 20) * 8;
        for (int bit = 0; bit < bits; bit++) {
            byte[] damaged = whole.clone();
            damaged[start + bit / 8] ^= (byte) (1 << (bit % 8));
            files.replace(segment(1), damaged);
            assertThat(recover(files).recovered).as("bit %d", bit).isEqualTo(written.subList(0, entries - 1));
        }
    }

    @Test
    void aFlippedBitBeforeTheLastFrameStopsTheRegion() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        TestingLogFiles files = new TestingLogFiles(1);
        int entries = 20;
        write(files, entries, 40);
        byte[] whole = files.read(segment(1));
        int unpadded = SegmentFormat.FRAME_HEADER_BYTES + SegmentFormat.ENTRY_OVERHEAD_BYTES + 40;
        for (int round = 0; round < 500; round++) {
            int frame = random.nextInt(entries - 1);
            int offset = SegmentFormat.HEADER_BYTES + frame * frameBytes(40);
            byte[] damaged = whole.clone();
            damaged[offset + random.nextInt(unpadded)] ^= (byte) (1 << random.nextInt(8));
            files.replace(segment(1), damaged);
            assertThatThrownBy(() -> recover(files))
                    .as("seed %d, round %d", seed, round)
                    .isInstanceOfSatisfying(CorruptLogException.class, e -> {
                        assertThat(e.file()).isEqualTo(segment(1));
                        assertThat(e.offset()).isEqualTo(offset);
                    })
                    .hasMessageContaining("does not start");
            assertThat(files.read(segment(1))).as("the evidence is kept").isEqualTo(damaged);
        }
    }

    @Test
    void aSegmentThatEndsBeforeTheNextBeginsStopsTheRegion() throws IOException {
        TestingLogFiles files = new TestingLogFiles(1);
        write(files, 40, 5_000);
        byte[] whole = files.read(segment(1));
        int frame = frameBytes(5_000);
        int lastFrame =
                SegmentFormat.HEADER_BYTES + (whole.length - SegmentFormat.HEADER_BYTES) / frame * frame - frame;
        files.replace(segment(1), Arrays.copyOf(whole, lastFrame + 100));
        assertThatThrownBy(() -> recover(files))
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining("offset " + lastFrame)
                .hasMessageContaining("cannot be read");
    }

    @Test
    void aMissingSegmentStopsTheRegion() throws IOException {
        TestingLogFiles files = new TestingLogFiles(1);
        write(files, 40, 5_000);
        assertThat(files.snapshot()).hasSizeGreaterThanOrEqualTo(4);
        files.lose(segment(2));
        assertThatThrownBy(() -> recover(files))
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining("follows segment 1");
    }

    @Test
    void aDamagedHeaderStopsTheRegion() throws IOException {
        TestingLogFiles files = new TestingLogFiles(1);
        write(files, 3, 10);
        byte[] whole = files.read(segment(1));
        for (int bit = 0; bit < 40 * 8; bit++) {
            byte[] damaged = whole.clone();
            damaged[bit / 8] ^= (byte) (1 << (bit % 8));
            files.replace(segment(1), damaged);
            assertThatThrownBy(() -> recover(files)).isInstanceOf(CorruptLogException.class);
        }
    }

    @Test
    void aHalfMadeSegmentIsRemoved() throws IOException {
        TestingLogFiles files = new TestingLogFiles(1);
        List<LogRecorder.Seen> written = write(files, 3, 10).durable;
        Path unfinished = DIRECTORY.resolve("000000000002.wal.tmp");
        files.replace(unfinished, new byte[17]);
        assertThat(recover(files).recovered).isEqualTo(written);
        assertThat(files.snapshot()).doesNotContainKey(unfinished);
    }

    @Test
    void bytesThatAClientMadeToLookLikeAFrameAreNotTakenForOne() throws IOException {
        TestingLogFiles files = new TestingLogFiles(1);
        ByteBuffer forged = ByteBuffer.allocate(1_000);
        forged.position(SegmentFormat.FRAME_HEADER_BYTES);
        SegmentFormat.sealFrame(forged, 3, 0, 0);
        // A record's payload starts at an odd place in its frame; this brings the forged frame to a multiple of 8.
        int offset = SegmentFormat.FRAME_HEADER_BYTES + SegmentFormat.ENTRY_OVERHEAD_BYTES;
        byte[] payload = new byte[200];
        byte[] frame = Arrays.copyOf(forged.array(), SegmentFormat.FRAME_HEADER_BYTES);
        System.arraycopy(frame, 0, payload, -offset & 7, frame.length);
        LogRecorder recorder = new LogRecorder();
        try (WriteAheadLog log = WriteAheadLog.open(DIRECTORY, SETTINGS, files, new SimpleMeterRegistry())) {
            log.recover(recorder, recorder);
            recorder.append(
                    log, shard(1), LogEntry.write(new ViewNumber(1), new LogIndex(1), 0, ByteString.copyFrom(payload)));
        }
        byte[] torn = files.read(segment(1));
        torn[SegmentFormat.HEADER_BYTES] ^= 1;
        files.replace(segment(1), torn);
        assertThat(recover(files).recovered).isEmpty();
    }

    /** What a replica finds in its log when it starts it vouches for, without writing it again. */
    @Test
    void whatIsFoundAfterAKillSurvivesTheNextLossOfPower() throws IOException {
        for (int round = 0; round < 300; round++) {
            TestingLogFiles files = new TestingLogFiles(round);
            // Between a write and its force, or the naming of a segment and that of its directory.
            files.failForceAfter(round % 60);
            LogRecorder recorder = new LogRecorder();
            try (WriteAheadLog log = WriteAheadLog.open(DIRECTORY, SETTINGS, files, new SimpleMeterRegistry())) {
                log.recover(recorder, recorder);
                for (int i = 1; recorder.failures.isEmpty(); i++) {
                    recorder.append(log, shard(1), entry(i, 5_000));
                    recorder.awaitSettled(1);
                }
            } catch (IOException e) {
                assertThat(round % 60).as("forces until the log is made").isLessThan(3);
            }
            files.kill();
            List<LogRecorder.Seen> found = recover(files).recovered;
            files.crash();
            assertThat(recover(files).recovered).as("round %d", round).isEqualTo(found);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4 * 1024})
    void whateverACrashKeepsOfUnforcedWritesNothingDurableIsLost(int preallocate) throws IOException {
        LogSettings settings = new LogSettings(
                64 * 1024,
                preallocate,
                16 * 1024,
                32 * 1024,
                1024 * 1024,
                16 * 1024 * 1024,
                true,
                Duration.ofSeconds(10));
        for (int round = 0; round < 200; round++) {
            long seed = System.nanoTime();
            crashAndRecover(settings, seed);
        }
    }

    private static void crashAndRecover(LogSettings settings, long seed) throws IOException {
        Random random = new Random(seed);
        TestingLogFiles files = new TestingLogFiles(seed);
        files.writeShort();
        List<LogRecorder.Seen> durable = new ArrayList<>();
        List<LogRecorder.Seen> appended = new ArrayList<>();
        long index = 0;
        for (int life = 0; life < 4; life++) {
            LogRecorder recorder = new LogRecorder();
            WriteAheadLog log = WriteAheadLog.open(DIRECTORY, settings, files, new SimpleMeterRegistry());
            log.recover(recorder, recorder);
            assertThat(recorder.recovered.size())
                    .as("seed %d, life %d", seed, life)
                    .isBetween(durable.size(), appended.size());
            assertThat(recorder.recovered)
                    .as("seed %d, life %d", seed, life)
                    .isEqualTo(appended.subList(0, recorder.recovered.size()));
            appended = new ArrayList<>(recorder.recovered);
            index = appended.size();
            durable = new ArrayList<>(appended);

            if (random.nextBoolean()) {
                files.failForceAfter(random.nextInt(20));
            } else {
                files.failWriteAfter(random.nextInt(80));
            }
            int unsettled = 0;
            for (int i = 0; i < 30; i++) {
                LogEntry next = entry(++index, random.nextInt(6_000));
                try {
                    recorder.append(log, shard(1), next);
                } catch (MdsException poisoned) {
                    break;
                }
                appended.add(new LogRecorder.Seen(shard(1), next));
                unsettled++;
                if (random.nextInt(3) == 0) {
                    recorder.awaitSettled(unsettled);
                    unsettled = 0;
                }
            }
            log.close();
            durable.addAll(recorder.durable);
            if (random.nextInt(3) == 0) {
                files.kill();
            } else {
                files.crash();
            }
        }
    }
}
