package io.mds.master.membership;

import static io.mds.master.membership.RegionState.DEAD;
import static io.mds.master.membership.RegionState.LIVE;
import static io.mds.master.membership.RegionState.SUSPECT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RegionStateTest {
    private static final Map<RegionState, Set<RegionState>> LEGAL =
            Map.of(LIVE, Set.of(SUSPECT, DEAD), SUSPECT, Set.of(LIVE, DEAD), DEAD, Set.of(LIVE));

    @ParameterizedTest
    @EnumSource
    void goesOnlyWhereTheDiagramSays(RegionState from) {
        for (RegionState to : RegionState.values()) {
            assertThat(from.canBecome(to))
                    .as("%s -> %s", from, to)
                    .isEqualTo(LEGAL.get(from).contains(to));
        }
    }
}
