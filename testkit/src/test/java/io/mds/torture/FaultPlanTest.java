package io.mds.torture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FaultPlanTest {
    private static final int SEEDS = 200;
    private static final int ROUNDS = 100;

    @Test
    void theSameSeedPlansTheSameFaultsAndAnotherOneOthers() {
        assertThat(FaultPlan.of(7, ROUNDS)).isEqualTo(FaultPlan.of(7, ROUNDS)).isNotEqualTo(FaultPlan.of(8, ROUNDS));
        assertThat(FaultPlan.of(7, 10)).isEqualTo(FaultPlan.of(7, ROUNDS).subList(0, 10));
    }

    @Test
    void atMostOneFaultAtATimeStopsRegions() {
        for (long seed = 0; seed < SEEDS; seed++) {
            for (FaultPlan.Round round : FaultPlan.of(seed, ROUNDS)) {
                assertThat(round.faults().stream().filter(fault -> fault.kind().stopsRegions))
                        .as("seed " + seed + ", " + round)
                        .hasSizeLessThanOrEqualTo(1);
            }
        }
    }

    @Test
    void faultsConcernMembersThatThereAreAndLastAFewSeconds() {
        Set<Fault.Kind> seen = EnumSet.noneOf(Fault.Kind.class);
        for (long seed = 0; seed < SEEDS; seed++) {
            int regions = FaultPlan.REGIONS;
            for (FaultPlan.Round round : FaultPlan.of(seed, ROUNDS)) {
                for (Fault fault : round.faults()) {
                    seen.add(fault.kind());
                    assertThat(fault.millis()).isBetween(100L, 8_000L);
                    assertThat(fault.region()).isBetween(0, regions);
                    if (fault.kind().movesReplicas()) {
                        assertThat(regions)
                                .as("seed " + seed + ", " + round + ": a region to move to")
                                .isGreaterThan(FaultPlan.REGIONS);
                    }
                    if (fault.kind() == Fault.Kind.CUT_REGION_FROM_REGION) {
                        assertThat(fault.other()).isBetween(1, regions).isNotEqualTo(fault.region());
                    }
                }
                List<Fault.Kind> kinds =
                        round.faults().stream().map(Fault::kind).toList();
                regions += kinds.contains(Fault.Kind.ADD_REGION) ? 1 : 0;
                assertThat(regions).isLessThanOrEqualTo(FaultPlan.REGIONS + 1);
            }
        }
        assertThat(seen).containsExactlyInAnyOrder(Fault.Kind.values());
    }
}
