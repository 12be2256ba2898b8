package io.mds.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mds bench}: starts a cluster and its peers, one after the other, and measures the same work on each. */
@Command(
        name = "mds bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures MDS, PostgreSQL (alone and with standbys) and H2's server with the same rows and the same clients on this machine.",
            "100,000 rows of five 100-byte columns, key of 16 characters; closed-loop clients; one table at the end.",
            "Exit codes: 0 all measured without errors, 1 some operations failed, 2 wrong options."
        })
public final class BenchMain implements Callable<Integer> {
    private static final List<String> TARGETS =
            List.of(MdsTarget.NAME, PostgresTarget.NAME, PostgresTarget.SYNC_NAME, H2Target.NAME);

    /** As many copies as PostgreSQL and its standbys are. */
    private static final int SYNC_REPLICAS = 3;

    @Option(
            names = "--scenarios",
            split = ",",
            defaultValue = "read,read-eventual,upsert,batch,scan,mix,routes",
            paramLabel = "NAME",
            description = "what to measure (default: ${DEFAULT-VALUE})")
    private List<String> scenarios;

    @Option(
            names = "--clients",
            split = ",",
            defaultValue = "1,16,64",
            paramLabel = "N",
            description = "closed-loop clients, each number measured on its own (default: ${DEFAULT-VALUE})")
    private List<Integer> clients;

    @Option(
            names = "--replicas",
            split = ",",
            defaultValue = "1,3",
            paramLabel = "N",
            description = "copies of each MDS shard, each number measured on its own (default: ${DEFAULT-VALUE})")
    private List<Integer> replicas;

    @Option(
            names = "--targets",
            split = ",",
            defaultValue = "mds,postgresql,postgresql-sync,h2-server",
            paramLabel = "NAME",
            description = "who is measured; postgresql-sync has two standbys, of which one has to have each commit,"
                    + " and is measured when --replicas has 3 (default: ${DEFAULT-VALUE})")
    private List<String> targets;

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
            description = "seconds of warming up for each scenario of each target, at least; up to four times"
                    + " as long while it gets faster (default: ${DEFAULT-VALUE})")
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
            description = "where the servers keep their files; on the disk to be measured (default: ${DEFAULT-VALUE})")
    private Path directory;

    @Spec
    private CommandSpec spec;

    private final PrintStream out;
    private final PrintStream err;
    private final List<Figure> figures = new ArrayList<>();

    BenchMain(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    public static void main(String[] args) {
        System.exit(commandLine(System.out, System.err).execute(args));
    }

    static CommandLine commandLine(PrintStream out, PrintStream err) {
        return new CommandLine(new BenchMain(out, err))
                .addSubcommand(new FailoverCommand(out, err))
                .addSubcommand(new TakeoverCommand(out, err))
                .addSubcommand(new DdlCommand(out, err))
                .addSubcommand(new HeartbeatsCommand(out, err))
                .addSubcommand(new RoutesCommand(out, err));
    }

    @Override
    public Integer call() throws Exception {
        BenchRun.Plan plan = plan();
        List<String> present = presentTargets();
        Path home = Path.of(System.getProperty("mds.home", "."));
        try (WorkDirectory work = WorkDirectory.make(directory, spec.commandLine())) {
            BenchRun run = new BenchRun(plan, err, this::took);
            for (String name : present) {
                for (int copies : name.equals(MdsTarget.NAME) ? replicas : List.of(1)) {
                    err.printf("%s: starting%n", name);
                    try (Target target = start(name, home, work.path().resolve(name + "-" + copies), copies)) {
                        run.measure(target);
                    }
                }
            }
        }
        new Report(out).print(figures);
        return figures.stream().allMatch(figure -> figure.errors() == 0) ? 0 : 1;
    }

    private BenchRun.Plan plan() {
        for (String name : targets) {
            require(
                    TARGETS.contains(name),
                    "--targets: no target '" + name + "'; there are " + String.join(", ", TARGETS));
        }
        clients.forEach(count -> require(count >= 1 && count <= 150, "--clients: " + count + " is not in 1..150"));
        replicas.forEach(count -> require(count >= 1 && count <= 3, "--replicas: " + count + " is not in 1..3"));
        require(seconds >= 1, "--seconds: " + seconds + " is less than 1");
        require(warmUp >= 0, "--warm-up: " + warmUp + " is less than 0");
        List<Scenario> chosen;
        try {
            chosen = scenarios.stream().map(Scenario::of).toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--scenarios: " + e.getMessage());
        }
        return new BenchRun.Plan(chosen, clients, Duration.ofSeconds(seconds), Duration.ofSeconds(warmUp), seed);
    }

    /** Those that can be measured here; says which cannot. */
    private List<String> presentTargets() {
        List<String> present = new ArrayList<>(targets);
        if (!replicas.contains(SYNC_REPLICAS) && targets.contains(MdsTarget.NAME)) {
            present.remove(PostgresTarget.SYNC_NAME);
        }
        if (PostgresServer.programs().isEmpty()) {
            for (String name : List.of(PostgresTarget.NAME, PostgresTarget.SYNC_NAME)) {
                if (present.remove(name)) {
                    err.printf(
                            "%s: skipped, PostgreSQL is not installed (no initdb found); on Debian 'apt-get install"
                                    + " postgresql' installs it%n",
                            name);
                }
            }
        }
        return present;
    }

    private void require(boolean condition, String problem) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), problem);
        }
    }

    private static Target start(String name, Path home, Path directory, int copies) {
        return switch (name) {
            case MdsTarget.NAME -> new MdsTarget(home, directory, copies);
            case PostgresTarget.NAME -> PostgresTarget.alone(directory);
            case PostgresTarget.SYNC_NAME -> PostgresTarget.withStandbys(directory);
            default -> new H2Target(directory);
        };
    }

    private void took(Figure figure) {
        figures.add(figure);
        err.printf(
                "%s (replicas %d): %s with %d clients: %,.0f/s%n",
                figure.target(), figure.replicas(), figure.scenario(), figure.clients(), figure.opsPerSecond());
        if (json != null) {
            writeJson();
        }
    }

    /** Written anew after each figure, so that a run that is ended early leaves what it has. */
    private void writeJson() {
        ObjectMapper mapper = new ObjectMapper();
        StringBuilder lines = new StringBuilder();
        try {
            for (Figure figure : figures) {
                lines.append(mapper.writeValueAsString(figure)).append('\n');
            }
            Files.writeString(json, lines, StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a figure cannot be written as JSON", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + json + ": " + e.getMessage(), e);
        }
    }
}
