package io.mds.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mds bench heartbeats}: what very many regions, clients and tables cost one master. */
@Command(
        name = "heartbeats",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures what very many regions, clients and tables cost one master.",
            "Simulates regions that send a heartbeat every 5 s, and clients that are connected and subscribed to routes,"
                    + " in this process, against one real master in its own; measures the master's processor time and"
                    + " memory, and how long a few more clients wait for routes. Needs Linux.",
            "Exit codes: 0 everybody was answered, 1 somebody was not, 2 wrong options."
        })
final class HeartbeatsCommand implements Callable<Integer> {
    private static final int MAX_REGIONS = 20_000;
    private static final int MAX_CONNECTIONS = 60_000;
    private static final int MAX_TABLES = 200_000;
    private static final String COLUMNS = "%7s %11s %8s %6s %12s %8s %12s %9s %9s %9s%n";

    @Option(
            names = "--regions",
            defaultValue = "2000",
            paramLabel = "N",
            description = "regions that send heartbeats (default: ${DEFAULT-VALUE})")
    private int regions;

    @Option(
            names = "--connections",
            defaultValue = "10000",
            paramLabel = "N",
            description = "clients that are connected and subscribed (default: ${DEFAULT-VALUE})")
    private int connections;

    @Option(
            names = "--tables",
            defaultValue = "1000",
            paramLabel = "N",
            description = "tables, of one shard with three replicas each (default: ${DEFAULT-VALUE})")
    private int tables;

    @Option(
            names = "--seconds",
            defaultValue = "30",
            paramLabel = "S",
            description = "length of the measurement (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--takeover",
            description = "after that, kill the master with -9 and measure how everybody comes to a standby")
    private boolean takeover;

    @Mixin
    private RunOptions run;

    private final PrintStream out;
    private final PrintStream err;

    HeartbeatsCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws Exception {
        run.requireBetween("--regions", regions, 1, MAX_REGIONS);
        run.requireBetween("--connections", connections, 0, MAX_CONNECTIONS);
        run.requireBetween("--tables", tables, 1, MAX_TABLES);
        run.requireBetween("--seconds", seconds, 1, 3_600);
        ConnectionLimits limits = ConnectionLimits.here()
                .orElseThrow(() -> run.refused("needs Linux: /proc tells of processes and limits there"));
        limits.refusal(regions, connections).ifPresent(problem -> {
            throw run.refused(problem);
        });
        HeartbeatsFigures.Scale scale = new HeartbeatsFigures.Scale(regions, connections, tables);
        try (WorkDirectory work = run.workDirectory();
                HeartbeatsRun heartbeats =
                        HeartbeatsRun.start(run.servers(work).in("heartbeats"), scale, takeover, err)) {
            return measure(heartbeats);
        }
    }

    private int measure(HeartbeatsRun heartbeats) throws InterruptedException {
        JsonLines lines = run.results();
        try {
            HeartbeatsFigures figures = heartbeats.measure(Duration.ofSeconds(seconds));
            print(figures);
            lines.add(figures);
            boolean whole = figures.isWhole();
            if (takeover) {
                HeartbeatsTakeoverFigures after = heartbeats.takeOver();
                print(after);
                lines.add(after);
                whole &= after.isWhole();
            }
            return whole ? 0 : 1;
        } catch (RuntimeException e) {
            err.println("mds bench heartbeats: " + e.getMessage());
            err.println(heartbeats.dump());
            return 1;
        }
    }

    private void print(HeartbeatsTakeoverFigures after) {
        out.println();
        say(
                "takeover: the standby served %,d ms after the kill, of which its takeover took %,d ms",
                after.servingMillis(), after.takeoverMillis());
        say(
                "from then on, ms: %,d until the last of %,d clients was current, %,d until the last of %,d regions was back",
                after.lastClientMillis(), after.connections(), after.regionsBackMillis(), after.regions());
        say(
                "clients were told of %,d tables that they are current, of %,d some shards, of %,d everything, of %,d nothing:"
                        + " %,d bytes; attempts in vain: %,d",
                after.current(), after.deltas(), after.full(), after.missing(), after.bytes(), after.refusals());
        say(
                "until all had come, the master used %.0f %% of a core (%,d ms); %,d route look-ups by %d others: p50 %,.0f us,"
                        + " p99 %,.0f us, max %,.0f us; %,d without an answer",
                after.cpuPercent(),
                after.processorMillis(),
                after.routes() + after.routeErrors(),
                RouteProbes.PROBES,
                after.routeP50Micros(),
                after.routeP99Micros(),
                after.routeMaxMicros(),
                after.routeErrors());
        say("regions: %,d live, %,d declared dead", after.liveRegions(), after.deadRegions());
    }

    private void say(String format, Object... values) {
        out.printf(Locale.ROOT, format + "%n", values);
    }

    private void print(HeartbeatsFigures figures) {
        out.printf(
                COLUMNS,
                "regions",
                "connections",
                "tables",
                "cpu %",
                "resident MiB",
                "heap MiB",
                "after gc MiB",
                "p50 us",
                "p99 us",
                "max us");
        out.printf(
                COLUMNS,
                number(figures.regions()),
                number(figures.connections()),
                number(figures.tables()),
                number(figures.cpuPercent()),
                number(figures.residentMebibytes()),
                number(figures.heapMebibytes()),
                figures.liveHeapMebibytes() == null ? "-" : number(figures.liveHeapMebibytes()),
                number(figures.routeP50Micros()),
                number(figures.routeP99Micros()),
                number(figures.routeMaxMicros()));
        out.println();
        out.printf(
                Locale.ROOT,
                "cpu: of one core; p50, p99, max: of %,d route look-ups by %d clients, %d of them without an answer%n",
                figures.routes() + figures.routeErrors(),
                RouteProbes.PROBES,
                figures.routeErrors());
        out.printf(
                Locale.ROOT,
                "%,d heartbeats answered: p50 %,.0f us, p99 %,.0f us, longest %,.0f us; missed: %d%n",
                figures.heartbeats(),
                figures.heartbeatP50Micros(),
                figures.heartbeatP99Micros(),
                figures.heartbeatMaxMicros(),
                figures.missedHeartbeats());
        out.printf(
                Locale.ROOT,
                "at the end: %,d of %,d regions live, %,d of %,d clients connected%n",
                figures.liveRegions(),
                figures.regions(),
                figures.openConnections(),
                figures.connections());
        out.printf(
                Locale.ROOT,
                "heap%s: %,d MiB (goal at %,d tables less than %,d MiB: %s)%n",
                figures.liveHeapMebibytes() == null ? "" : " after a full collection",
                figures.heapToJudge(),
                HeartbeatsFigures.GOAL_TABLES,
                HeartbeatsFigures.HEAP_GOAL_MEBIBYTES,
                verdict(figures));
    }

    private static String verdict(HeartbeatsFigures figures) {
        if (!figures.judgesHeap()) {
            return "measured with fewer";
        }
        return figures.reachesHeapGoal() ? "reached" : "not reached";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }
}
