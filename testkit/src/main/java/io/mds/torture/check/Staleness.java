package io.mds.torture.check;

import io.mds.torture.check.Operation.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Whether answers are as new as they say, and as new as they were asked to be: all that anybody knew of before the time that
 * they are at most older than must be in them.
 *
 * <p>That time is counted from the beginning of the read, though the answer means a later one: a read may be found to be too
 * old a little too late, never too early.
 */
final class Staleness {
    static final String NAME = "staleness";

    /** What wall clocks in milliseconds, of which replicas compare two, may differ by from the history's clock. */
    static final long RESOLUTION_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private Staleness() {}

    static List<Finding> check(List<Operation> operations) {
        List<Finding> findings = new ArrayList<>();
        operations.forEach(operation -> askedFor(operation, findings));
        Partition.steps(operations).values().forEach(steps -> {
            Partition partition = Partition.of(steps);
            for (Step step : steps) {
                if (step.isRead() && !step.operation().isStrong()) {
                    check(step, partition, findings);
                }
            }
        });
        return findings;
    }

    /** An answer that is too old by what it says itself. */
    private static void askedFor(Operation operation, List<Finding> findings) {
        Long bound = operation.call().boundMs();
        Long stated = operation.result().stalenessMs();
        if (bound != null && operation.isOk() && (stated == null || stated > bound)) {
            findings.add(Finding.violation(
                    NAME,
                    String.valueOf(operation.call().key()),
                    "too old, or does not tell: " + operation.describe()));
        }
    }

    private static void check(Step read, Partition partition, List<Finding> findings) {
        Operation operation = read.operation();
        Long bound =
                operation.call().level() == Level.BOUNDED ? operation.call().boundMs() : null;
        Long stated = operation.result().stalenessMs();
        if (bound == null && stated == null) {
            return;
        }
        long age = Math.min(bound == null ? Long.MAX_VALUE : bound, stated == null ? Long.MAX_VALUE : stated);
        long time = operation.invoked() - TimeUnit.MILLISECONDS.toNanos(age) - RESOLUTION_NANOS;
        Step missed = partition.missed(read, time);
        if (missed != null) {
            findings.add(Finding.violation(
                    NAME,
                    read.row(),
                    "older than it may be: " + operation.describe() + "\n    does not show "
                            + missed.operation().describe()));
        }
    }
}
