package io.mds.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Many runs of the shard's protocol under faults. More: {@code ./mds simulate --seeds N --from S}. */
class SimulationTest {
    private static final long SEEDS = Long.getLong("mds.simulations", 3_000);

    @Test
    void noSeedBreaksAPromise() {
        long from = Long.getLong("mds.seed", 1);
        long acknowledged = LongStream.range(from, from + SEEDS)
                .parallel()
                .map(seed -> runOrTell(seed).acknowledged())
                .sum();
        System.out.printf("SimulationTest: %d seeds from %d, %d writes acknowledged%n", SEEDS, from, acknowledged);
        assertThat(acknowledged).isGreaterThan(SEEDS);
    }

    private static Simulation.Outcome runOrTell(long seed) {
        Simulation simulation = new Simulation(seed);
        try {
            return simulation.run();
        } catch (Violation e) {
            throw new AssertionError(
                    "seed " + seed + ", replay with ./mds simulate --seeds 1 --from " + seed + "\n"
                            + String.join("\n", simulation.trace()) + "\n" + e.getMessage(),
                    e);
        }
    }

    @Test
    void aSeedReplaysExactly() {
        Simulation first = new Simulation(7);
        Simulation second = new Simulation(7);
        assertThat(first.run()).isEqualTo(second.run());
        assertThat(first.trace()).isEqualTo(second.trace());
    }
}
