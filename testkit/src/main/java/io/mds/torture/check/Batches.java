package io.mds.torture.check;

import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Seen;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Whether every look at a group of rows, which only batches write, saw all of one batch or nothing of any. */
final class Batches {
    static final String NAME = "batches are atomic";

    private Batches() {}

    static List<Finding> check(List<Operation> operations) {
        List<Finding> findings = new ArrayList<>();
        for (Operation operation : operations) {
            Call call = operation.call();
            boolean looks = call.kind() == Operation.Kind.SCAN || call.kind() == Operation.Kind.MULTI_GET;
            if (looks && call.key() != null && operation.isOk() && isTorn(operation)) {
                findings.add(Finding.violation(NAME, call.key(), "torn: " + operation.describe()));
            }
        }
        return findings;
    }

    private static boolean isTorn(Operation operation) {
        List<Seen> seen = operation.result().seen();
        if (seen.isEmpty()) {
            return false;
        }
        Set<String> keys = new HashSet<>();
        for (Seen row : seen) {
            Seen first = seen.get(0);
            keys.add(row.key());
            if (row.value() != first.value() || row.version() != first.version()) {
                return true;
            }
        }
        return !keys.equals(new HashSet<>(operation.call().rows())) || keys.size() != seen.size();
    }
}
