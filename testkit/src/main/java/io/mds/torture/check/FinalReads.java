package io.mds.torture.check;

import io.mds.torture.check.Step.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Whether the reads after everything was healed cover each row, show nothing older than what was acknowledged, and count
 * each increment of a row that is otherwise only set once at its beginning exactly once.
 */
final class FinalReads {
    static final String LOST = "nothing acknowledged is lost";
    static final String COUNTED = "increments count once";

    private FinalReads() {}

    static List<Finding> check(List<Operation> operations) {
        List<Finding> findings = new ArrayList<>();
        if (operations.stream().noneMatch(operation -> operation.call().last())) {
            findings.add(Finding.undecided(LOST, "all rows", "the history has no reads at its end"));
            return findings;
        }
        for (Map.Entry<String, List<Step>> row : Step.byRow(operations).entrySet()) {
            Step last = row.getValue().stream()
                    .filter(step -> step.operation().call().last())
                    .reduce((first, second) -> second)
                    .orElse(null);
            if (last == null) {
                findings.add(Finding.undecided(LOST, row.getKey(), "was not read at the end"));
                continue;
            }
            lost(row.getKey(), row.getValue(), last, findings);
            counted(row.getKey(), row.getValue(), last, findings);
        }
        return findings;
    }

    private static void lost(String row, List<Step> steps, Step last, List<Finding> findings) {
        Step newest = null;
        boolean removedPerhaps = false;
        for (Step step : steps) {
            if (!step.action().observes() && step.version() != null) {
                newest = newest == null || step.version() > newest.version() ? step : newest;
            }
            removedPerhaps |= step.action() == Action.REMOVE && step.isUnknown();
        }
        if (newest == null) {
            return;
        }
        boolean lost = last.action() == Action.SEE_PRESENT
                ? last.version() != null && last.version() < newest.version()
                : newest.action() != Action.REMOVE && !removedPerhaps;
        if (lost) {
            findings.add(Finding.violation(
                    LOST,
                    row,
                    newest.operation().describe() + "\n    is not in "
                            + last.operation().describe()));
        }
    }

    private static void counted(String row, List<Step> steps, Step last, List<Finding> findings) {
        long begin = 0;
        long sets = 0;
        long acknowledged = 0;
        long perhaps = 0;
        boolean counter = last.action() == Action.SEE_PRESENT;
        for (Step step : steps) {
            if (step.action().observes()) {
                continue;
            }
            if (step.action() != Action.ADD) {
                sets++;
                begin = step.value();
                counter &= sets == 1 && !step.isUnknown() && step.action() != Action.REMOVE;
            } else if (step.isUnknown()) {
                perhaps += step.value();
            } else {
                acknowledged += step.value();
            }
        }
        counter &= sets == 1;
        long least = begin + acknowledged;
        if (counter && (last.value() < least || last.value() > least + perhaps)) {
            findings.add(Finding.violation(
                    COUNTED,
                    row,
                    "holds " + last.value() + ", but " + acknowledged + " were acknowledged on top of " + begin
                            + " and " + perhaps + " are of unknown outcome"));
        }
    }
}
