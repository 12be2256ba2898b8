package io.mds.master.views;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.master.views.ViewChoice.Position;
import io.mds.znode.ShardRecord;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ViewChoiceTest {
    private static final Comparator<Long> BY_ID = Comparator.naturalOrder();

    private static ShardRecord record(List<Long> replicas, List<Long> previous) {
        return new ShardRecord(1, 1, 5, replicas.get(0), replicas, List.of(9L), previous, List.of());
    }

    private static Position at(long view, long index) {
        return new Position(view, index);
    }

    @Test
    void aMajorityOfTheReplicasIsEnoughAndLessIsNot() {
        ShardRecord record = record(List.of(1L, 2L, 3L), List.of());
        assertThat(ViewChoice.isSealedBy(record, Set.of(1L))).isFalse();
        assertThat(ViewChoice.isSealedBy(record, Set.of(2L, 3L))).isTrue();
        assertThat(ViewChoice.isSealedBy(record, Set.of(2L, 9L))).isFalse();
        assertThat(ViewChoice.isSealedBy(record(List.of(1L, 2L), List.of()), Set.of(1L)))
                .isFalse();
    }

    @Test
    void untilAViewIsActivatedAMajorityOfThoseBeforeIsNeededToo() {
        ShardRecord record = record(List.of(1L, 2L, 4L), List.of(1L, 2L, 3L));
        assertThat(ViewChoice.asked(record)).containsExactly(1L, 2L, 3L, 4L);
        assertThat(ViewChoice.isSealedBy(record, Set.of(1L, 4L))).isFalse();
        assertThat(ViewChoice.isSealedBy(record, Set.of(1L, 3L, 4L))).isTrue();
        assertThat(ViewChoice.isSealedBy(record, Set.of(1L, 2L))).isTrue();
    }

    @Test
    void aNewerViewCountsBeforeALongerLogAndBothBeforeWhatIsPreferred() {
        ShardRecord record = record(List.of(1L, 2L, 3L), List.of());
        ShardRecord next =
                ViewChoice.next(record, 6, record.replicas(), Map.of(1L, at(3, 90), 2L, at(4, 7), 3L, at(4, 6)), BY_ID);
        assertThat(next.leader()).isEqualTo(2);
        assertThat(next.view()).isEqualTo(6);
        assertThat(next.previous()).isEmpty();
        assertThat(next.learners()).containsExactly(9L);
    }

    @Test
    void amongEquallyGoodLogsThePreferredLeads() {
        ShardRecord record = record(List.of(1L, 2L, 3L), List.of());
        Map<Long, Position> equal = Map.of(1L, at(4, 7), 3L, at(4, 7));
        assertThat(ViewChoice.next(record, 6, record.replicas(), equal, BY_ID.reversed())
                        .leader())
                .isEqualTo(3);
    }

    @Test
    void whenTheReplicasChangeTheOldOnesStayInTheRecord() {
        ShardRecord record = record(List.of(1L, 2L, 3L), List.of());
        ShardRecord next = ViewChoice.next(record, 6, List.of(1L, 2L, 9L), Map.of(1L, at(5, 7), 2L, at(5, 7)), BY_ID);
        assertThat(next.replicas()).containsExactly(1L, 2L, 9L);
        assertThat(next.previous()).containsExactly(1L, 2L, 3L);
        assertThat(next.learners()).isEmpty();
    }

    @Test
    void theOldReplicasStayWhenOnlyOneThatShouldGoHasEverything() {
        ShardRecord record = record(List.of(1L, 2L, 3L), List.of());
        ShardRecord next = ViewChoice.next(record, 6, List.of(1L, 2L, 9L), Map.of(1L, at(5, 7), 3L, at(5, 8)), BY_ID);
        assertThat(next.leader()).isEqualTo(3);
        assertThat(next.replicas()).containsExactly(1L, 2L, 3L);
        assertThat(next.previous()).isEmpty();
        assertThat(next.learners()).containsExactly(9L);
    }

    @Test
    void aViewThatWasNotActivatedIsFollowedByOneOfTheReplicasBeforeWhenTheyKnowMore() {
        ShardRecord record = record(List.of(1L, 2L, 4L), List.of(1L, 2L, 3L));
        ShardRecord next =
                ViewChoice.next(record, 6, record.replicas(), Map.of(1L, at(5, 7), 4L, at(5, 7), 3L, at(5, 8)), BY_ID);
        assertThat(next.leader()).isEqualTo(3);
        assertThat(next.replicas()).containsExactly(1L, 2L, 3L);
        assertThat(next.previous()).containsExactly(1L, 2L, 4L);
        ShardRecord same = ViewChoice.next(record, 6, record.replicas(), Map.of(1L, at(5, 8), 2L, at(5, 7)), BY_ID);
        assertThat(same.previous()).containsExactly(1L, 2L, 3L);
    }

    @Property(tries = 500)
    void whoeverLeadsIsAReplicaAndNobodyWhoAnsweredKnowsMore(
            @ForAll boolean changing, @ForAll byte a, @ForAll byte b, @ForAll byte c) {
        ShardRecord record = record(List.of(1L, 2L, 3L), List.of());
        Map<Long, Position> answers = Map.of(1L, at(1, a), 2L, at(1, b), 3L, at(1, c));
        List<Long> wanted = changing ? List.of(2L, 3L, 9L) : record.replicas();
        ShardRecord next = ViewChoice.next(record, 6, wanted, answers, BY_ID);
        assertThat(next.replicas()).contains(next.leader());
        Position led = answers.get(next.leader());
        assertThat(answers.values()).allSatisfy(other -> assertThat(other).isLessThanOrEqualTo(led));
    }
}
