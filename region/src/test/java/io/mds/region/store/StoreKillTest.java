package io.mds.region.store;

import static io.mds.region.store.Writes.SCHEMA;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that applies a log is killed with -9, again and again. The store loses commits, for it commits lazily, but what
 * it holds is the log up to its applied index, and the same log applied from there on gives the same rows.
 */
class StoreKillTest {
    private static final int KILLS = 5;
    private static final long SEED = 1;
    private static final ShardId SHARD = new ShardId(1);
    private static final ShardId INSTALLED = new ShardId(2);
    private static final PageLimits ALL = new PageLimits(RandomLog.KEYS, 1 << 30, Duration.ofMinutes(1));

    @TempDir
    private Path directory;

    private static StoreSettings onDisk(Path directory) {
        return StoreSettings.h2File(directory.resolve("store"));
    }

    private static void applyTo(ShardStore shard, long last) {
        RandomLog.applyTo(shard, SEED, last);
    }

    @Test
    void aKilledStoreHoldsALogPrefixAndCatchesUp() throws Exception {
        StoreSettings inMemory = new StoreSettings(
                "jdbc:h2:mem:reference" + System.nanoTime(), "", "", 2, 1 << 20, 0, Duration.ofSeconds(5));
        try (Store referenceStore = Store.open(inMemory, new SimpleMeterRegistry())) {
            ShardStore reference = referenceStore.createShard(SHARD, SCHEMA, new ViewNumber(1));
            for (int kill = 0; kill < KILLS; kill++) {
                long checkpoint = runUntilKilled(Applier.class, 2 + kill, "durable ");
                try (Store store = Store.open(onDisk(directory), new SimpleMeterRegistry())) {
                    ShardStore shard = store.shard(SHARD).orElseThrow();
                    long applied = shard.appliedIndex().value();
                    assertThat(applied).isGreaterThanOrEqualTo(checkpoint);
                    applyTo(reference, applied);
                    assertThat(scan(shard)).isEqualTo(scan(reference));
                    assertThat(shard.rowCount()).isEqualTo(reference.rowCount());

                    applyTo(shard, applied + 200);
                    applyTo(reference, applied + 200);
                    assertThat(scan(shard)).isEqualTo(scan(reference));
                    store.checkpoint();
                }
            }
        }
    }

    @Test
    void shardsOnceCreatedSurviveKillMinusNine() throws Exception {
        Process child = start(Creator.class);
        long created = 0;
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            while (created < 20) {
                created = Long.parseLong(out.readLine());
            }
            child.toHandle().destroyForcibly();
            assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            child.destroyForcibly();
        }
        try (Store store = Store.open(onDisk(directory), new SimpleMeterRegistry())) {
            for (long id = 1; id <= created; id++) {
                ShardStore shard = store.shard(new ShardId(id)).orElseThrow();
                assertThat(shard.view().promised()).isEqualTo(new ViewNumber(id + 1));
                applyTo(shard, 10);
            }
            assertThat(store.meta("created"))
                    .hasValueSatisfying(
                            value -> assertThat(Long.parseLong(value)).isGreaterThanOrEqualTo(20));
        }
    }

    @Test
    void anInstallThatIsKilledLeavesTheOldRowsOrTheNew() throws Exception {
        StoreSettings inMemory = new StoreSettings(
                "jdbc:h2:mem:reference" + System.nanoTime(), "", "", 2, 1 << 20, 0, Duration.ofSeconds(5));
        try (Store referenceStore = Store.open(inMemory, new SimpleMeterRegistry())) {
            ShardStore reference = referenceStore.createShard(SHARD, SCHEMA, new ViewNumber(1));
            for (int kill = 0; kill < KILLS; kill++) {
                long installed = runUntilKilled(Installer.class, 2 + kill, "installed ");
                try (Store store = Store.open(onDisk(directory), new SimpleMeterRegistry())) {
                    ShardStore shard = store.shard(INSTALLED).orElseThrow();
                    long applied = shard.appliedIndex().value();
                    // H2 may lose the last few installs, but none of them in part.
                    assertThat(installed).isPositive();
                    RandomLog.applyTo(reference, 1, applied);
                    assertThat(reference.appliedIndex()).isEqualTo(shard.appliedIndex());
                    assertThat(Copies.rows(shard)).isEqualTo(Copies.rows(reference));
                    assertThat(shard.rowCount()).isEqualTo(reference.rowCount());
                    RandomLog.applyTo(shard, 1, applied + 50);
                    RandomLog.applyTo(reference, 1, applied + 50);
                    assertThat(Copies.rows(shard)).isEqualTo(Copies.rows(reference));
                    store.checkpoint();
                }
            }
        }
    }

    private Process start(Class<?> main) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        main.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static ScanReply scan(ShardStore shard) {
        return shard.scan(ScanRequest.getDefaultInstance(), ALL);
    }

    /** Returns the last applied index that the process said was durable. */
    private long runUntilKilled(Class<?> main, int lines, String said) throws IOException, InterruptedException {
        Process child = start(main);
        long durable = 0;
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            int seen = 0;
            while (seen < lines) {
                String line = out.readLine();
                assertThat(line).as("the applying process ended by itself").isNotNull();
                if (line.startsWith(said)) {
                    durable = Long.parseLong(line.substring(said.length()));
                    seen++;
                }
            }
            // The handle's way of killing leaves the stream open.
            child.toHandle().destroyForcibly();
            assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            child.destroyForcibly();
        }
        return durable;
    }

    /** The process that is killed: applies the log without end, with a checkpoint now and then. */
    static final class Applier {
        private Applier() {}

        public static void main(String[] arguments) {
            Store store = Store.open(onDisk(Path.of(arguments[0])), new SimpleMeterRegistry());
            ShardStore shard = store.createShard(SHARD, SCHEMA, new ViewNumber(1));
            while (true) {
                applyTo(shard, shard.appliedIndex().value() + 700);
                System.out.println("durable " + store.checkpoint().get(SHARD));
                applyTo(shard, shard.appliedIndex().value() + 300);
            }
        }
    }

    /** The process that is killed: installs copies of one shard into another without end. */
    static final class Installer {
        private Installer() {}

        public static void main(String[] arguments) {
            Store store = Store.open(onDisk(Path.of(arguments[0])), new SimpleMeterRegistry());
            ShardStore from = store.createShard(SHARD, SCHEMA, new ViewNumber(1));
            while (true) {
                long begun = store.shard(INSTALLED)
                        .map(shard -> shard.appliedIndex().value())
                        .orElse(0L);
                RandomLog.applyTo(from, 1, Math.max(begun, from.appliedIndex().value()) + 100);
                try (ShardCopy copy = from.copy();
                        ShardInstall install = store.install(INSTALLED, SCHEMA, new ViewNumber(1))) {
                    Copies.install(copy, install);
                }
                System.out.println("installed " + from.appliedIndex());
            }
        }
    }

    /** The process that is killed: creates shards without end. */
    static final class Creator {
        private Creator() {}

        public static void main(String[] arguments) {
            Store store = Store.open(onDisk(Path.of(arguments[0])), new SimpleMeterRegistry());
            for (long id = 1; ; id++) {
                store.createShard(new ShardId(id), SCHEMA, new ViewNumber(1));
                store.recordPromises(Map.of(new ShardId(id), new ViewNumber(id + 1)));
                store.putMeta("created", Long.toString(id));
                System.out.println(id);
            }
        }
    }
}
