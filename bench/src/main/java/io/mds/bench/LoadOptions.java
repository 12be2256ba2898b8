package io.mds.bench;

import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;

/** How closed-loop clients load what is measured, and for how long. */
final class LoadOptions {
    private static final int MAX_CLIENTS = 150;
    private static final int MAX_SECONDS = 3_600;

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
            description = "seconds of warming up for each scenario of each target, at least; up to ten times"
                    + " as long while it gets faster or compilers are at work (default: ${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--seed",
            defaultValue = "1",
            paramLabel = "N",
            description = "of all random numbers (default: ${DEFAULT-VALUE})")
    private long seed;

    /** @throws picocli.CommandLine.ParameterException when an option's value is out of its bounds */
    BenchRun.Plan plan(List<Scenario> scenarios, RunOptions run) {
        clients.forEach(count -> run.requireBetween("--clients", count, 1, MAX_CLIENTS));
        run.requireBetween("--seconds", seconds, 1, MAX_SECONDS);
        run.requireBetween("--warm-up", warmUp, 0, MAX_SECONDS);
        return new BenchRun.Plan(scenarios, clients, Duration.ofSeconds(seconds), Duration.ofSeconds(warmUp), seed);
    }
}
