package io.mds.torture.check;

import io.mds.torture.check.Operation.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether each session reads its own writes and never reads something older than it has read: for reads that promise
 * SESSION, after what the session had seen of the row's partition when they began.
 *
 * <p>A session that was handed on keeps its name, whoever goes on with it.
 */
final class Sessions {
    static final String NAME = "sessions";

    private Sessions() {}

    static List<Finding> check(List<Operation> operations) {
        List<Finding> findings = new ArrayList<>();
        Partition.steps(operations).values().forEach(steps -> {
            Partition partition = Partition.of(steps);
            Map<String, List<Step>> sessions = new TreeMap<>();
            for (Step step : steps) {
                sessions.computeIfAbsent(step.operation().call().sessionName(), ignored -> new ArrayList<>())
                        .add(step);
            }
            sessions.forEach((session, own) -> check(session, own, partition, findings));
        });
        return findings;
    }

    private static void check(String session, List<Step> steps, Partition partition, List<Finding> findings) {
        Knowledge known = new Knowledge(steps);
        for (Step step : steps) {
            if (!step.isRead() || step.operation().call().level() != Level.SESSION) {
                continue;
            }
            Step missed = partition.missed(step, known, step.operation().invoked());
            if (missed != null) {
                findings.add(Finding.violation(
                        NAME,
                        session + " at " + step.row(),
                        "went back: " + step.operation().describe() + "\n    does not show "
                                + missed.operation().describe()));
                return;
            }
        }
    }
}
