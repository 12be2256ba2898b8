package io.mds.torture.check;

import io.mds.torture.check.Operation.Outcome;
import io.mds.torture.check.Operation.Seen;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Tries every order of the operations on one row, and every version for each write that does not tell its own: too slow for
 * all but short histories, and too simple to be wrong. What the checker says is compared with it.
 */
final class ExhaustiveSearch {
    private final List<Operation> operations;
    private final long highestVersion;
    private final long mustTakeEffect;
    private final Set<State> visited = new HashSet<>();

    /** The row, and which operations have taken effect, a bit each. */
    private record State(long done, boolean present, long value, long version) {}

    private ExhaustiveSearch(List<Operation> operations) {
        this.operations = operations;
        long highest = 0;
        long must = 0;
        for (int i = 0; i < operations.size(); i++) {
            highest = Math.max(highest, highestVersionIn(operations.get(i)));
            must |= operations.get(i).isUnknown() ? 0 : 1L << i;
        }
        highestVersion = highest;
        mustTakeEffect = must;
    }

    /** Whether one order explains every answer; operations that failed without an observation play no part. */
    static boolean findsAnOrder(List<Operation> history) {
        List<Operation> relevant = history.stream()
                .filter(operation -> operation.result().outcome() != Outcome.FAIL
                        || operation.result().refusal() != null)
                .toList();
        if (relevant.size() > Long.SIZE - 1) {
            throw new IllegalArgumentException(relevant.size() + " operations (expected: at most 63)");
        }
        return new ExhaustiveSearch(relevant).canEnd(new State(0, false, 0, 0));
    }

    private static long highestVersionIn(Operation operation) {
        long highest = 0;
        if (operation.result().version() != null) {
            highest = operation.result().version();
        }
        if (operation.call().expected() != null) {
            highest = Math.max(highest, operation.call().expected());
        }
        if (operation.result().seen() != null) {
            for (Seen seen : operation.result().seen()) {
                highest = Math.max(highest, seen.version());
            }
        }
        return highest;
    }

    private boolean canEnd(State state) {
        if ((state.done() & mustTakeEffect) == mustTakeEffect) {
            return true;
        }
        if (!visited.add(state)) {
            return false;
        }
        for (int i = 0; i < operations.size(); i++) {
            if (isNext(i, state.done()) && canEndAfter(i, state)) {
                return true;
            }
        }
        return false;
    }

    /** Nothing that is still to take effect had ended before it began. */
    private boolean isNext(int at, long done) {
        if ((done & 1L << at) != 0) {
            return false;
        }
        for (int i = 0; i < operations.size(); i++) {
            if ((done & 1L << i) == 0 && operations.get(i).completed() < begin(operations.get(at))) {
                return false;
            }
        }
        return true;
    }

    /** A weak read may show any state there was. */
    private static long begin(Operation operation) {
        return operation.isStrong() ? operation.invoked() : Long.MIN_VALUE;
    }

    private boolean canEndAfter(int at, State state) {
        Operation operation = operations.get(at);
        long done = state.done() | 1L << at;
        if (operation.result().refusal() != null) {
            return isRefused(operation, state) && canEnd(with(state, done));
        }
        if (operation.call().kind().isRead()) {
            return isSeen(operation.result().seen(), state) && canEnd(with(state, done));
        }
        if (!isPossible(operation, state)) {
            return false;
        }
        Long told = operation.result().version();
        long from = told == null ? state.version() + 1 : told;
        // Beyond the highest one all are alike, but each write needs one of its own.
        long to = told == null ? highestVersion + operations.size() : told;
        for (long version = from; version <= to; version++) {
            if (version > state.version() && canEnd(written(operation, state, done, version))) {
                return true;
            }
        }
        return false;
    }

    private static State with(State state, long done) {
        return new State(done, state.present(), state.value(), state.version());
    }

    private static boolean isRefused(Operation operation, State state) {
        return switch (operation.result().refusal()) {
            case EXISTS -> state.present();
            case ABSENT -> !state.present();
            case CONDITION ->
                !state.present() || state.version() != operation.call().expected();
        };
    }

    private static boolean isSeen(List<Seen> seen, State state) {
        if (seen.isEmpty()) {
            return !state.present();
        }
        Seen row = seen.get(0);
        return state.present() && row.value() == state.value() && row.version() == state.version();
    }

    private static boolean isPossible(Operation operation, State state) {
        Boolean existed = operation.result().existed();
        if (existed != null && existed != state.present()) {
            return false;
        }
        return switch (operation.call().kind()) {
            case UPSERT -> true;
            case INSERT -> !state.present();
            case INCREMENT -> state.present();
            case UPDATE_IF ->
                state.present() && state.version() == operation.call().expected();
            // To delete nothing changes nothing, and who does not tell may as well not have done it.
            case DELETE -> state.present() || !operation.isUnknown();
            case BATCH, READ, SCAN, MULTI_GET ->
                throw new IllegalArgumentException("not a write of one row: " + operation.describe());
        };
    }

    private static State written(Operation operation, State state, long done, long version) {
        OptionalLong value = switch (operation.call().kind()) {
            case DELETE -> OptionalLong.empty();
            case INCREMENT -> OptionalLong.of(state.value() + operation.call().value());
            default -> OptionalLong.of(operation.call().value());
        };
        return new State(done, value.isPresent(), value.orElse(0), version);
    }
}
