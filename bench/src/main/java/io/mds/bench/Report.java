package io.mds.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** The figures and the goals as text for a person. */
final class Report {
    private static final String COLUMNS = "%-8s %-11s %8s %8s %11s %9s %9s %7s%n";

    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
    }

    void print(List<Figure> figures) {
        out.printf(COLUMNS, "scenario", "target", "replicas", "clients", "ops/s", "p50 us", "p99 us", "errors");
        for (Figure figure : figures) {
            out.printf(
                    COLUMNS,
                    figure.scenario(),
                    figure.target(),
                    figure.replicas(),
                    figure.clients(),
                    number(figure.opsPerSecond()),
                    number(figure.p50Micros()),
                    number(figure.p99Micros()),
                    figure.errors());
        }
        List<Goals.Outcome> outcomes = Goals.outcomes(figures);
        if (outcomes.isEmpty()) {
            return;
        }
        out.println();
        out.println("mds (1 replica) against its peers, operations per second:");
        for (Goals.Outcome outcome : outcomes) {
            out.printf(
                    Locale.ROOT,
                    "  %-8s %3d clients  %5.2fx %-11s (goal %.1fx: %s)%n",
                    outcome.scenario(),
                    outcome.clients(),
                    outcome.ratio(),
                    outcome.peer(),
                    outcome.goal(),
                    outcome.reached() ? "reached" : "not reached");
        }
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }
}
