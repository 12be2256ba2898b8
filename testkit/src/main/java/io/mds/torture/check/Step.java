package io.mds.torture.check;

import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Result;
import io.mds.torture.check.Operation.Seen;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one operation did to, or saw of, one row.
 *
 * @param value what is set, added or seen
 * @param version what the answer said; null when there was none
 * @param existed what the answer said of the row before; null when nothing
 */
record Step(Operation operation, Action action, long value, long expected, Long version, Boolean existed) {
    enum Action {
        SEE_PRESENT,
        SEE_ABSENT,
        SEE_EXISTS,
        SEE_OTHER_VERSION,
        SET,
        SET_IF_ABSENT,
        SET_IF_VERSION,
        ADD,
        REMOVE;

        boolean observes() {
            return ordinal() <= SEE_OTHER_VERSION.ordinal();
        }
    }

    boolean isUnknown() {
        return operation.isUnknown();
    }

    /** The strong operations' steps by row, in the order of the history; a group of rows is one row, named after it. */
    static Map<String, List<Step>> byRow(List<Operation> operations) {
        Map<String, List<Step>> rows = new TreeMap<>();
        for (Operation operation : operations) {
            if (operation.isStrong()) {
                of(operation)
                        .forEach((row, step) -> rows.computeIfAbsent(row, ignored -> new ArrayList<>())
                                .add(step));
            }
        }
        return rows;
    }

    /** The steps of an operation by row; none for what changed nothing and saw nothing. */
    static Map<String, Step> of(Operation operation) {
        Call call = operation.call();
        Result result = operation.result();
        if (call.kind().isRead()) {
            return operation.isOk() ? looks(operation) : Map.of();
        }
        if (result.outcome() == Operation.Outcome.FAIL) {
            return result.refusal() == null ? Map.of() : Map.of(call.key(), refused(operation));
        }
        Action action = switch (call.kind()) {
            case UPSERT, BATCH -> Action.SET;
            case INSERT -> Action.SET_IF_ABSENT;
            case UPDATE_IF -> Action.SET_IF_VERSION;
            case INCREMENT -> Action.ADD;
            case DELETE -> Action.REMOVE;
            case READ, SCAN, MULTI_GET -> throw new IllegalStateException("not a write: " + call.kind());
        };
        return Map.of(
                call.key(),
                new Step(
                        operation,
                        action,
                        call.value() == null ? 0 : call.value(),
                        call.expected() == null ? 0 : call.expected(),
                        result.version(),
                        result.existed()));
    }

    private static Step refused(Operation operation) {
        Action action = switch (operation.result().refusal()) {
            case EXISTS -> Action.SEE_EXISTS;
            case ABSENT -> Action.SEE_ABSENT;
            case CONDITION -> Action.SEE_OTHER_VERSION;
        };
        Long expected = operation.call().expected();
        return new Step(operation, action, 0, expected == null ? 0 : expected, null, null);
    }

    private static Map<String, Step> looks(Operation operation) {
        Call call = operation.call();
        if (call.rows() == null || call.key() != null) {
            // A torn group is another check's matter: here its first row stands for all.
            List<Seen> seen = operation.result().seen();
            return Map.of(call.key(), look(operation, seen.isEmpty() ? null : seen.get(0)));
        }
        Map<String, Step> steps = new HashMap<>();
        for (String row : call.rows()) {
            steps.put(row, look(operation, null));
        }
        for (Seen seen : operation.result().seen()) {
            steps.put(seen.key(), look(operation, seen));
        }
        return steps;
    }

    private static Step look(Operation operation, Seen seen) {
        return seen == null
                ? new Step(operation, Action.SEE_ABSENT, 0, 0, null, null)
                : new Step(operation, Action.SEE_PRESENT, seen.value(), 0, seen.version(), null);
    }
}
