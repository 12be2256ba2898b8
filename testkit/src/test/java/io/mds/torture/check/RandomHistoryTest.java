package io.mds.torture.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.torture.check.Operation.Result;
import io.mds.torture.check.Operation.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Histories of a register that works are accepted, and nearly all that are falsified afterwards are not. */
class RandomHistoryTest {
    private static final int HISTORIES = 300;
    private static final long EFFORT = 2_000_000;

    private final long base = Long.getLong("mds.seed", 1);

    private static History correct(long seed) {
        Random random = new Random(seed);
        return new TestingRegister(seed, 2 + random.nextInt(5), 5 + random.nextInt(60), random.nextInt(20) / 100.0)
                .run();
    }

    @Test
    void correctHistoriesAreAccepted() {
        for (long seed = base; seed < base + HISTORIES; seed++) {
            assertThat(Verdict.of(correct(seed), EFFORT).findings())
                    .as("seed " + seed + ", replay with -Dmds.seed=" + seed)
                    .isEmpty();
        }
    }

    @Test
    void aLongHistoryWithManyUnknownOutcomesIsDecided() {
        History history = new TestingRegister(base, 8, 1_000, 0.02).run();
        assertThat(Verdict.of(history, Verdict.EFFORT).findings()).isEmpty();
    }

    @Test
    void mostFalsifiedHistoriesAreFound() {
        int tried = 0;
        int found = 0;
        for (long seed = base; seed < base + HISTORIES; seed++) {
            Random random = new Random(~seed);
            History falsified = falsified(correct(seed), random);
            if (falsified != null) {
                tried++;
                Verdict verdict = Verdict.of(falsified, EFFORT);
                assertThat(verdict.isUndecided()).isFalse();
                found += verdict.isViolated() ? 1 : 0;
            }
        }
        System.out.println("RandomHistoryTest: found " + found + " of " + tried + " falsified histories, seeds from "
                + base + " (-Dmds.seed)");
        assertThat(tried).isGreaterThan(HISTORIES * 3 / 4);
        // What concurrent or unknown operations can explain is no violation.
        assertThat(found).isGreaterThan(tried * 85 / 100);
    }

    /** One answer of a read is exchanged with that of a read before or after, or one acknowledged write never was. */
    private static History falsified(History history, Random random) {
        List<Operation> operations = new ArrayList<>(history.operations());
        List<Integer> reads = positions(operations, true);
        List<Integer> writes = positions(operations, false);
        if (reads.size() < 4 || writes.isEmpty()) {
            return null;
        }
        int position = reads.get(random.nextInt(reads.size()));
        Operation read = operations.get(position);
        switch (random.nextInt(3)) {
            case 0 -> {
                Operation other = operations.get(reads.get(random.nextInt(reads.size())));
                boolean apart = other.completed() < read.invoked() || read.completed() < other.invoked();
                if (!apart
                        || other.result().equals(read.result())
                        || read.result().seen().isEmpty()) {
                    return null;
                }
                operations.set(position, with(read, other.result()));
            }
            case 1 -> {
                if (read.result().seen().isEmpty()) {
                    return null;
                }
                Seen seen = read.result().seen().get(0);
                Seen twice = new Seen(seen.key(), seen.value() + 1, seen.version());
                operations.set(position, with(read, Result.seen(List.of(twice))));
            }
            default -> {
                // The write that the read saw says that it changed nothing.
                if (read.result().seen().isEmpty()) {
                    return null;
                }
                long version = read.result().seen().get(0).version();
                int write = writes.stream()
                        .filter(at -> operations.get(at).result().version() == version)
                        .findFirst()
                        .orElse(-1);
                if (write < 0) {
                    return null;
                }
                operations.set(write, with(operations.get(write), Result.failed("falsified")));
            }
        }
        return new History(operations, List.of());
    }

    private static List<Integer> positions(List<Operation> operations, boolean reads) {
        return IntStream.range(0, operations.size())
                .filter(at -> operations.get(at).isOk()
                        && operations.get(at).call().kind().isRead() == reads)
                .boxed()
                .toList();
    }

    private static Operation with(Operation operation, Result result) {
        return new Operation(operation.call(), operation.invoked(), operation.completed(), result);
    }
}
