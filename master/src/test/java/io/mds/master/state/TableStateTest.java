package io.mds.master.state;

import static io.mds.master.state.TableState.ACTIVE;
import static io.mds.master.state.TableState.CREATING;
import static io.mds.master.state.TableState.DROPPING;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TableStateTest {
    private static final Map<TableState, Set<TableState>> LEGAL =
            Map.of(CREATING, Set.of(ACTIVE, DROPPING), ACTIVE, Set.of(DROPPING), DROPPING, Set.of());

    @ParameterizedTest
    @EnumSource
    void goesOnlyWhereTheDiagramSays(TableState from) {
        for (TableState to : TableState.values()) {
            assertThat(from.canBecome(to))
                    .as("%s -> %s", from, to)
                    .isEqualTo(LEGAL.get(from).contains(to));
        }
    }
}
