package io.mds.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Many runs of the shard's protocol under faults. More: {@code ./mds simulate --seeds N --from S}. */
class SimulationTest {
    private static final long SEEDS = Long.getLong("mds.simulations", 20_000);

    @Test
    void noSeedBreaksAPromise() {
        long from = Long.getLong("mds.seed", 1);
        Coverage met = new Coverage();
        LongStream.range(from, from + SEEDS).parallel().forEach(seed -> {
            Coverage one = runOrTell(seed);
            synchronized (met) {
                met.add(one);
            }
        });
        System.out.printf("SimulationTest: %d seeds from %d: %s%n", SEEDS, from, met.counts());
        // What never happened was not tried.
        met.counts()
                .forEach((event, count) ->
                        assertThat(count).as("%s in %d runs", event, SEEDS).isGreaterThan(SEEDS / 20));
    }

    private static Coverage runOrTell(long seed) {
        try {
            return new Simulation(seed).run().coverage();
        } catch (Violation e) {
            throw new AssertionError(
                    Simulation.tell(seed) + "\nreplay with ./mds simulate --seeds 1 --from " + seed, e);
        }
    }

    @Test
    void aSeedReplaysExactly() {
        assertThat(Simulation.tell(7)).isEqualTo(Simulation.tell(7)).contains("Appended[");
        assertThat(new Simulation(7).run().coverage().counts())
                .isEqualTo(new Simulation(7, true).run().coverage().counts());
    }
}
