package io.mds.torture.check;

import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Refusal;
import io.mds.torture.check.Operation.Result;
import io.mds.torture.check.Operation.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Changes one thing in a history, so that most likely it cannot have happened.
 *
 * <p>Only most likely: operations at the same time and those of unknown outcome explain some of it.
 */
final class Falsifier {
    private final List<Operation> operations;
    private final Random random;

    Falsifier(History history, Random random) {
        this.operations = new ArrayList<>(history.operations());
        this.random = random;
    }

    /** Empty when the history has nothing to change in the way that the dice say. */
    Optional<History> falsify() {
        boolean changed = switch (random.nextInt(8)) {
            case 0 -> exchangeAnswers();
            case 1 -> changeSeen(0, sign());
            case 2 -> changeSeen(sign(), 0);
            case 3 -> failWhatWasSeen();
            case 4 -> hideWhatWasSeen();
            case 5 -> changeVersion();
            case 6 -> changeRefusal();
            default -> move();
        };
        return changed ? Optional.of(new History(operations, List.of())) : Optional.empty();
    }

    private boolean exchangeAnswers() {
        int at = oneRead();
        int other = oneRead();
        if (at < 0 || operations.get(at).result().equals(operations.get(other).result())) {
            return false;
        }
        replace(at, operations.get(other).result());
        return true;
    }

    private boolean changeSeen(long versions, long values) {
        int at = oneRead();
        if (at < 0 || operations.get(at).result().seen().isEmpty()) {
            return false;
        }
        Seen seen = operations.get(at).result().seen().get(0);
        replace(at, Result.seen(List.of(new Seen(seen.key(), seen.value() + values, seen.version() + versions))));
        return true;
    }

    /** The write that a read saw says that it changed nothing. */
    private boolean failWhatWasSeen() {
        int at = writeOfWhatWasSeen();
        if (at >= 0) {
            replace(at, Result.failed("falsified"));
        }
        return at >= 0;
    }

    /** The write that a read saw is of unknown outcome: not false by itself, but it may be. */
    private boolean hideWhatWasSeen() {
        int at = writeOfWhatWasSeen();
        if (at < 0) {
            return false;
        }
        Operation write = operations.get(at);
        operations.set(at, new Operation(write.call(), write.invoked(), Operation.NEVER, Result.UNKNOWN));
        return changeSeen(sign(), 0);
    }

    private int writeOfWhatWasSeen() {
        int read = oneRead();
        if (read < 0 || operations.get(read).result().seen().isEmpty()) {
            return -1;
        }
        long version = operations.get(read).result().seen().get(0).version();
        return one(IntStream.range(0, operations.size())
                .filter(at -> operations.get(at).result().version() != null
                        && operations.get(at).result().version() == version)
                .toArray());
    }

    private boolean changeVersion() {
        int at = one(IntStream.range(0, operations.size())
                .filter(position -> operations.get(position).result().version() != null)
                .toArray());
        if (at < 0) {
            return false;
        }
        Result result = operations.get(at).result();
        long version = result.version() + sign() * (1 + random.nextInt(3));
        replace(at, Result.written(version, result.existed()));
        return true;
    }

    private boolean changeRefusal() {
        int at = one(IntStream.range(0, operations.size())
                .filter(position -> operations.get(position).result().refusal() != null)
                .toArray());
        if (at < 0) {
            return false;
        }
        Call call = operations.get(at).call();
        if (call.expected() == null) {
            boolean existed = operations.get(at).result().refusal() == Refusal.EXISTS;
            replace(at, Result.refused(existed ? Refusal.ABSENT : Refusal.EXISTS));
            return true;
        }
        // It was refused for another version, which may have been the row's.
        Call other = Call.updateIf(call.id(), call.client(), call.key(), call.expected() + 1, call.value());
        Operation refused = operations.get(at);
        operations.set(at, new Operation(other, refused.invoked(), refused.completed(), refused.result()));
        return true;
    }

    /** An operation was earlier or later by a few times its length. */
    private boolean move() {
        int at = one(IntStream.range(0, operations.size())
                .filter(position -> !operations.get(position).isUnknown())
                .toArray());
        Operation operation = operations.get(at);
        long length = operation.completed() - operation.invoked();
        long by = sign() * (1 + random.nextInt(6)) * length;
        operations.set(
                at,
                new Operation(
                        operation.call(), operation.invoked() + by, operation.completed() + by, operation.result()));
        return true;
    }

    private long sign() {
        return random.nextBoolean() ? 1 : -1;
    }

    private int oneRead() {
        return one(IntStream.range(0, operations.size())
                .filter(at -> operations.get(at).isOk()
                        && operations.get(at).call().kind().isRead())
                .toArray());
    }

    private int one(int[] positions) {
        return positions.length == 0 ? -1 : positions[random.nextInt(positions.length)];
    }

    private void replace(int at, Result result) {
        Operation operation = operations.get(at);
        operations.set(at, new Operation(operation.call(), operation.invoked(), operation.completed(), result));
    }
}
