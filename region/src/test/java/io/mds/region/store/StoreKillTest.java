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
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that applies a log is killed with -9, again and again. The store loses commits, for it commits lazily, but what
 * it holds is the log up to its applied index, and the same log applied from there on gives the same rows.
 */
class StoreKillTest {
    private static final int KILLS = 5;
    private static final int MANY_KILLS = 6;
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

    /** The file is never closed in order in between: what H2 finds then it has to find out from what was written. */
    @Tag("soak")
    @Test
    void whatWasMadeDurableIsThereAfterEachOfManyKills() throws Exception {
        long durable = 0;
        for (int kill = 0; kill < MANY_KILLS; kill++) {
            List<String> lines = linesUntilKilled(Marker.class, 10 + 5 * kill, "durable ");
            assertThat(number(lines.get(0), "found "))
                    .as("after %d kills", kill)
                    .isGreaterThanOrEqualTo(durable);
            durable = number(lines.get(lines.size() - 1), "durable ");
        }
    }

    @Tag("soak")
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
                    assertThat(applied).isGreaterThanOrEqualTo(installed);
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

    private static long number(String line, String said) {
        assertThat(line).startsWith(said);
        return Long.parseLong(line.substring(said.length()));
    }

    /** Returns the last applied index that the process said was durable. */
    private long runUntilKilled(Class<?> main, int lines, String said) throws IOException, InterruptedException {
        List<String> all = linesUntilKilled(main, lines, said);
        return number(all.get(all.size() - 1), said);
    }

    /** Kills the process when it has said that so many times, and returns all that it has said by then. */
    private List<String> linesUntilKilled(Class<?> main, int times, String said)
            throws IOException, InterruptedException {
        Process child = start(main);
        List<String> lines = new ArrayList<>();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            int seen = 0;
            while (seen < times) {
                String line = out.readLine();
                assertThat(line)
                        .as("the process ended by itself, after %s", lines)
                        .isNotNull();
                lines.add(line);
                seen += line.startsWith(said) ? 1 : 0;
            }
            // The handle's way of killing leaves the stream open.
            child.toHandle().destroyForcibly();
            assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            child.destroyForcibly();
        }
        return lines;
    }

    /** The process that is killed: applies the log without end, with a checkpoint now and then. */
    static final class Applier {
        private Applier() {}

        public static void main(String[] arguments) {
            Store store = Store.open(onDisk(Path.of(arguments[0])), new SimpleMeterRegistry());
            ShardStore shard = store.createShard(SHARD, SCHEMA, new ViewNumber(1));
            while (true) {
                applyTo(shard, shard.appliedIndex().value() + 700);
                System.out.println("durable " + store.checkpoint().get(SHARD).index());
                applyTo(shard, shard.appliedIndex().value() + 300);
            }
        }
    }

    /** The process that is killed: writes much or little and makes it durable. */
    static final class Marker {
        private Marker() {}

        public static void main(String[] arguments) throws InterruptedException {
            Database database = Database.open(onDisk(Path.of(arguments[0])), new SimpleMeterRegistry());
            run(database, "CREATE TABLE IF NOT EXISTS marks (k INT PRIMARY KEY, v VARBINARY)");
            String key = "'" + Database.CHECKPOINTS_KEY + "'";
            run(
                    database,
                    "INSERT INTO mds_meta SELECT " + key + ", '0' WHERE NOT EXISTS (SELECT v FROM mds_meta WHERE k = "
                            + key + ")");
            long found = database.read("count", Marker::count);
            System.out.println("found " + found);
            Random random = new Random(found);
            for (long n = found + 1; ; n++) {
                int rows = random.nextInt(4) == 0 ? random.nextInt(400) : random.nextInt(3);
                database.transact("write", connection -> {
                    write(connection, rows, random);
                    return null;
                });
                database.sync();
                System.out.println("durable " + n);
                // Some kills come when nothing is under way.
                TimeUnit.MILLISECONDS.sleep(random.nextInt(5));
            }
        }

        private static void run(Database database, String sql) {
            database.transact("run", connection -> {
                try (Statement statement = connection.createStatement()) {
                    return statement.execute(sql);
                }
            });
        }

        private static long count(Connection connection) throws SQLException {
            try (Statement statement = connection.createStatement();
                    ResultSet count = statement.executeQuery(
                            "SELECT v FROM mds_meta WHERE k = '" + Database.CHECKPOINTS_KEY + "'")) {
                return count.next() ? Long.parseLong(count.getString(1)) : 0;
            }
        }

        private static void write(Connection connection, int rows, Random random) throws SQLException {
            try (PreparedStatement merge =
                    connection.prepareStatement("MERGE INTO marks (k, v) KEY (k) VALUES (?, ?)")) {
                for (int i = 0; i < rows; i++) {
                    byte[] value = new byte[random.nextInt(1_000)];
                    random.nextBytes(value);
                    merge.setInt(1, random.nextInt(5_000));
                    merge.setBytes(2, value);
                    merge.addBatch();
                }
                merge.executeBatch();
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
