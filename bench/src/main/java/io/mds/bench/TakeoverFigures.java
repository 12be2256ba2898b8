package io.mds.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** What the rounds of {@code mds bench takeover} measured. Confined to the thread of the run. */
final class TakeoverFigures {
    /** For how many tables the goals are. */
    static final int MANY = 100_000;

    static final int FEW = 1_000;
    /** The takeover proper of a hot standby with {@link #MANY} tables. */
    static final Duration HOT_GOAL = Duration.ofMillis(300);
    /** Hot with {@link #MANY} tables to hot with {@link #FEW}. */
    static final double FLAT_GOAL = 2.0;

    private final List<Round> rounds = new ArrayList<>();

    /** Who takes over. */
    enum Kind {
        /** A standby that has followed the OpLog. */
        HOT,
        /** A master that is started when ZooKeeper has given up the dead one. */
        COLD;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One active master killed.
     *
     * @param said hot or cold, as the new master says: one that was started late may still have read the state before its turn
     * @param detectionMillis from the kill until ZooKeeper gave up the dead master's session
     * @param startMillis from the start of the new master's process until its takeover began; 0 for a standby
     * @param takeoverMillis the takeover proper, as the new master says
     * @param steps the parts of the takeover proper
     * @param routeMillis from the kill to the first answered question of where a table is
     * @param ddlMillis from the kill to the first created table
     */
    record Round(
            String scenario,
            String target,
            int tables,
            String kind,
            int round,
            String said,
            @JsonProperty("detection_ms") double detectionMillis,
            @JsonProperty("start_ms") double startMillis,
            @JsonProperty("takeover_ms") double takeoverMillis,
            String steps,
            @JsonProperty("route_ms") double routeMillis,
            @JsonProperty("ddl_ms") double ddlMillis) {}

    /** All rounds of one kind with the same number of tables: medians, but for what is named otherwise. */
    record Summary(
            String scenario,
            String target,
            int tables,
            String kind,
            int rounds,
            @JsonProperty("detection_ms") double detectionMillis,
            @JsonProperty("start_ms") double startMillis,
            @JsonProperty("takeover_ms") double takeoverMillis,
            @JsonProperty("longest_takeover_ms") double longestTakeoverMillis,
            @JsonProperty("route_ms") double routeMillis,
            @JsonProperty("ddl_ms") double ddlMillis) {}

    /** One goal and what the rounds say of it. */
    record Outcome(String what, String measured, String goal, boolean reached) {}

    /** What was measured of one takeover, all in ms. */
    record Times(double detection, double start, double route, double ddl) {}

    Round tookOver(int tables, Kind kind, int round, TakeoverLog log, Times times) {
        Round made = new Round(
                "takeover",
                MdsTarget.NAME,
                tables,
                kind.label(),
                round,
                (log.hot() ? Kind.HOT : Kind.COLD).label(),
                rounded(times.detection()),
                rounded(times.start()),
                log.tookMillis(),
                log.steps(),
                rounded(times.route()),
                rounded(times.ddl()));
        rounds.add(made);
        return made;
    }

    /** One for each number of tables and kind, in the order in which they were measured. */
    List<Summary> summaries() {
        List<Summary> summaries = new ArrayList<>();
        for (Round each : rounds) {
            if (find(summaries, each.tables(), each.kind()).isEmpty()) {
                summaries.add(summary(rounds.stream()
                        .filter(other ->
                                other.tables() == each.tables() && other.kind().equals(each.kind()))
                        .toList()));
            }
        }
        return summaries;
    }

    private static Summary summary(List<Round> alike) {
        Round first = alike.get(0);
        return new Summary(
                "takeover-summary",
                MdsTarget.NAME,
                first.tables(),
                first.kind(),
                alike.size(),
                median(alike, Round::detectionMillis),
                median(alike, Round::startMillis),
                median(alike, Round::takeoverMillis),
                alike.stream()
                        .map(Round::takeoverMillis)
                        .max(Comparator.naturalOrder())
                        .orElseThrow(),
                median(alike, Round::routeMillis),
                median(alike, Round::ddlMillis));
    }

    private static double median(List<Round> alike, ToDoubleFunction<Round> of) {
        return FailoverFigures.median(alike.stream().mapToDouble(of).boxed().toList());
    }

    /** Those goals for which everything was measured. */
    List<Outcome> outcomes() {
        List<Summary> summaries = summaries();
        List<Outcome> outcomes = new ArrayList<>();
        Optional<Summary> many = find(summaries, MANY, Kind.HOT.label());
        Optional<Summary> few = find(summaries, FEW, Kind.HOT.label());
        many.ifPresent(hot -> outcomes.add(new Outcome(
                String.format(Locale.ROOT, "hot at %,d tables, the longest", MANY),
                String.format(Locale.ROOT, "%,.0f ms", hot.longestTakeoverMillis()),
                "less than " + HOT_GOAL.toMillis() + " ms",
                hot.longestTakeoverMillis() < HOT_GOAL.toMillis())));
        if (many.isPresent() && few.isPresent()) {
            // Masters count in whole milliseconds.
            double ratio = many.get().takeoverMillis() / Math.max(1, few.get().takeoverMillis());
            outcomes.add(new Outcome(
                    String.format(Locale.ROOT, "hot at %,d tables to hot at %,d, medians", MANY, FEW),
                    String.format(Locale.ROOT, "%.2fx", ratio),
                    String.format(Locale.ROOT, "at most %.1fx", FLAT_GOAL),
                    ratio <= FLAT_GOAL));
        }
        return outcomes;
    }

    private static Optional<Summary> find(List<Summary> summaries, int tables, String kind) {
        return summaries.stream()
                .filter(summary -> summary.tables() == tables && summary.kind().equals(kind))
                .findFirst();
    }

    private static double rounded(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
