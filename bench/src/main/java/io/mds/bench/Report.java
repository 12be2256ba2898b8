package io.mds.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;

/** The figures and the goals as text for a person. */
final class Report {
    private static final String COLUMNS = "%-13s %8s %-15s %8s %12s %9s %9s %7s%n";

    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
    }

    void print(List<Figure> figures) {
        out.printf(COLUMNS, "scenario", "clients", "target", "replicas", "ops/s ", "p50 us", "p99 us", "errors");
        for (Figure figure : sideBySide(figures)) {
            out.printf(
                    COLUMNS,
                    figure.scenario(),
                    figure.clients(),
                    figure.target(),
                    figure.replicas(),
                    number(figure.opsPerSecond()) + (figure.isOfYoungJvms() ? "*" : " "),
                    number(figure.p50Micros()),
                    number(figure.p99Micros()),
                    figure.errors());
        }
        if (figures.stream().anyMatch(Figure::isOfYoungJvms)) {
            out.println(
                    "* of JVMs whose compilers still took more than a fifth of a core: a longer --warm-up may raise it");
        }
        List<Goals.Outcome> outcomes = Goals.outcomes(figures);
        if (outcomes.isEmpty()) {
            return;
        }
        out.println();
        out.println("mds against its peers, operations per second:");
        for (Goals.Outcome outcome : outcomes) {
            out.printf(
                    Locale.ROOT,
                    "  %d %-8s  %-8s %3d clients  %5.2fx %-15s (goal %.1fx: %s)%n",
                    outcome.replicas(),
                    outcome.replicas() == 1 ? "replica" : "replicas",
                    outcome.scenario(),
                    outcome.clients(),
                    outcome.ratio(),
                    outcome.peer(),
                    outcome.goal(),
                    outcome.reached() ? "reached" : "not reached");
        }
    }

    /** The same work on every target in neighbouring lines, in the order in which targets were measured. */
    private static List<Figure> sideBySide(List<Figure> figures) {
        List<String> scenarios = List.copyOf(
                new LinkedHashSet<>(figures.stream().map(Figure::scenario).toList()));
        List<Figure> sorted = new ArrayList<>(figures);
        sorted.sort(Comparator.<Figure>comparingInt(figure -> scenarios.indexOf(figure.scenario()))
                .thenComparingInt(Figure::clients));
        return sorted;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }
}
