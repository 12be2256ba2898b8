package io.mds.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mds bench routes}: route look-ups of many tables, beside ZooKeeper's own reads of the same tables. */
@Command(
        name = "routes",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures route look-ups of many tables, beside ZooKeeper's own reads of the same tables.",
            "Looks up the routes of tables of six shards at a master, and reads the tables' znodes with ZooKeeper's getData,"
                    + " one table by lot at a time, in closed-loop clients. The tables are written straight into ZooKeeper,"
                    + " and the regions are simulated.",
            "Exit codes: 0 all measured without errors, 1 some operations failed, 2 wrong options."
        })
final class RoutesCommand implements Callable<Integer> {
    private static final int MAX_TABLES = 20_000;

    @Option(
            names = "--tables",
            defaultValue = "1000",
            paramLabel = "N",
            description = "tables, of six shards each (default: ${DEFAULT-VALUE})")
    private int tables;

    @Mixin
    private LoadOptions load;

    @Mixin
    private RunOptions run;

    private final PrintStream out;
    private final PrintStream err;
    private final List<Figure> figures = new ArrayList<>();

    RoutesCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws Exception {
        run.requireBetween("--tables", tables, 1, MAX_TABLES);
        BenchRun.Plan plan = load.plan(List.of(Scenario.ROUTES), run);
        JsonLines lines = run.results();
        BenchRun bench = new BenchRun(plan, err, figure -> took(figure, lines));
        try (WorkDirectory work = run.workDirectory();
                Target mds = RoutesTarget.start(run.servers(work).in("routes"), tables, err)) {
            bench.measureLoaded(mds);
            for (Target other : mds.alongside()) {
                try (other) {
                    bench.measureLoaded(other);
                }
            }
        }
        new Report(out).print(figures);
        return figures.stream().allMatch(figure -> figure.errors() == 0) ? 0 : 1;
    }

    private void took(Figure figure, JsonLines lines) {
        figures.add(figure);
        err.printf("%s: %d clients: %,.0f/s%n", figure.target(), figure.clients(), figure.opsPerSecond());
        lines.add(figure);
    }
}
