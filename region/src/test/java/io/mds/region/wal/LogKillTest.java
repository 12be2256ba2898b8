package io.mds.region.wal;

import static io.mds.region.wal.LogRecorder.entry;
import static io.mds.region.wal.LogRecorder.shard;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that appends is killed with -9, again and again: what it said was durable is there. */
class LogKillTest {
    private static final int KILLS = 6;
    private static final LogSettings SETTINGS = new LogSettings(
            256 * 1024, 16 * 1024, 32 * 1024, 32 * 1024, 256 * 1024, 1L << 30, true, Duration.ofSeconds(10));

    @TempDir
    private Path directory;

    @Test
    void everyEntryReportedDurableSurvivesKillMinusNine() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        long acknowledged = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            acknowledged = Math.max(acknowledged, appendUntilKilled(200 + random.nextInt(2_000)));
            LogRecorder seen = new LogRecorder();
            try (WriteAheadLog log =
                    WriteAheadLog.open(directory, SETTINGS, LogFiles.ofDisk(), new SimpleMeterRegistry())) {
                log.recover(seen, seen);
            }
            List<Long> indexes = seen.recovered.stream()
                    .map(each -> each.entry().index().value())
                    .toList();
            assertThat((long) indexes.size()).as("seed %d, kill %d", seed, kill).isGreaterThanOrEqualTo(acknowledged);
            for (int i = 0; i < indexes.size(); i++) {
                assertThat(indexes.get(i)).isEqualTo(i + 1L);
                assertThat(seen.recovered.get(i).entry()).isEqualTo(entry(i + 1, sizeOf(i + 1)));
            }
        }
    }

    private long appendUntilKilled(int acknowledgements) throws IOException, InterruptedException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Appender.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        long last = 0;
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            for (int i = 0; i < acknowledgements; i++) {
                String line = out.readLine();
                assertThat(line).as("the appending process ended by itself").isNotNull();
                if (line.matches("\\d+")) {
                    last = Long.parseLong(line);
                }
            }
            // The handle's way of killing leaves the stream open.
            child.toHandle().destroyForcibly();
            assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
            // What it had printed before it died was durable, too; the last line may be cut.
            String line = out.readLine();
            for (String next = out.readLine(); next != null; next = out.readLine()) {
                last = line.matches("\\d+") ? Long.parseLong(line) : last;
                line = next;
            }
        } finally {
            child.destroyForcibly();
        }
        return last;
    }

    private static int sizeOf(long index) {
        return (int) (index * 37 % 3_000);
    }

    /** The process that is killed: appends without end and prints the index of each durable entry. */
    static final class Appender implements AppendListener, LogObserver {
        private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);

        public static void main(String[] arguments) throws IOException {
            LogRecorder seen = new LogRecorder();
            Appender appender = new Appender();
            WriteAheadLog log =
                    WriteAheadLog.open(Path.of(arguments[0]), SETTINGS, LogFiles.ofDisk(), new SimpleMeterRegistry());
            log.recover(seen, appender);
            long index = seen.recovered.size() + 1L;
            while (true) {
                try {
                    LogRecorder.append(log, shard(1), entry(index, sizeOf(index)), appender);
                    index++;
                } catch (MdsException full) {
                    Thread.onSpinWait();
                }
            }
        }

        @Override
        public void durable(ShardId shard, LogEntry entry) {
            out.println(entry.index());
        }

        @Override
        public void failed(ShardId shard, LogEntry entry, MdsException failure) {
            throw failure;
        }
    }
}
