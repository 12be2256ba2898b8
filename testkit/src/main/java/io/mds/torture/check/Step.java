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
 * @param row a group of rows is one row, named after it
 * @param value what is set, added or seen
 * @param version what the answer said; null when there was none
 * @param existed what the answer said of the row before; null when nothing
 * @param from since when it can have taken effect
 */
record Step(
        Operation operation,
        String row,
        Action action,
        long value,
        long expected,
        Long version,
        Boolean existed,
        long from) {
    Step(Operation operation, String row, Action action, long value, long expected, Long version, Boolean existed) {
        this(operation, row, action, value, expected, version, existed, operation.invoked());
    }

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

    /** What is on the same shard as the row, which for all that is known may be the row alone: versions are in one order. */
    String partition() {
        int slash = row.indexOf('/');
        return slash < 0 ? row : row.substring(0, slash);
    }

    Step since(long time) {
        return new Step(operation, row, action, value, expected, version, existed, time);
    }

    /** Whether it is known what the row holds at the version. */
    boolean tellsValue() {
        boolean tells = switch (action) {
            case SEE_PRESENT, SET, SET_IF_ABSENT, SET_IF_VERSION -> true;
            case SEE_ABSENT, SEE_EXISTS, SEE_OTHER_VERSION, ADD, REMOVE -> false;
        };
        return tells && version != null;
    }

    boolean isRead() {
        return operation.call().kind().isRead();
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
                        call.key(),
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
        return new Step(operation, operation.call().key(), action, 0, expected == null ? 0 : expected, null, null);
    }

    private static Map<String, Step> looks(Operation operation) {
        Call call = operation.call();
        if (call.rows() == null || call.key() != null) {
            // A torn group is another check's matter: here its first row stands for all.
            List<Seen> seen = operation.result().seen();
            return Map.of(call.key(), look(operation, call.key(), seen.isEmpty() ? null : seen.get(0)));
        }
        Map<String, Step> steps = new HashMap<>();
        for (String row : call.rows()) {
            steps.put(row, look(operation, row, null));
        }
        for (Seen seen : operation.result().seen()) {
            steps.put(seen.key(), look(operation, seen.key(), seen));
        }
        return steps;
    }

    private static Step look(Operation operation, String row, Seen seen) {
        return seen == null
                ? new Step(operation, row, Action.SEE_ABSENT, 0, 0, null, null)
                : new Step(operation, row, Action.SEE_PRESENT, seen.value(), 0, seen.version(), null);
    }
}
