package io.mds.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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

    private static final int MAX_REPLICAS = 3;

    @Option(
            names = "--scenarios",
            split = ",",
            defaultValue = "read,read-eventual,upsert,batch,scan,mix,routes",
            paramLabel = "NAME",
            description = "what to measure (default: ${DEFAULT-VALUE})")
    private List<String> scenarios;

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

    @Mixin
    private LoadOptions load;

    @Mixin
    private RunOptions run;

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
                .addSubcommand(new RoutesCommand(out, err))
                .addSubcommand(new MicroCommand(out, err))
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    if (failure instanceof IllegalStateException) {
                        // Of servers that do not start or do not answer: the message says what they said.
                        err.println(command.getCommandSpec().qualifiedName() + ": " + failure.getMessage());
                        return command.getCommandSpec().exitCodeOnExecutionException();
                    }
                    throw failure;
                });
    }

    @Override
    public Integer call() throws Exception {
        BenchRun.Plan plan = plan();
        List<String> present = presentTargets();
        JsonLines lines = run.results();
        try (WorkDirectory work = run.workDirectory()) {
            Servers servers = run.servers(work);
            BenchRun bench = new BenchRun(plan, err, figure -> took(figure, lines));
            for (String name : present) {
                for (int copies : name.equals(MdsTarget.NAME) ? replicas : List.of(1)) {
                    err.printf("%s: starting%s%n", name, name.equals(MdsTarget.NAME) ? servers.settings() : "");
                    try (Target target = start(name, servers.in(name + "-" + copies), copies)) {
                        bench.measure(target);
                    }
                }
            }
        }
        new Report(out).print(figures);
        return figures.stream().allMatch(figure -> figure.errors() == 0) ? 0 : 1;
    }

    private BenchRun.Plan plan() {
        for (String name : targets) {
            if (!TARGETS.contains(name)) {
                throw run.refused("--targets: no target '" + name + "'; there are " + String.join(", ", TARGETS));
            }
        }
        replicas.forEach(count -> run.requireBetween("--replicas", count, 1, MAX_REPLICAS));
        List<Scenario> chosen;
        try {
            chosen = scenarios.stream().map(Scenario::of).toList();
        } catch (IllegalArgumentException e) {
            throw run.refused("--scenarios: " + e.getMessage());
        }
        return load.plan(chosen, run);
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

    private static Target start(String name, Servers servers, int copies) {
        return switch (name) {
            case MdsTarget.NAME -> new MdsTarget(servers, copies);
            case PostgresTarget.NAME -> PostgresTarget.alone(servers.directory());
            case PostgresTarget.SYNC_NAME -> PostgresTarget.withStandbys(servers.directory());
            default -> new H2Target(servers.directory());
        };
    }

    private void took(Figure figure, JsonLines lines) {
        figures.add(figure);
        err.printf(
                "%s (replicas %d): %s with %d clients: %,.0f/s%n",
                figure.target(), figure.replicas(), figure.scenario(), figure.clients(), figure.opsPerSecond());
        lines.add(figure);
    }
}
