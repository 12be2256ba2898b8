package io.mds.testkit;

import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;

import io.mds.client.Filters;
import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;

/**
 * The tour that {@code mds quickstart} gives: a real cluster of child JVMs, real data, and two murders.
 *
 * <p>Thread: runs on the caller's; a {@link SteadyWriter} writes beside it while members die.
 */
final class Quickstart {
    private static final String TABLE = "files";
    private static final int BIGGEST = 5;
    /** Of the tour's clients: what a busy machine is late with has not failed. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path tree;
    private final Path home;
    private final Path directory;
    private final boolean exit;
    private final PrintStream out;
    private int step;

    Quickstart(Path tree, Path home, Path directory, boolean exit, PrintStream out) {
        this.tree = tree;
        this.home = home;
        this.directory = directory;
        this.exit = exit;
        this.out = out;
    }

    int run() {
        say("Starting ZooKeeper, two masters and three regions, each a JVM of its own (files in " + directory + ")");
        long started = System.nanoTime();
        try (MdsCluster cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .jarsOf(home)
                .zooKeeperProcess()
                .directory(directory)
                .masters(2)
                .regions(3)
                .start()) {
            detail("up in " + seconds(started) + "; active: "
                    + cluster.activeMaster().name() + ", ZooKeeper: "
                    + cluster.zooKeeper().connectString());
            importTree(cluster);
            try (MdsClient client = MdsClient.connect(MdsClientOptions.builder(cluster.connectString())
                    .timeout(PATIENCE)
                    .build())) {
                askQuestions(client.table(TABLE));
                killMaster(cluster, client);
                killRegion(cluster, client.table("tour"));
            }
            whatNext(cluster);
            if (!exit) {
                out.println("The cluster stays up until Ctrl-C.");
                awaitInterrupt();
            }
        } catch (RuntimeException e) {
            out.println();
            out.println("FAILED: " + e.getMessage());
            out.println("The logs are in " + directory);
            return 1;
        }
        out.println("Everything is stopped. Logs and data are in " + directory);
        return 0;
    }

    private void importTree(MdsCluster cluster) {
        say("Importing the metadata of " + tree + " into table '" + TABLE + "': mds import " + TABLE + " " + tree);
        int code = cli(cluster, "import", TABLE, tree.toString(), "--shards", "6");
        if (code != 0) {
            throw new IllegalStateException("mds import ended with code " + code);
        }
    }

    private int cli(MdsCluster cluster, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-Xmx256m"));
        command.addAll(new Launch(home).cli());
        command.addAll(List.of("--connect", cluster.connectString(), "--timeout", PATIENCE.toSeconds() + "s"));
        command.addAll(List.of(arguments));
        try {
            return JavaProcess.withoutSettings(new ProcessBuilder(command))
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run the command line: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the command line was running", e);
        }
    }

    private void askQuestions(Table files) {
        say("How many rows are there?");
        long started = System.nanoTime();
        long rows = files.count(Scan.all());
        detail(String.format("%,d, counted on all shards in %s", rows, seconds(started)));

        say("What is in " + tree + "?  (one partition: one shard answers, in key order)");
        try (RowStream listing = files.scan(Scan.prefix(tree.toString()).limit(8))) {
            listing.forEach(row -> detail(String.format(
                    "%-9s %12s  %s",
                    row.getString("kind"), row.isNull("size") ? "" : row.getLong("size"), row.getString("name"))));
        }

        say("Which files are the biggest?  (a filtered scan over all shards)");
        started = System.nanoTime();
        PriorityQueue<Row> biggest = new PriorityQueue<>(Comparator.comparing((Row row) -> row.getLong("size")));
        long floor = 100_000L;
        try (RowStream large = files.scan(Scan.all().where(Filters.ge("size", floor)))) {
            large.forEach(row -> {
                biggest.add(row);
                if (biggest.size() > BIGGEST) {
                    biggest.remove();
                }
            });
        }
        biggest.stream()
                .sorted(Comparator.comparing((Row row) -> row.getLong("size")).reversed())
                .forEach(row -> detail(String.format(
                        "%,14d  %s/%s", row.getLong("size"), row.getString("dir"), row.getString("name"))));
        detail("found in " + seconds(started));
    }

    private void killMaster(MdsCluster cluster, MdsClient client) {
        Member active = cluster.activeMaster();
        say("Killing the active master, " + active.name() + ", with -9 while a client reads and writes");
        client.createTableIfNotExists(TableSchema.named("tour")
                .column("worker", STRING)
                .column("n", INT64)
                .primaryKey("worker", "n")
                .partitionBy("worker", "n")
                .shards(6)
                .build());
        try (SteadyWriter writer = SteadyWriter.startReading(client.table("tour"), "master-tour")) {
            writer.awaitMore(200);
            long before = writer.acknowledged();
            long killed = System.nanoTime();
            active.kill();
            writer.awaitMore(200);
            detail(String.format(
                    "%,d rows were acknowledged before, and %,d more within %s of its death",
                    before, writer.acknowledged() - before, seconds(killed)));
            Member successor = cluster.activeMaster();
            client.createTableIfNotExists(
                    TableSchema.named("made_by_" + successor.name().replace('-', '_'))
                            .column("id", INT64)
                            .primaryKey("id")
                            .build());
            detail(successor.name() + " took over and created a table " + seconds(killed) + " after the kill");
            writer.stop();
            report(client.table("tour"), writer);
        }
        active.start();
        detail(active.name() + " is started again, now as the standby");
    }

    private void killRegion(MdsCluster cluster, Table tour) {
        Member region = cluster.region(1);
        say("Killing " + region.name()
                + ", which leads a third of the shards, with -9 while a client reads and writes");
        try (SteadyWriter writer = SteadyWriter.startReading(tour, "region-tour")) {
            writer.awaitMore(200);
            long before = writer.acknowledged();
            region.kill();
            writer.awaitMore(200);
            detail(String.format(
                    "its shards got new leaders: %,d rows more were acknowledged while it was dead",
                    writer.acknowledged() - before));
            long started = System.nanoTime();
            region.start();
            cluster.awaitReady();
            detail(region.name() + " is started again: it recovered its log and registered with its old id in "
                    + seconds(started));
            writer.awaitMore(200);
            writer.stop();
            report(tour, writer);
        }
    }

    private void report(Table tour, SteadyWriter writer) {
        detail(String.format(
                "%,d writes, and each row read back at once (%,d reads): %d failed, longest wait %d ms",
                writer.acknowledged(),
                writer.reads(),
                writer.failures(),
                writer.longestWait().toMillis()));
        List<Long> missing = writer.missingFrom(tour);
        if (!missing.isEmpty()) {
            throw new IllegalStateException(missing.size() + " acknowledged rows are gone, the first: " + missing.get(0)
                    + " of " + writer.name());
        }
        detail("every acknowledged row is there, once");
    }

    private void whatNext(MdsCluster cluster) {
        Optional<Member> master =
                cluster.masters().stream().filter(Member::isRunning).findFirst();
        String connect = "--connect " + cluster.connectString();
        out.println();
        if (exit) {
            out.println("What to try next: the same without --exit. The cluster stays up then, for you to look at.");
            return;
        }
        out.println("What to try next:");
        out.println("  ./mds " + connect + " status");
        out.println("  ./mds " + connect + " shell");
        out.println("  ./mds " + connect + " scan " + TABLE + " --prefix " + tree + " --limit 5");
        out.println("  ./mds zkcli -server " + cluster.zooKeeper().connectString() + " get /mds/master/active");
        master.ifPresent(m -> out.println("  web console: http://127.0.0.1:" + m.adminPort() + "/"));
        out.println(
                "  metrics of a region: http://127.0.0.1:" + cluster.region(1).adminPort() + "/metrics");
    }

    private void awaitInterrupt() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void say(String text) {
        step++;
        out.println();
        out.println(step + ". " + text);
    }

    private void detail(String text) {
        out.println("   " + text);
    }

    private static String seconds(long since) {
        return String.format(
                "%.1f s", Duration.ofNanos(System.nanoTime() - since).toMillis() / 1000.0);
    }
}
