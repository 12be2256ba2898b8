package io.mds.torture.check;

import io.mds.torture.check.Operation.Level;
import io.mds.torture.check.Step.Action;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether each session reads its own writes and never reads something older than it has read: for reads that promise
 * SESSION, after what the session had seen when they began.
 */
final class Sessions {
    static final String NAME = "sessions";

    private Sessions() {}

    static List<Finding> check(List<Operation> operations) {
        Map<String, List<Step>> bySessionAndRow = new TreeMap<>();
        Map<String, List<Step>> removals = new HashMap<>();
        for (Operation operation : operations) {
            if (operation.call().level() == Level.EVENTUAL
                    && operation.call().kind().isRead()) {
                continue;
            }
            Step.of(operation).forEach((row, step) -> {
                String place = operation.call().sessionName() + " at " + row;
                bySessionAndRow
                        .computeIfAbsent(place, ignored -> new ArrayList<>())
                        .add(step);
                if (step.action() == Action.REMOVE) {
                    removals.computeIfAbsent(row, ignored -> new ArrayList<>()).add(step);
                }
            });
        }
        List<Finding> findings = new ArrayList<>();
        bySessionAndRow.forEach((place, steps) -> {
            String row = place.substring(place.indexOf(" at ") + " at ".length());
            check(place, steps, removals.getOrDefault(row, List.of()), findings);
        });
        return findings;
    }

    private static void check(String place, List<Step> steps, List<Step> removals, List<Finding> findings) {
        if (steps.stream().noneMatch(step -> step.operation().call().level() == Level.SESSION)) {
            return;
        }
        List<Step> ends = steps.stream()
                .filter(step -> step.version() != null)
                .sorted(Comparator.comparingLong(step -> step.operation().completed()))
                .toList();
        List<Step> begins = steps.stream()
                .sorted(Comparator.comparingLong(step -> step.operation().invoked()))
                .toList();
        int ended = 0;
        Step newest = null;
        for (Step step : begins) {
            while (ended < ends.size()
                    && ends.get(ended).operation().completed()
                            < step.operation().invoked()) {
                Step before = ends.get(ended++);
                newest = newest == null || before.version() > newest.version() ? before : newest;
            }
            boolean session = step.operation().call().kind().isRead()
                    && step.operation().call().level() == Level.SESSION;
            if (session && newest != null && isOlder(step, newest, removals)) {
                findings.add(Finding.violation(
                        NAME,
                        place,
                        "went back: " + step.operation().describe() + "\n    after "
                                + newest.operation().describe()));
                return;
            }
        }
    }

    private static boolean isOlder(Step read, Step newest, List<Step> removals) {
        if (read.action() == Action.SEE_PRESENT) {
            return newest.action() == Action.REMOVE
                    ? read.version() <= newest.version()
                    : read.version() < newest.version();
        }
        // A row that is absent has no version: there must be a removal that the session can have come to see.
        return newest.action() != Action.REMOVE
                && removals.stream()
                        .noneMatch(removal ->
                                removal.operation().invoked() < read.operation().completed()
                                        && (removal.version() == null || removal.version() > newest.version()));
    }
}
