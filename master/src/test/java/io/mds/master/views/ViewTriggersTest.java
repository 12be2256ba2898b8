package io.mds.master.views;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.master.membership.Membership;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Table;
import io.mds.master.state.TableWalk;
import io.mds.master.state.TestingState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ViewTriggersTest {
    private static final Duration LEAST = Duration.ofSeconds(1);
    /** As many as make the walk's own rest three times as long. */
    private static final int MANY = 3 * 2 * TableWalk.STEP;

    private final ClusterState state = TestingState.empty();
    private final Membership nobody =
            new Membership(null, state, null, null, null, "cluster", null, System::nanoTime, null);
    private final ViewTriggers triggers = new ViewTriggers(
            state,
            nobody,
            new ViewChanges(state, nobody, null, null, null, 1, null, System::nanoTime),
            null,
            System::nanoTime);

    private Table add(String name, long id, int shards, List<Long> replicas) {
        return TestingState.add(state, name, id, id * MANY, shards, replicas);
    }

    private void lookAtAll() {
        while (!triggers.lookAround()) {
            assertThat(triggers.pause(LEAST)).isNotNull();
        }
    }

    @Test
    void manyShardsAreLookedAtLessOften() {
        add("many", 1, MANY, List.of(1L));
        lookAtAll();
        assertThat(triggers.pause(LEAST)).isEqualTo(LEAST.multipliedBy(3));
    }

    @Test
    void aShardThatNobodyLeadsIsLookedAtAgainSoonHoweverManyThereAre() {
        Table first = add("first", 1, 1, List.of(1L, 2L, 3L));
        add("many", 2, MANY, List.of(1L));
        lookAtAll();
        assertThat(triggers.pause(LEAST)).isEqualTo(LEAST);
        // Nor is it forgotten by the walks after the first.
        lookAtAll();
        assertThat(triggers.pause(LEAST)).isEqualTo(LEAST);
        state.removeTable(first);
        lookAtAll();
        assertThat(triggers.pause(LEAST)).isEqualTo(LEAST.multipliedBy(3));
    }
}
