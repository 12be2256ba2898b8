package io.mds.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * One run: target after target alone on the machine, each loaded, warmed up in every scenario, then measured.
 *
 * <p>Invariant: nothing is measured that was not warmed up: the compiler threads of a young JVM take whole cores, so every
 * scenario first runs with many clients for at least {@code warmUp} and until it gets no faster and the compilers rest, the
 * first one also until the target is settled, and right before each figure for a while with its own number. Where that took
 * too long, the figure says so.
 */
final class BenchRun {
    private static final int WARM_UP_CLIENTS = 16;
    private static final Duration BEFORE_EACH = Duration.ofSeconds(2);
    private static final int WARM_UP_WINDOWS = 4;
    private static final int MAX_WARM_UP_WINDOWS = 40;
    /** More than two intervals of checkpoints. */
    private static final Duration SETTLING_LIMIT = Duration.ofMinutes(4);

    private static final double FASTER = 1.03;
    private static final double COMPILERS_REST = 0.1;

    private final Plan plan;
    private final Rows rows;
    private final Compilers compilers = new Compilers();
    private final PrintStream progress;
    private final Consumer<Figure> figures;

    /**
     * What to measure.
     *
     * @param clients numbers of clients, each measured on its own
     * @param length of one measurement
     * @param warmUp of each scenario, at least
     */
    record Plan(List<Scenario> scenarios, List<Integer> clients, Duration length, Duration warmUp, long seed) {
        Plan {
            scenarios = List.copyOf(scenarios);
            clients = List.copyOf(clients);
        }
    }

    /** @param figures told each figure as soon as it is there */
    BenchRun(Plan plan, PrintStream progress, Consumer<Figure> figures) {
        this.plan = plan;
        this.rows = new Rows(plan.seed());
        this.progress = progress;
        this.figures = figures;
    }

    void measure(Target target) throws Exception {
        long begin = System.nanoTime();
        target.load(rows);
        progress.printf(
                "%s: %,d rows loaded in %.1f s%n", target.name(), Rows.COUNT, (System.nanoTime() - begin) / 1e9);
        measureLoaded(target);
        for (Target other : target.alongside()) {
            try (other) {
                measureLoaded(other);
            }
        }
    }

    private void warmUp(Target target, ClosedLoop loop, Scenario scenario, long settlesUntilNanos)
            throws InterruptedException {
        boolean settled = isSettled(target, settlesUntilNanos);
        progress.printf(
                "%s: warming up %s for %d s or more%s%n",
                target.name(),
                scenario.label(),
                plan.warmUp().toSeconds(),
                settled ? "" : ", until each region has written its rows to its store twice");
        target.expectClients(WARM_UP_CLIENTS);
        Duration window = plan.warmUp().dividedBy(WARM_UP_WINDOWS);
        double best = 0;
        double reached = 0;
        double compiling = 0;
        boolean young = true;
        int windows = 0;
        int sinceSettled = 0;
        compilers.coresSinceLastAsked();
        while (windows < WARM_UP_WINDOWS || !settled || (young && sinceSettled < MAX_WARM_UP_WINDOWS)) {
            reached = loop.run(scenario, WARM_UP_CLIENTS, window).perSecond();
            compiling = compilers.coresSinceLastAsked();
            young = reached > best * FASTER || compiling > COMPILERS_REST;
            best = Math.max(best, reached);
            windows++;
            sinceSettled += settled ? 1 : 0;
            settled = settled || isSettled(target, settlesUntilNanos);
        }
        progress.printf(
                "%s: %s reaches %,.0f/s with %d clients after %d s, compilers take %.2f of a core%n",
                target.name(),
                scenario.label(),
                reached,
                WARM_UP_CLIENTS,
                window.multipliedBy(windows).toSeconds(),
                compiling);
    }

    /** True as well when it is not waited for any longer, in none of the scenarios. */
    private static boolean isSettled(Target target, long untilNanos) {
        return System.nanoTime() - untilNanos > 0 || target.isSettled();
    }

    /** Measures one that needs no rows, or has them. */
    void measureLoaded(Target target) throws InterruptedException {
        List<Scenario> scenarios =
                plan.scenarios().stream().filter(target::supports).toList();
        List<Integer> clients = new ArrayList<>(plan.clients());
        clients.sort(Comparator.naturalOrder());
        ClosedLoop loop = new ClosedLoop(target, rows, plan.seed());
        long settlesUntilNanos = System.nanoTime() + SETTLING_LIMIT.toNanos();
        for (Scenario scenario : scenarios) {
            warmUp(target, loop, scenario, settlesUntilNanos);
        }
        for (Scenario scenario : scenarios) {
            for (int count : clients) {
                target.expectClients(count);
                loop.run(scenario, count, BEFORE_EACH);
                compilers.coresSinceLastAsked();
                ClosedLoop.Measurement measured = loop.run(scenario, count, plan.length());
                figures.accept(Figure.of(scenario, target, count, measured, compilers.coresSinceLastAsked()));
                if (measured.errors() > 0) {
                    progress.printf(
                            "%s: %d errors in %s with %d clients, the first: %s%n",
                            target.name(), measured.errors(), scenario.label(), count, measured.firstError());
                }
            }
        }
    }
}
