package io.mds.torture.check;

import io.mds.torture.check.Step.Action;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What versions tell without any search: a row's version never goes back for strong operations that follow each other, one
 * version is one value whoever reads it, at whichever level, and nobody reads what nobody wrote.
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
            if (!step.tellsValue()) {
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

    /** A value is one that somebody had begun to set, and what others had begun to add to it. */
    private static void somebodyWroteWhatIsRead(String row, List<Step> steps, List<Finding> findings) {
        List<Step> reads = steps.stream()
                .filter(step -> step.action() == Action.SEE_PRESENT)
                .sorted(Comparator.comparingLong(step -> step.operation().completed()))
                .toList();
        List<Step> writes = steps.stream()
                .filter(step -> !step.action().observes() && step.action() != Action.REMOVE)
                .sorted(Comparator.comparingLong(step -> step.operation().invoked()))
                .toList();
        TreeSet<Long> set = new TreeSet<>();
        Set<Long> reported = new HashSet<>();
        long less = 0;
        long more = 0;
        int begun = 0;
        for (Step read : reads) {
            while (begun < writes.size()
                    && writes.get(begun).operation().invoked()
                            <= read.operation().completed()) {
                Step write = writes.get(begun++);
                if (write.action() == Action.ADD) {
                    less += Math.min(0, write.value());
                    more += Math.max(0, write.value());
                } else {
                    set.add(write.value());
                }
            }
            boolean possible = !set.subSet(read.value() - more, true, read.value() - less, true)
                    .isEmpty();
            if (!possible && reported.add(read.value())) {
                findings.add(Finding.violation(
                        NAME,
                        row,
                        "nobody had written " + read.value() + ": "
                                + read.operation().describe()));
            }
        }
    }
}
