package io.mds.simulator;

import java.io.PrintStream;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mds simulate}: runs the replicas' protocol under faults, seed after seed, until one breaks a promise. */
@Command(
        name = "mds simulate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs the protocol of replicated shards against simulated disks, clocks, networks and masters.",
            "A seed that breaks a promise prints what happened, and does so each time that it is run again.",
            "Exit codes: 0 no promise was broken, 1 one was, 2 wrong options."
        })
public final class SimulateCommand implements Callable<Integer> {
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(2);

    @Option(
            names = "--seeds",
            defaultValue = "1000",
            paramLabel = "N",
            description = "how many (default: ${DEFAULT-VALUE})")
    private long seeds;

    @Option(
            names = "--from",
            defaultValue = "1",
            paramLabel = "S",
            description = "the first (default: ${DEFAULT-VALUE})")
    private long from;

    private final PrintStream out;

    private SimulateCommand(PrintStream out) {
        this.out = out;
    }

    /** @return the exit code */
    public static int run(String[] args, PrintStream out) {
        return new CommandLine(new SimulateCommand(out)).execute(args);
    }

    @Override
    public Integer call() {
        long begin = System.nanoTime();
        AtomicLong done = new AtomicLong();
        Coverage met = new Coverage();
        AtomicLong nextProgress = new AtomicLong(begin + PROGRESS_NANOS);
        AtomicReference<String> broken = new AtomicReference<>();
        LongStream.range(from, from + seeds).parallel().forEach(seed -> {
            if (broken.get() != null) {
                return;
            }
            try {
                Simulation.Outcome outcome = new Simulation(seed).run();
                synchronized (met) {
                    met.add(outcome.coverage());
                }
            } catch (Violation e) {
                broken.compareAndSet(null, Simulation.tell(seed));
            }
            long now = System.nanoTime();
            long due = nextProgress.get();
            long count = done.incrementAndGet();
            if (now - due >= 0 && nextProgress.compareAndSet(due, now + PROGRESS_NANOS)) {
                out.printf("%,d of %,d seeds%n", count, seeds);
            }
        });
        if (broken.get() != null) {
            out.println(broken.get());
            return 1;
        }
        met.counts().forEach((event, count) -> out.printf("%,14d %s%n", count, event));
        out.printf("%,d seeds from %d: no promise broken, %.1f s%n", seeds, from, (System.nanoTime() - begin) / 1e9);
        return 0;
    }
}
