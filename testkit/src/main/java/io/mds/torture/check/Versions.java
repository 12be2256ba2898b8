package io.mds.torture.check;

import io.mds.torture.check.Step.Action;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What versions tell without any search: a row's version never goes back for strong operations that follow each other, one
 * version is one value whoever reads it, and nobody reads what nobody wrote.
 */
final class Versions {
    static final String NAME = "versions";

    private Versions() {}

    static List<Finding> check(List<Operation> operations) {
        List<Finding> findings = new ArrayList<>();
        Step.byRow(operations).forEach((row, steps) -> neverGoBack(row, steps, findings));
        Map<String, List<Step>> rows = new HashMap<>();
        for (Operation operation : operations) {
            Step.of(operation)
                    .forEach((row, step) -> rows.computeIfAbsent(row, ignored -> new ArrayList<>())
                            .add(step));
        }
        rows.forEach((row, steps) -> {
            oneVersionIsOneValue(row, steps, findings);
            somebodyWroteWhatIsRead(row, steps, findings);
        });
        return findings;
    }

    /** Compares each operation with the highest version among those that had ended before it began. */
    private static void neverGoBack(String row, List<Step> steps, List<Finding> findings) {
        List<Step> known = steps.stream().filter(step -> step.version() != null).toList();
        List<Step> ends = new ArrayList<>(known);
        ends.sort(Comparator.comparingLong(step -> step.operation().completed()));
        List<Step> begins = new ArrayList<>(known);
        begins.sort(Comparator.comparingLong(step -> step.operation().invoked()));
        int ended = 0;
        Step highest = null;
        for (Step step : begins) {
            while (ended < ends.size()
                    && ends.get(ended).operation().completed()
                            < step.operation().invoked()) {
                Step before = ends.get(ended++);
                highest = highest == null || before.version() > highest.version() ? before : highest;
            }
            if (highest == null) {
                continue;
            }
            boolean back =
                    step.action().observes() ? step.version() < highest.version() : step.version() <= highest.version();
            if (back) {
                findings.add(Finding.violation(
                        NAME,
                        row,
                        "went back: " + step.operation().describe() + "\n    after "
                                + highest.operation().describe()));
                return;
            }
        }
    }

    private static void oneVersionIsOneValue(String row, List<Step> steps, List<Finding> findings) {
        Map<Long, Step> values = new HashMap<>();
        for (Step step : steps) {
            boolean tells = step.action() == Action.SEE_PRESENT
                    || step.action() == Action.SET
                    || step.action() == Action.SET_IF_ABSENT
                    || step.action() == Action.SET_IF_VERSION;
            if (!tells || step.version() == null) {
                continue;
            }
            Step other = values.putIfAbsent(step.version(), step);
            if (other != null && other.value() != step.value()) {
                findings.add(Finding.violation(
                        NAME,
                        row,
                        "two values in one version: " + step.operation().describe() + "\n    and "
                                + other.operation().describe()));
                return;
            }
        }
    }

    private static void somebodyWroteWhatIsRead(String row, List<Step> steps, List<Finding> findings) {
        if (steps.stream().anyMatch(step -> step.action() == Action.ADD)) {
            return;
        }
        Map<Long, Long> written = new HashMap<>();
        for (Step step : steps) {
            if (!step.action().observes() && step.action() != Action.REMOVE) {
                written.merge(step.value(), step.operation().invoked(), Math::min);
            }
        }
        Set<Long> reported = new HashSet<>();
        for (Step step : steps) {
            if (step.action() == Action.SEE_PRESENT
                    && written.getOrDefault(step.value(), Operation.NEVER)
                            > step.operation().completed()
                    && reported.add(step.value())) {
                findings.add(Finding.violation(
                        NAME,
                        row,
                        "nobody had written " + step.value() + ": "
                                + step.operation().describe()));
            }
        }
    }
}
