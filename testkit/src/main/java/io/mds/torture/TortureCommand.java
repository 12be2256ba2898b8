package io.mds.torture;

import io.mds.testkit.ClusterFiles;
import io.mds.torture.check.History;
import io.mds.torture.check.Verdict;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mds torture}: a cluster under load and faults, and whether it kept its promises. */
@Command(
        name = "mds torture",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs ZooKeeper, two masters and three regions as processes, uses them from",
            "several clients, kills, pauses and cuts them off from each other, records what",
            "every client saw, and checks that it was possible.",
            "Exit codes: 0 all promises were kept, 1 one was not or that could not be",
            "decided, 2 wrong options."
        })
public final class TortureCommand implements Callable<Integer> {
    @Option(
            names = "--minutes",
            defaultValue = "2",
            paramLabel = "N",
            description = "how long faults come (default: ${DEFAULT-VALUE})")
    private double minutes;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "decides on the faults and on what clients ask (default: a random one, printed)")
    private Long seed;

    @Option(
            names = "--replicas",
            defaultValue = "3",
            paramLabel = "N",
            description = "of the table that is used: 1 or 3 (default: ${DEFAULT-VALUE})")
    private int replicas;

    @Option(
            names = "--rate",
            defaultValue = "250",
            paramLabel = "N",
            description = "operations per second, about (default: ${DEFAULT-VALUE})")
    private int rate;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "where history, logs and data go; must not exist (default: a temporary directory)")
    private Path directory;

    @Option(names = "--keep", description = "keep the directory after a success too")
    private boolean keep;

    @Option(
            names = "--check",
            paramLabel = "FILE",
            description = "start nothing, check the history of an earlier run again")
    private Path check;

    @Option(
            names = "--effort",
            defaultValue = "" + Verdict.EFFORT,
            paramLabel = "N",
            description = "steps that the checker may try on one row (default: ${DEFAULT-VALUE})")
    private long effort;

    @Option(names = "--plan", description = "start nothing, print the faults that the seed decides on")
    private boolean plan;

    private final PrintStream out;
    private final PrintStream err;

    private TortureCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** @return the exit code */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        return new CommandLine(new TortureCommand(out, err)).execute(args);
    }

    @Override
    public Integer call() {
        if (minutes <= 0 || minutes > 1_440 || (replicas != 1 && replicas != 3) || rate < 1 || rate > 5_000) {
            return wrong("--minutes " + minutes + " --replicas " + replicas + " --rate " + rate
                    + " (expected: minutes above 0 and up to 1440, replicas 1 or 3, rate 1 to 5000)");
        }
        if (check != null) {
            return checkFile();
        }
        long chosen = seed == null ? ThreadLocalRandom.current().nextLong(1, 1_000_000) : seed;
        if (plan) {
            FaultPlan.of(chosen, (int) Math.ceil(minutes * 6)).forEach(out::println);
            return 0;
        }
        Path own;
        try {
            own = prepare();
        } catch (IOException e) {
            return wrong("cannot make a directory: " + e);
        }
        String home = System.getProperty("mds.home");
        TortureRun.Settings settings = new TortureRun.Settings(
                Duration.ofMillis(Math.round(minutes * 60_000)),
                chosen,
                replicas,
                rate,
                home == null ? null : Path.of(home),
                own,
                effort);
        boolean good = false;
        try {
            good = new TortureRun(settings, out).run();
        } finally {
            leave(settings, good);
        }
        return good ? 0 : 1;
    }

    private int checkFile() {
        try {
            History history = History.read(check);
            Report.printOperations(out, history);
            Verdict verdict = Verdict.of(history, effort);
            Report.printVerdict(out, verdict);
            return verdict.isValid() ? 0 : 1;
        } catch (IllegalArgumentException | UncheckedIOException e) {
            return wrong(e.getMessage());
        }
    }

    private int wrong(String message) {
        err.println("mds torture: " + message);
        return 2;
    }

    private Path prepare() throws IOException {
        if (directory == null) {
            return Files.createTempDirectory("mds-torture-");
        }
        Path absolute = directory.toAbsolutePath().normalize();
        return Files.createDirectory(absolute);
    }

    private void leave(TortureRun.Settings settings, boolean good) {
        if (!good) {
            out.println("history: " + settings.historyFile() + " (again: mds torture --check FILE), logs beside it");
            out.println("the same faults again: mds torture --seed " + settings.seed() + " --minutes " + minutes
                    + " --replicas " + replicas);
        } else if (keep) {
            out.println("kept: " + settings.directory());
        } else {
            ClusterFiles.delete(settings.directory());
        }
    }
}
