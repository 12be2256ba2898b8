package io.mds.bench;

import io.mds.bench.micro.RowBenchmark;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mds bench micro}: what the small operations cost of which every request needs some. */
@Command(
        name = "micro",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures the small operations of which every request needs some.",
            "Each in a JVM of its own, after three seconds of warming up: time and allocated bytes of one call.",
            "Exit codes: 0 all were measured, 1 one could not be, 2 wrong options."
        })
final class MicroCommand implements Callable<Integer> {
    private static final int WARM_UP_SECONDS = 3;
    /** Fewer samples tell nothing of the spread. */
    private static final int MIN_SECONDS = 3;

    private static final int MAX_SECONDS = 600;
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    @Parameters(
            arity = "0..1",
            defaultValue = ".*",
            paramLabel = "PATTERN",
            description = "a regular expression that is found in the names of those to measure (default: all)")
    private String pattern;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            paramLabel = "S",
            description = "length of each measurement (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Mixin
    private ResultOptions run;

    private final PrintStream out;
    private final PrintStream err;

    MicroCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        run.requireBetween("--seconds", seconds, MIN_SECONDS, MAX_SECONDS);
        List<String> chosen = chosen();
        JsonLines lines = run.results();
        try {
            out.printf("%-36s %12s %12s %12s%n", "operation", "ns", "+/-", "bytes");
            for (String benchmark : chosen) {
                err.println(simple(benchmark) + ": " + (WARM_UP_SECONDS + seconds) + " s");
                MicroFigure figure = measure(benchmark);
                out.printf(
                        Locale.ROOT,
                        "%-36s %12.1f %12.1f %12.0f%n",
                        figure.benchmark(),
                        figure.nanos(),
                        figure.errorNanos(),
                        figure.bytes());
                lines.add(figure);
            }
            return 0;
        } catch (RunnerException e) {
            err.println("mds bench micro: " + e.getMessage());
            return 1;
        }
    }

    private List<String> chosen() {
        try {
            Pattern wanted = Pattern.compile(pattern);
            OutputFormat silent = OutputFormatFactory.createFormatInstance(out, VerboseMode.SILENT);
            List<String> chosen = BenchmarkList.defaultList().getAll(silent, List.of()).stream()
                    .map(BenchmarkListEntry::getUsername)
                    .filter(name -> wanted.matcher(simple(name)).find())
                    .toList();
            if (chosen.isEmpty()) {
                throw run.refused("PATTERN: '" + pattern + "' is in no name");
            }
            return chosen;
        } catch (PatternSyntaxException e) {
            throw run.refused("PATTERN: " + e.getDescription() + " in '" + pattern + "'");
        }
    }

    private static String simple(String benchmark) {
        return benchmark.substring(RowBenchmark.class.getPackageName().length() + 1);
    }

    private MicroFigure measure(String benchmark) throws RunnerException {
        RunResult result = new Runner(new OptionsBuilder()
                        .include("^" + Pattern.quote(benchmark) + "$")
                        .forks(1)
                        .warmupIterations(WARM_UP_SECONDS)
                        .warmupTime(TimeValue.seconds(1))
                        .measurementIterations(seconds)
                        .measurementTime(TimeValue.seconds(1))
                        .addProfiler(GCProfiler.class)
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .runSingle();
        Result<?> time = result.getPrimaryResult();
        Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
        return new MicroFigure(
                simple(benchmark), time.getScore(), time.getScoreError(), allocated == null ? 0 : allocated.getScore());
    }
}
