package io.mds.torture.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Histories of a register that works are accepted; of those that were falsified afterwards exactly those that cannot have
 * happened are not.
 */
class RandomHistoryTest {
    private static final int HISTORIES = 300;
    private static final int SHORT_HISTORIES = Integer.getInteger("mds.histories", 4_000);
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
    void falsifiedHistoriesAreRejectedIfAndOnlyIfNoOrderExplainsThem() {
        int possible = 0;
        int impossible = 0;
        for (long seed = base; seed < base + SHORT_HISTORIES; seed++) {
            Random random = new Random(~seed);
            History falsified =
                    new Falsifier(shortOne(seed, random), random).falsify().orElse(null);
            if (falsified == null) {
                continue;
            }
            boolean explained = ExhaustiveSearch.findsAnOrder(falsified.operations());
            List<Finding> findings = new ArrayList<>(new Linearizability(EFFORT).check(falsified.operations()));
            assertThat(findings).as("seed %d: decided", seed).allMatch(Finding::decided);
            findings.addAll(Versions.check(falsified.operations()));
            assertThat(findings.isEmpty())
                    .as(
                            "seed %d, replay with -Dmds.seed=%d: %s as there is %s order; %s%n%s",
                            seed,
                            seed,
                            findings.isEmpty() ? "accepted" : "rejected",
                            explained ? "an" : "no",
                            findings,
                            described(falsified))
                    .isEqualTo(explained);
            possible += explained ? 1 : 0;
            impossible += explained ? 0 : 1;
        }
        System.out.println(
                "RandomHistoryTest: rejected all of " + impossible + " falsified histories that are impossible,"
                        + " accepted all of " + possible + " that are not, seeds from " + base + " (-Dmds.seed)");
        assertThat(impossible).isGreaterThan(SHORT_HISTORIES / 4);
    }

    /** Short enough for all orders to be tried. */
    private static History shortOne(long seed, Random random) {
        return new TestingRegister(seed, 1 + random.nextInt(3), 3 + random.nextInt(4), random.nextInt(35) / 100.0)
                .run();
    }

    private static String described(History history) {
        return history.operations().stream().map(Operation::describe).collect(Collectors.joining("\n"));
    }
}
