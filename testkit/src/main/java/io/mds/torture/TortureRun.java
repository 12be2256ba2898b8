package io.mds.torture;

import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.Table;
import io.mds.testkit.MdsCli;
import io.mds.testkit.MdsCluster;
import io.mds.torture.check.Finding;
import io.mds.torture.check.History;
import io.mds.torture.check.HistoryWriter;
import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Kind;
import io.mds.torture.check.Operation.Outcome;
import io.mds.torture.check.Verdict;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * One torture run: a cluster, players, a nemesis, the reads at the end, and the verdict.
 *
 * <p>Thread: one, which is the nemesis's; players have their own.
 */
public final class TortureRun {
    /** All shards take writes so long after the last fault was healed. */
    static final Duration CALM_LIMIT = Duration.ofSeconds(30);

    private static final int CLIENTS = 3;
    private static final int PLAYERS = 6;
    private static final int ROUNDS_PER_MINUTE = 30;
    private static final Duration FINAL_TIMEOUT = Duration.ofSeconds(5);
    private static final int FINAL_ATTEMPTS = 10;

    private final Settings settings;
    private final PrintStream out;
    private final long zero = System.nanoTime();
    private final List<Finding> findings = new ArrayList<>();
    private long longestCalmMillis;

    /**
     * What to do.
     *
     * @param length of the faults
     * @param rate operations per second, about
     * @param home where the jars are; null for the class path of this JVM
     * @param directory for the history, the logs and the data; must be empty
     * @param effort as for {@link Verdict#of}
     */
    public record Settings(Duration length, long seed, int replicas, int rate, Path home, Path directory, long effort) {
        public Path historyFile() {
            return directory.resolve("history.jsonl");
        }
    }

    public TortureRun(Settings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
    }

