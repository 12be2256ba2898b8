package io.mds.testkit;

import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.ClusterStatus;
import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.Row;
import io.mds.client.Table;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two thousand shards on three regions: idle ones cost next to nothing, none has a thread of its own, and those that a
 * region led are led by others soon after its death.
 */
@Tag("alone")
@Tag("soak")
class ManyShardsIT {
    private static final int TABLES = 2;
    private static final int SHARDS_EACH = 1_000;
    private static final int ROWS_EACH = 2_000;
    /** Leaders fall silent a few seconds after the last write or read, and compilers and checkpoints a while later. */
    private static final Duration SETTLING = Duration.ofSeconds(8);

    private static final Duration IDLE = Duration.ofSeconds(10);
    /** How often one looks whether the cluster has come to rest. */
    private static final int LOOKS = 12;

    /** Pools that had no reason to grow before the first requests. */
    private static final int POOLED_THREADS = 20;

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final double MOST_IDLE_CPU_PERCENT = 10;
    private static final Duration LONGEST_WITHOUT_LEADERS = Duration.ofSeconds(5);

    private static TableSchema schema(String name) {
        return TableSchema.named(name)
                .column("owner", STRING)
                .column("n", INT64)
                .primaryKey("owner", "n")
                .partitionBy("owner")
                .shards(SHARDS_EACH)
                .replicas(3)
                .build();
    }

