package io.mds.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mds bench takeover}: how long clients have no master when the active one is killed. */
@Command(
        name = "takeover",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures how long clients have no master when the active one is killed.",
            "Kills it with -9, again and again; the figures are the times from the kill to the first route and the first new"
                    + " table of the next one: hot, with a standby that has followed the OpLog, and cold, with a master that"
                    + " is started when ZooKeeper has given up the dead one and reads everything. The tables are written to"
                    + " ZooKeeper directly.",
            "Exit codes: 0 all rounds ended, 1 a round did not end, 2 wrong options."
        })
final class TakeoverCommand implements Callable<Integer> {
    private static final int MAX_TABLES = 200_000;
    private static final String COLUMNS = "%9s %-5s %6s %9s %8s %9s %9s %9s %9s%n";

    @Option(
            names = "--tables",
            split = ",",
            defaultValue = "1000,10000,100000",
            paramLabel = "N",
            description = "tables that the masters know, each number measured on its own (default: ${DEFAULT-VALUE})")
    private List<Integer> tables;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            paramLabel = "R",
            description =
                    "how many masters to kill for each number of tables, hot and again cold (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Mixin
    private RunOptions run;

    private final PrintStream out;
    private final PrintStream err;

    TakeoverCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws Exception {
        run.requireBetween("--rounds", rounds, 1, 100);
        for (int count : tables) {
            run.requireBetween("--tables", count, 1, MAX_TABLES);
        }
        try (WorkDirectory work = run.workDirectory();
                TakeoverRun takeovers = start(work)) {
            return measure(takeovers);
        }
    }

    private TakeoverRun start(WorkDirectory work) {
        err.println("starting two masters and a region");
        return new TakeoverRun(run.servers(work).in("takeover"), err);
    }

    private int measure(TakeoverRun takeovers) throws InterruptedException {
        JsonLines lines = run.results();
        try {
            // Tables only become more.
            for (int count : tables.stream().sorted().distinct().toList()) {
                err.printf(
                        Locale.ROOT,
                        "%,d tables: written and loaded by a master in %.1f s%n",
                        count,
                        takeovers.grow(count).toMillis() / 1e3);
                for (int round = 1; round <= rounds; round++) {
                    took(takeovers.cold(round), lines);
                }
                for (int round = 1; round <= rounds; round++) {
                    took(takeovers.hot(round), lines);
                }
            }
        } catch (IllegalStateException e) {
            err.println("mds bench takeover: " + e.getMessage());
            err.println(takeovers.dump());
            return 1;
        }
        takeovers.figures().summaries().forEach(lines::add);
        print(takeovers.figures());
        return 0;
    }

    private void took(TakeoverFigures.Round round, JsonLines lines) {
        lines.add(round);
        err.printf(
                Locale.ROOT,
                "%,d tables, %s %d of %d: %s takeover in %,.0f ms (%s); route after %,.0f ms, new table after %,.0f ms%n",
                round.tables(),
                round.kind(),
                round.round(),
                rounds,
                round.said(),
                round.takeoverMillis(),
                round.steps(),
                round.routeMillis(),
                round.ddlMillis());
    }

    private void print(TakeoverFigures figures) {
        out.println("active masters killed, medians in ms; detection, route and new table from the kill:");
        out.printf(
                COLUMNS, "tables", "kind", "rounds", "detection", "start", "takeover", "longest", "route", "new table");
        for (TakeoverFigures.Summary summary : figures.summaries()) {
            out.printf(
                    COLUMNS,
                    String.format(Locale.ROOT, "%,d", summary.tables()),
                    summary.kind(),
                    summary.rounds(),
                    number(summary.detectionMillis()),
                    number(summary.startMillis()),
                    number(summary.takeoverMillis()),
                    number(summary.longestTakeoverMillis()),
                    number(summary.routeMillis()),
                    number(summary.ddlMillis()));
        }
        List<TakeoverFigures.Outcome> outcomes = figures.outcomes();
        if (outcomes.isEmpty()) {
            return;
        }
        out.println();
        out.println("the takeover proper, as the masters say:");
        for (TakeoverFigures.Outcome outcome : outcomes) {
            out.printf(
                    "  %s: %s (goal %s: %s)%n",
                    outcome.what(), outcome.measured(), outcome.goal(), outcome.reached() ? "reached" : "not reached");
        }
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }
}
