package io.mds.torture.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Whether the strong operations on each row can be put in one order that respects real time and explains each answer. */
final class Linearizability {
    static final String NAME = "linearizability";

    private final long effortPerRow;

    /**
     * @param effortPerRow how many steps to try on one row before it counts as undecided
     */
    Linearizability(long effortPerRow) {
        this.effortPerRow = effortPerRow;
    }

    List<Finding> check(List<Operation> operations) {
        List<Finding> findings = new ArrayList<>();
        Map<String, List<Step>> rows = Step.byRow(operations);
        Sightings.addTo(rows, operations);
        rows.forEach(
                (row, steps) -> new RowSearch(row, steps, effortPerRow).run().ifPresent(findings::add));
        return findings;
    }
}