    private static void say(String format, Object... arguments) {
        System.out.println("ManyShardsIT: " + String.format(Locale.ROOT, format, arguments));
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < ROWS_EACH; i++) {
            rows.add(Row.of("owner", "owner " + i, "n", (long) i));
        }
        return rows;
    }

    private static boolean allServing(ClusterStatus status) {
        return status.shards() == TABLES * SHARDS_EACH && status.unavailableShards() == 0;
    }

    private static boolean leadsNothing(ClusterStatus status, Member member) {
        return status.regions().stream()
                .filter(region -> region.address().endsWith(":" + member.port()))
                .allMatch(region -> region.leaders() == 0);
    }

    private static void sleep(Duration time) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(time.toNanos());
    }

    // ---- what the operating system says of processes ----

    private static Map<String, Long> processes(MdsCluster cluster) {
        Map<String, Long> pids = new LinkedHashMap<>();
        for (Member member : cluster.masters()) {
            pids.put(member.name(), ((ProcessMember) member).pid());
        }
        for (Member member : cluster.regions()) {
            pids.put(member.name(), ((ProcessMember) member).pid());
        }
        pids.put("zookeeper", ((ProcessZooKeeper) cluster.zooKeeper()).pid());
        return pids;
    }

    private static String proc(long pid, String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), file));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read /proc of " + pid + ": " + e.getMessage(), e);
        }
    }

    private static long number(long pid, String key) {
        return proc(pid, "status")
                .lines()
                .filter(line -> line.startsWith(key + ":"))
                .map(line -> line.replaceAll("\\D", ""))
                .map(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    /** Processor time used so far, in hundredths of a second. */
    private static long ticks(long pid) {
        String stat = proc(pid, "stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private static Map<String, Long> ofRegions(MdsCluster cluster, String key) {
        Map<String, Long> values = new LinkedHashMap<>();
        for (Member region : cluster.regions()) {
            values.put(region.name(), number(((ProcessMember) region).pid(), key));
        }
        return values;
    }

    // ---- the test ----

    @Test
    void twoThousandShardsRestQuietlyAndSurviveTheDeathOfARegion() throws InterruptedException {
        try (MdsCluster cluster = MdsCluster.builder()
                        .mode(MdsCluster.Mode.PROCESSES)
                        .zooKeeperProcess()
                        .masters(2)
                        .regions(3)
                        .start();
                MdsClient client = MdsClient.connect(MdsClientOptions.builder(cluster.connectString())
                        .timeout(PATIENCE)
                        .build())) {
            Map<String, Long> threads = ofRegions(cluster, "Threads");
            List<Table> tables = create(client);
            write(tables);
            Map<String, Long> threadsNow = ofRegions(cluster, "Threads");
            say("threads before and after: %s, %s", threads, threadsNow);
            threads.forEach((name, before) ->
                    assertThat(threadsNow.get(name)).as("threads of " + name).isLessThan(before + POOLED_THREADS));

            Await.until("all shards serve", () -> allServing(client.status()));
            sleep(SETTLING);
            comesToRest(cluster);

            killOne(cluster, client);
            read(tables);
            bringItBack(cluster);
            changeMasters(cluster, client);
            write(tables);
        }
    }

    private static List<Table> create(MdsClient client) {
        List<Table> tables = new ArrayList<>();
        for (int i = 0; i < TABLES; i++) {
            long begun = System.nanoTime();
            client.createTable(schema("many" + i));
            tables.add(client.table("many" + i));
            say("%d shards created in %d ms", SHARDS_EACH, millisSince(begun));
        }
        return tables;
    }

    private static void write(List<Table> tables) {
        long begun = System.nanoTime();
        tables.forEach(table -> table.upsertAll(rows()));
        say("%d rows written in %d ms", TABLES * ROWS_EACH, millisSince(begun));
    }

    private static void read(List<Table> tables) {
        long begun = System.nanoTime();
        for (Table table : tables) {
            for (int i = 0; i < ROWS_EACH; i++) {
                assertThat(table.get("owner " + i, (long) i))
                        .as(table.name() + " " + i)
                        .isPresent();
            }
        }
        say("%d rows read in %d ms", TABLES * ROWS_EACH, millisSince(begun));
    }

    private static void comesToRest(MdsCluster cluster) throws InterruptedException {
        double all = measureIdleness(cluster);
        for (int look = 1; look < LOOKS && all >= MOST_IDLE_CPU_PERCENT; look++) {
            all = measureIdleness(cluster);
        }
        say("memory in KiB: %s", ofRegions(cluster, "VmRSS"));
        assertThat(all).as("percent of a core that all processes use together").isLessThan(MOST_IDLE_CPU_PERCENT);
    }

    private static double measureIdleness(MdsCluster cluster) throws InterruptedException {
        Map<String, Long> pids = processes(cluster);
        Map<String, Long> before = new LinkedHashMap<>();
        pids.forEach((name, pid) -> before.put(name, ticks(pid)));
        sleep(IDLE);
        Map<String, Double> percent = new LinkedHashMap<>();
        // Hundredths of seconds per second are percent.
        pids.forEach((name, pid) -> percent.put(name, (ticks(pid) - before.get(name)) / (double) IDLE.toSeconds()));
        double all = percent.values().stream().mapToDouble(each -> each).sum();
        say("idle: %.1f %% of a core: %s", all, percent);
        return all;
    }

    private static void killOne(MdsCluster cluster, MdsClient client) {
        long killed = System.nanoTime();
        Member victim = cluster.region(1);
        victim.kill();
        Await.until("all shards are led by others", () -> {
            ClusterStatus status = client.status();
            return leadsNothing(status, victim) && allServing(status);
        });
        long took = millisSince(killed);
        say("all shards are led again %d ms after the death of a region", took);
        assertThat(Duration.ofMillis(took)).isLessThan(LONGEST_WITHOUT_LEADERS);
    }

    private static void bringItBack(MdsCluster cluster) {
        long begun = System.nanoTime();
        cluster.region(1).start();
        cluster.awaitReady();
        say("the region is back after %d ms", millisSince(begun));
    }

    private static void changeMasters(MdsCluster cluster, MdsClient client) {
        Member active = cluster.activeMaster();
        long epoch = client.status().epoch().value();
        long killed = System.nanoTime();
        active.kill();
        Await.until("another master sees all shards led", () -> {
            ClusterStatus status = client.status();
            return status.epoch().value() > epoch && allServing(status);
        });
        say("another master sees all shards led %d ms after the death of the active one", millisSince(killed));
    }
}
