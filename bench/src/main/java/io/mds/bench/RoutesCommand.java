package io.mds.bench;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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

    @Option(
            names = "--clients",
            split = ",",
            defaultValue = "1,16,64",
            paramLabel = "N",
            description = "closed-loop clients, each number measured on its own (default: ${DEFAULT-VALUE})")
    private List<Integer> clients;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            paramLabel = "S",
            description = "length of one measurement (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--warm-up",
            defaultValue = "12",
            paramLabel = "S",
            description = "seconds of warming up, at least; up to four times as long while it gets faster"
                    + " (default: ${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--seed",
            defaultValue = "1",
            paramLabel = "N",
            description = "of all random numbers (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(names = "--json", paramLabel = "FILE", description = "write one JSON object for each figure to FILE")
    private Path json;

    @Option(
            names = "--dir",
            defaultValue = "bench-data",
            paramLabel = "DIR",
            description = "where the servers keep their files (default: ${DEFAULT-VALUE})")
    private Path directory;

    @Spec
    private CommandSpec spec;

    private final PrintStream out;
    private final PrintStream err;
    private final List<Figure> figures = new ArrayList<>();

    RoutesCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws Exception {
        require(tables >= 1 && tables <= MAX_TABLES, "--tables: " + tables + " is not in 1.." + MAX_TABLES);
        clients.forEach(count -> require(count >= 1 && count <= 150, "--clients: " + count + " is not in 1..150"));
        require(seconds >= 1, "--seconds: " + seconds + " is less than 1");
        require(warmUp >= 0, "--warm-up: " + warmUp + " is less than 0");
        BenchRun.Plan plan = new BenchRun.Plan(
                List.of(Scenario.ROUTES), clients, Duration.ofSeconds(seconds), Duration.ofSeconds(warmUp), seed);
        JsonLines lines = new JsonLines(json);
        BenchRun run = new BenchRun(plan, err, figure -> took(figure, lines));
        Path home = Path.of(System.getProperty("mds.home", "."));
        try (WorkDirectory work = WorkDirectory.make(directory, spec.commandLine());
                Target mds = RoutesTarget.start(home, work.path().resolve("routes"), tables, err)) {
            run.measureLoaded(mds);
            for (Target other : mds.alongside()) {
                try (other) {
                    run.measureLoaded(other);
                }
            }
        } catch (IllegalStateException e) {
            err.println("mds bench routes: " + e.getMessage());
            return 1;
        }
        new Report(out).print(figures);
        return figures.stream().allMatch(figure -> figure.errors() == 0) ? 0 : 1;
    }

    private void took(Figure figure, JsonLines lines) {
        figures.add(figure);
        err.printf("%s: %d clients: %,.0f/s%n", figure.target(), figure.clients(), figure.opsPerSecond());
        lines.add(figure);
    }

    private void require(boolean condition, String problem) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), problem);
        }
    }
}
