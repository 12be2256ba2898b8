package io.mds.torture.check;

import io.mds.torture.check.Step.Action;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What reads at weaker levels show of rows. They may show an old state, but one that the row had: each is a strong read at
 * some time between the beginning of the write that it shows and its own end.
 */
final class Sightings {
    private Sightings() {}

    /** Adds them to the strong steps, but those that show what a strong step had told before they ended. */
    static void addTo(Map<String, List<Step>> strong, List<Operation> operations) {
        Map<String, Map<Long, Step>> rows = new HashMap<>();
        for (Operation operation : operations) {
            if (operation.isStrong()) {
                continue;
            }
            for (Step step : Step.of(operation).values()) {
                if (step.action() == Action.SEE_PRESENT && step.version() != null) {
                    rows.computeIfAbsent(step.row(), ignored -> new HashMap<>())
                            .merge(step.version(), step, Sightings::firstToEnd);
                }
            }
        }
        rows.forEach((row, seen) -> {
            List<Step> steps = strong.computeIfAbsent(row, ignored -> new ArrayList<>());
            steps.addAll(untold(steps, seen));
        });
    }

    private static Step firstToEnd(Step a, Step b) {
        return a.operation().completed() <= b.operation().completed() ? a : b;
    }

    private static List<Step> untold(List<Step> strong, Map<Long, Step> seen) {
        Map<Long, Long> told = new HashMap<>();
        Map<Long, Long> written = new HashMap<>();
        long unknown = Operation.NEVER;
        for (Step step : strong) {
            if (step.isUnknown()) {
                unknown = Math.min(unknown, step.from());
                continue;
            }
            if (step.tellsValue()) {
                told.merge(step.version(), step.operation().completed(), Math::min);
            }
            if (step.version() != null && !step.action().observes()) {
                written.put(step.version(), step.from());
            }
        }
        List<Step> untold = new ArrayList<>();
        for (Step step : seen.values()) {
            if (told.getOrDefault(step.version(), Operation.NEVER)
                    > step.operation().completed()) {
                long from = written.getOrDefault(step.version(), unknown);
                untold.add(step.since(Math.min(from, step.from())));
            }
        }
        return untold;
    }
}
