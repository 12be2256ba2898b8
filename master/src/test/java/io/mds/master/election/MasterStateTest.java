package io.mds.master.election;

import static io.mds.master.election.MasterState.ACTIVE;
import static io.mds.master.election.MasterState.CLOSED;
import static io.mds.master.election.MasterState.STANDBY;
import static io.mds.master.election.MasterState.STARTING;
import static io.mds.master.election.MasterState.STEPPING_DOWN;
import static io.mds.master.election.MasterState.TAKING_OVER;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MasterStateTest {
    private static final Map<MasterState, Set<MasterState>> LEGAL = Map.of(
            STARTING, Set.of(STANDBY, CLOSED),
            STANDBY, Set.of(TAKING_OVER, STARTING, CLOSED),
            TAKING_OVER, Set.of(ACTIVE, STEPPING_DOWN, CLOSED),
            ACTIVE, Set.of(STEPPING_DOWN, CLOSED),
            STEPPING_DOWN, Set.of(STARTING, CLOSED),
            CLOSED, Set.of());

    @ParameterizedTest
    @EnumSource
    void goesOnlyWhereTheDiagramSays(MasterState from) {
        for (MasterState to : MasterState.values()) {
            assertThat(from.canBecome(to))
                    .as("%s -> %s", from, to)
                    .isEqualTo(LEGAL.get(from).contains(to));
        }
    }
}
