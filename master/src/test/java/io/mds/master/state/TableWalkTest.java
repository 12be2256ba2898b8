package io.mds.master.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.RegionId;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Looking at everything, some at a time; and what the state knows without looking at everything. */
class TableWalkTest {
    private static final List<Long> REPLICAS = List.of(1L, 2L);

    private final ClusterState state = TestingState.empty();
    private final List<String> met = new ArrayList<>();

    private Table add(String name, long id, int shards) {
        return TestingState.add(state, name, id, id * 100, shards, REPLICAS);
    }

    private static ShardRecord shard(long id, long table, List<Long> learners, List<Long> leaving) {
        return TestingState.shard(id, table, REPLICAS, learners, leaving);
    }

    private boolean step(TableWalk walk) {
        return walk.step(table -> met.add(table.name()));
    }

    @Test
    void theMoreStepsAWalkTakesTheLongerIsItsRest() {
        add("few", 1, 3);
        TableWalk walk = new TableWalk(state, 4);
        assertThat(walk.rest(Duration.ofSeconds(1))).hasSeconds(1);
        add("many", 2, 77);
        assertThat(walk.rest(Duration.ofSeconds(1))).hasSeconds(10);
    }

    @Test
    void eachTableIsMetOnceAndNoStepIsMuchLongerThanItMayBe() {
        for (int i = 1; i <= 5; i++) {
            add("t" + i, i, 3);
        }
        TableWalk walk = new TableWalk(state, 4);
        assertThat(step(walk)).isFalse();
        assertThat(met).containsExactly("t1", "t2");
        assertThat(walk.isAtBeginning()).isFalse();
        assertThat(step(walk)).isFalse();
        assertThat(step(walk)).isTrue();
        assertThat(met).containsExactly("t1", "t2", "t3", "t4", "t5");
        assertThat(walk.isAtBeginning()).isTrue();
        step(walk);
        assertThat(met).endsWith("t5", "t1", "t2");
    }

    @Test
    void tablesMayComeAndGoMeanwhile() {
        Table first = add("b", 1, 1);
        Table second = add("c", 2, 1);
        add("d", 3, 1);
        TableWalk walk = new TableWalk(state, 1);
        step(walk);
        state.removeTable(first);
        state.removeTable(second);
        add("a", 4, 1);
        add("e", 5, 1);
        while (!step(walk)) {
            assertThat(met).hasSizeLessThan(10);
        }
        assertThat(met).containsExactly("b", "d", "e");
    }

    @Test
    void noTablesAreOneStep() {
        assertThat(step(new TableWalk(state, 1))).isTrue();
        assertThat(met).isEmpty();
    }

    @Test
    void shardsWhoseReplicasChangeAreKnownWithoutAWalk() {
        Shard shard = add("t", 1, 2).shards().get(0);
        assertThat(state.movingShards()).isEmpty();
        state.replaceShard(shard, shard(100, 1, List.of(3L), List.of(2L)), 2);
        assertThat(state.movingShards()).containsExactly(shard);
        assertThat(state.learners()).containsOnlyKeys(3L);
        state.replaceShard(shard, shard(100, 1, List.of(), List.of(2L)), 3);
        assertThat(state.movingShards()).containsExactly(shard);
        assertThat(state.learners()).isEmpty();
        state.replaceShard(shard, shard(100, 1, List.of(), List.of()), 4);
        assertThat(state.movingShards()).isEmpty();
    }

    @Test
    void whatARegionShouldHoldHasAnotherRevisionAfterEachChange() {
        long atFirst = state.revision(new RegionId(2));
        Table table = add("t", 1, 1);
        long added = state.revision(new RegionId(2));
        assertThat(added).isNotEqualTo(atFirst);
        state.replaceTable(table, TableRecords.withState(table.versioned().value(), TableState.DROPPING), 2);
        long dropping = state.revision(new RegionId(2));
        assertThat(dropping).isNotEqualTo(added);
        state.removeTable(table);
        assertThat(state.revision(new RegionId(2))).isNotEqualTo(dropping);
        assertThat(state.revision(new RegionId(3))).isZero();
    }
}
