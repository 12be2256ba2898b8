package io.mds.torture;

import io.mds.torture.check.Finding;
import io.mds.torture.check.History;
import io.mds.torture.check.LevelCounts;
import io.mds.torture.check.Operation;
import io.mds.torture.check.Operation.Kind;
import io.mds.torture.check.Operation.Level;
import io.mds.torture.check.Operation.Outcome;
import io.mds.torture.check.Verdict;
import java.io.PrintStream;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a run did and found, on one page. */
final class Report {
    private static final int SHOWN_FINDINGS = 10;

    private final TortureRun.Settings settings;
    private final History history;
    private final Map<Fault.Kind, Integer> faults;
    private final long longestCalmMillis;
    private final Verdict verdict;

    Report(
            TortureRun.Settings settings,
            History history,
            Map<Fault.Kind, Integer> faults,
            long longestCalmMillis,
            Verdict verdict) {
        this.settings = settings;
        this.history = history;
        this.faults = faults;
        this.longestCalmMillis = longestCalmMillis;
        this.verdict = verdict;
    }

    void print(PrintStream out) {
        out.printf(
                Locale.ROOT,
                "%nTorture: seed %d, %s of faults, replicas %d%n",
                settings.seed(),
                settings.length().toString().substring(2).toLowerCase(Locale.ROOT),
                settings.replicas());
        printOperations(out, history);
        out.printf(
                Locale.ROOT,
                "longest time without an acknowledged write: %.1f s; all shards writable after the last fault: within"
                        + " %.1f s%n",
                longestGapNanos() / 1e9,
                longestCalmMillis / 1e3);
        out.println("faults:");
        faults.forEach((kind, times) ->
                out.printf("  %-26s %3d%n", kind.name().toLowerCase(Locale.ROOT).replace('_', ' '), times));
        printVerdict(out, verdict);
    }

    static void printOperations(PrintStream out, History history) {
        Map<Kind, int[]> counts = new EnumMap<>(Kind.class);
        for (Operation operation : history.operations()) {
            int[] count = counts.computeIfAbsent(operation.call().kind(), ignored -> new int[4]);
            Outcome outcome = operation.result().outcome();
            boolean refused = outcome == Outcome.FAIL && operation.result().refusal() != null;
            count[refused ? 1 : outcome == Outcome.OK ? 0 : outcome == Outcome.FAIL ? 2 : 3]++;
        }
        out.printf("%-12s %8s %8s %8s %8s%n", "operations", "ok", "refused", "failed", "unknown");
        counts.forEach((kind, count) -> out.printf(
                "  %-10s %8d %8d %8d %8d%n",
                kind.name().toLowerCase(Locale.ROOT).replace('_', ' '), count[0], count[1], count[2], count[3]));
        printLevels(out, new LevelCounts(history));
    }

    private static void printLevels(PrintStream out, LevelCounts counts) {
        out.printf("%-12s %8s %8s %8s%n", "reads", "ok", "behind", "told ms");
        for (Level level : Level.values()) {
            if (counts.answered(level) > 0) {
                out.printf(
                        "  %-10s %8d %8d %8d%n",
                        level.name().toLowerCase(Locale.ROOT),
                        counts.answered(level),
                        counts.behind(level),
                        counts.oldestMs(level));
            }
        }
        if (counts.sessions() > 0) {
            out.println("sessions: " + counts.sessions() + ", with another player " + counts.handedOn() + " times");
        }
    }

    static void printVerdict(PrintStream out, Verdict verdict) {
        List<Finding> findings = verdict.findings();
        findings.stream().limit(SHOWN_FINDINGS).forEach(finding -> out.println("  " + finding));
        if (findings.size() > SHOWN_FINDINGS) {
            out.println("  and " + (findings.size() - SHOWN_FINDINGS) + " more");
        }
        out.println("verdict: " + verdict.word());
    }

    private long longestGapNanos() {
        long[] ends = history.operations().stream()
                .filter(operation -> !operation.call().kind().isRead())
                .filter(operation -> operation.result().outcome() == Outcome.OK)
                .mapToLong(Operation::completed)
                .sorted()
                .toArray();
        long longest = 0;
        for (int i = 1; i < ends.length; i++) {
            longest = Math.max(longest, ends[i] - ends[i - 1]);
        }
        return longest;
    }
}
