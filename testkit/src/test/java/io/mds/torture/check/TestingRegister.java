package io.mds.torture.check;

import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Kind;
import io.mds.torture.check.Operation.Level;
import io.mds.torture.check.Operation.Refusal;
import io.mds.torture.check.Operation.Result;
import io.mds.torture.check.Operation.Seen;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * One row that several clients use at the same time and that works as it must; some answers are lost, and what they were
 * for takes effect at its time, later, or never. Reads at weaker levels show a state of before.
 */
final class TestingRegister {
    static final String ROW = "row";

    private final Random random;
    private final int clients;
    private final int operations;
    private final double lost;
    private boolean present;
    private long value;
    private long version;
    private long shardVersion;
    /** Every state there was, the first of them empty. */
    private final List<State> states = new ArrayList<>(List.of(new State(0, List.of())));
    /** By client, up to which of the states it has seen. */
    private final Map<String, Integer> seen = new HashMap<>();

    /**
     * What the row was from some time on, until the next.
     *
     * @param row empty when there was none
     */
    private record State(long from, List<Seen> row) {}

    TestingRegister(long seed, int clients, int operations, double lost) {
        this.random = new Random(seed);
        this.clients = clients;
        this.operations = operations;
        this.lost = lost;
    }

    private static final class Plan {
        private Call call;
        private long from;
        private long effect;
        private long to;
        private Result result = Result.UNKNOWN;
    }

    History run() {
        List<Plan> plans = new ArrayList<>();
        long id = 0;
        long end = 0;
        for (int client = 0; client < clients; client++) {
            long now = random.nextInt(50);
            for (int i = 0; i < operations; i++) {
                Plan plan = new Plan();
                plan.call = call(++id, "c" + client);
                plan.from = now;
                plan.to = now + 2 + random.nextInt(40);
                plan.effect = plan.from + 1 + random.nextInt((int) (plan.to - plan.from - 1));
                if (!plan.call.kind().isRead() && random.nextDouble() < lost) {
                    plan.to = Operation.NEVER;
                    plan.effect = random.nextBoolean() ? now + random.nextInt(600) : Operation.NEVER;
                    now += 45;
                } else {
                    now = plan.to + 1 + random.nextInt(5);
                }
                plans.add(plan);
            }
            end = Math.max(end, now);
        }
        Plan last = new Plan();
        last.call = Call.read(++id, "last", ROW).asLast();
        last.from = end + 1_000;
        last.effect = last.from + 1;
        last.to = last.from + 2;
        plans.add(last);
        plans.sort(Comparator.comparingLong(plan -> plan.effect));
        plans.stream().filter(plan -> plan.effect != Operation.NEVER).forEach(this::apply);
        return new History(
                plans.stream()
                        .map(plan -> new Operation(plan.call, nanos(plan.from), nanos(plan.to), plan.result))
                        .sorted(Comparator.comparingLong(Operation::invoked))
                        .toList(),
                List.of());
    }

    private static long nanos(long millis) {
        return millis == Operation.NEVER ? Operation.NEVER : TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private Call call(long id, String client) {
        return switch (random.nextInt(10)) {
            case 0, 1, 2 -> Call.read(id, client, ROW);
            case 3 -> weak(Call.read(id, client, ROW));
            case 4, 5 -> Call.write(id, client, Kind.UPSERT, ROW, id * 1_000);
            case 6, 7 -> Call.write(id, client, Kind.INCREMENT, ROW, 1);
            case 8 ->
                random.nextInt(4) == 0
                        ? Call.delete(id, client, ROW)
                        : Call.write(id, client, Kind.INSERT, ROW, id * 1_000);
            default -> Call.updateIf(id, client, ROW, Long.MIN_VALUE, id * 1_000);
        };
    }

    private Call weak(Call call) {
        return switch (random.nextInt(3)) {
            case 0 -> call.at(Level.SESSION);
            case 1 -> call.at(Level.EVENTUAL);
            default -> call.atMostOld(1 + random.nextInt(100));
        };
    }

    private void apply(Plan plan) {
        if (plan.call.kind().isRead() && plan.call.level() != Level.STRONG) {
            plan.result = old(plan.call, plan.effect);
            return;
        }
        if (plan.call.kind() == Kind.UPDATE_IF) {
            // What a client that has just read the row would expect, which may be too old.
            long expected = random.nextInt(3) == 0 ? Math.max(0, version - 1) : version;
            plan.call = Call.updateIf(plan.call.id(), plan.call.client(), ROW, expected, plan.call.value());
        }
        Result result = result(plan.call);
        states.add(new State(plan.effect, present ? List.of(new Seen(ROW, value, version)) : List.of()));
        if (plan.to != Operation.NEVER) {
            plan.result = result;
            seen.put(plan.call.client(), states.size() - 1);
        }
    }

    /** The state at some time before, which the level allows. */
    private Result old(Call call, long now) {
        int newest = states.size() - 1;
        int seenBefore = seen.getOrDefault(call.client(), 0);
        int oldest = call.level() == Level.SESSION ? seenBefore : Math.max(0, newest - 6);
        while (call.boundMs() != null && oldest < newest && age(oldest, now) > call.boundMs()) {
            oldest++;
        }
        int at = oldest + random.nextInt(newest - oldest + 1);
        seen.put(call.client(), Math.max(seenBefore, at));
        Long told = call.boundMs() == null && random.nextBoolean() ? null : age(at, now);
        return Result.seen(states.get(at).row(), told);
    }

    /** For how long a state has not been the newest. */
    private long age(int state, long now) {
        return state == states.size() - 1 ? 0 : now - states.get(state + 1).from();
    }

    private Result result(Call call) {
        shardVersion += random.nextInt(3);
        boolean existed = present;
        switch (call.kind()) {
            case READ -> {
                return Result.seen(present ? List.of(new Seen(ROW, value, version)) : List.of());
            }
            case INSERT -> {
                if (present) {
                    return Result.refused(Refusal.EXISTS);
                }
                value = call.value();
            }
            case UPSERT -> value = call.value();
            case INCREMENT -> {
                if (!present) {
                    return Result.refused(Refusal.ABSENT);
                }
                value += call.value();
            }
            case UPDATE_IF -> {
                if (!present || version != call.expected()) {
                    return Result.refused(Refusal.CONDITION);
                }
                value = call.value();
            }
            case DELETE -> {
                present = false;
                return Result.written(++shardVersion, existed);
            }
            case BATCH, SCAN, MULTI_GET -> throw new IllegalStateException("one row only");
        }
        present = true;
        version = ++shardVersion;
        return Result.written(version, existed);
    }
}