    /** Runs it; true when nothing was found. Prints what happens and the report. */
    public boolean run() {
        Nemesis nemesis;
        try (HistoryWriter history = new HistoryWriter(settings.historyFile(), () -> System.nanoTime() - zero)) {
            Recorder recorder = new Recorder(history);
            history.note("seed " + settings.seed() + ", replicas " + settings.replicas());
            try (MdsCluster cluster = start()) {
                nemesis = torture(cluster, recorder, history);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
            recorder.unexpected()
                    .forEach(
                            (error, times) -> broken("errors that no fault explains", error + ", " + times + " times"));
            nemesis.endedByThemselves().forEach(text -> broken("only the nemesis ends processes", text));
        }
        say("checking the history");
        History history = History.read(settings.historyFile());
        findings.addAll(Verdict.of(history, settings.effort()).findings());
        Verdict verdict = new Verdict(findings);
        new Report(settings, history, nemesis.done(), longestCalmMillis, verdict).print(out);
        return verdict.isValid();
    }

    private void broken(String check, String what) {
        findings.add(new Finding(check, "the cluster", what, true));
    }

    private void say(String text) {
        out.printf(Locale.ROOT, "%8.3f %s%n", (System.nanoTime() - zero) / 1e9, text);
    }

    private MdsCluster start() {
        say("starting ZooKeeper, " + FaultPlan.MASTERS + " masters and " + FaultPlan.REGIONS + " regions in "
                + settings.directory());
        return MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .zooKeeperProxies()
                .jarsOf(settings.home())
                .directory(settings.directory())
                .masters(FaultPlan.MASTERS)
                .regions(FaultPlan.REGIONS)
                .set("zookeeper.session-timeout", "4s")
                .set("rpc.idle-timeout", "6s")
                .setOnMasters("master.heartbeat-interval", "1s")
                .setOnMasters("master.region-dead-after", "10s")
                // Small, so that checkpoints and the cutting of the log are in every run.
                .setOnRegions("rpc.max-frame", "512KiB")
                .setOnRegions("limits.max-row", "128KiB")
                .setOnRegions("log.segment-size", "1MiB")
                .setOnRegions("log.max-size", "8MiB")
                .setOnRegions("store.checkpoint-interval", "5s")
                .start();
    }

    private Nemesis torture(MdsCluster cluster, Recorder recorder, HistoryWriter history) throws InterruptedException {
        MdsCli cli = new MdsCli(settings.home(), cluster.connectString());
        Nemesis nemesis = new Nemesis(cluster, cli, text -> {
            history.note(text);
            say(text);
        });
        List<MdsClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(client(cluster, "torture-" + (i + 1), Duration.ofMillis(1_500 + 1_500 * i)));
            }
            MdsClient last = client(cluster, "torture-last", FINAL_TIMEOUT);
            clients.add(last);
            last.withTimeout(Duration.ofSeconds(60)).createTable(Rows.schema(settings.replicas()));
            Table table = last.table(Rows.TABLE);
            if (!writeAll(table, recorder, Rows.COUNTERS, 0)) {
                throw new IllegalStateException("the table takes no writes before any fault:\n" + cluster.dump());
            }
            List<Player> players = players(clients, recorder);
            players.forEach(Player::start);
            try {
                faults(cluster, nemesis, table, recorder);
            } finally {
                nemesis.healAll();
                players.forEach(Player::stop);
            }
            players.forEach(Player::awaitEnd);
            say("all is healed; reading all rows");
            calm(cluster, table, recorder);
            readAll(table, recorder);
            compareReplicas(cli);
            nemesis.putAside().forEach(data -> broken("no region gives up its data", data.toString()));
        } finally {
            clients.forEach(MdsClient::close);
        }
        return nemesis;
    }

    private static MdsClient client(MdsCluster cluster, String name, Duration timeout) {
        return MdsClient.connect(MdsClientOptions.builder(cluster.connectString())
                .name(name)
                .timeout(timeout)
                .attemptTimeout(Duration.ofSeconds(1))
                .eventLoopThreads(1)
                .build());
    }

    private List<Player> players(List<MdsClient> clients, Recorder recorder) {
        List<Player> players = new ArrayList<>();
        HandedSessions handed = new HandedSessions();
        int pauseMillis = Math.max(1, 1_000 * PLAYERS / settings.rate());
        for (int i = 0; i < PLAYERS; i++) {
            String client = "client" + (i % CLIENTS + 1);
            Table table = clients.get(i % CLIENTS).table(Rows.TABLE);
            long seed = settings.seed() * 31 + i;
            players.add(new Player("p" + (i + 1), client, table, handed, recorder, seed, pauseMillis));
        }
        return players;
    }

    private void faults(MdsCluster cluster, Nemesis nemesis, Table table, Recorder recorder)
            throws InterruptedException {
        long end = System.nanoTime() + settings.length().toNanos();
        int rounds = 2 + (int) (settings.length().toSeconds() * ROUNDS_PER_MINUTE / 60);
        for (FaultPlan.Round round : FaultPlan.of(settings.seed(), rounds)) {
            if (System.nanoTime() - end >= 0) {
                return;
            }
            say(round.toString());
            nemesis.run(round);
            if (!ready(cluster)) {
                return;
            }
            if (round.calm()) {
                calm(cluster, table, recorder);
            }
        }
    }

    /** Waits until all members are what they were: otherwise the next fault could stop a second replica. */
    private boolean ready(MdsCluster cluster) {
        try {
            cluster.awaitReady();
            return true;
        } catch (IllegalStateException e) {
            broken("progress in calm", e.getMessage());
            return false;
        }
    }

    private void calm(MdsCluster cluster, Table table, Recorder recorder) throws InterruptedException {
        long begin = System.nanoTime();
        boolean written = writeAll(table, recorder, Rows.PROBES, begin - zero);
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        longestCalmMillis = Math.max(longestCalmMillis, millis);
        say("calm: every shard takes writes after " + millis + " ms");
        if (!written) {
            broken(
                    "progress in calm",
                    "not every shard took a write within " + CALM_LIMIT.toSeconds() + " s after the last fault\n"
                            + cluster.dump());
        }
    }

    /** Writes each row until that is acknowledged; false when the limit passed first. */
    private boolean writeAll(Table table, Recorder recorder, List<String> rows, long value)
            throws InterruptedException {
        long end = System.nanoTime() + CALM_LIMIT.toNanos();
        long offset = value;
        for (String row : rows) {
            Call call;
            do {
                if (System.nanoTime() - end > 0) {
                    return false;
                }
                call = Call.write(recorder.nextId(), "calm", Kind.UPSERT, row, offset++);
            } while (recorder.send(table, call).outcome() != Outcome.OK && pause());
        }
        return true;
    }

    private void readAll(Table table, Recorder recorder) throws InterruptedException {
        for (String row : Rows.single()) {
            readAtLast(table, recorder, row, null);
        }
        for (String group : Rows.GROUPS) {
            readAtLast(table, recorder, group, Rows.of(group));
        }
    }

    /** A row that cannot be read in some attempts is missed by the checks. */
    private static void readAtLast(Table table, Recorder recorder, String key, List<String> rows)
            throws InterruptedException {
        for (int attempt = 0; attempt < FINAL_ATTEMPTS; attempt++) {
            long id = recorder.nextId();
            Call call = rows == null ? Call.read(id, "last", key) : Call.look(id, "last", Kind.SCAN, key, rows);
            if (recorder.send(table, call.asLast()).outcome() == Outcome.OK) {
                return;
            }
            pause();
        }
    }

    private static boolean pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(100);
        return true;
    }

    private void compareReplicas(MdsCli cli) {
        MdsCli.Ending ending = cli.run("verify", Rows.TABLE);
        if (ending.exitCode() != 0) {
            broken("replicas are equal", ending.output());
        } else {
            say("replicas: " + ending.output());
        }
    }
}
