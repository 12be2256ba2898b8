package io.mds.master.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.RegionId;
import io.mds.proto.HeartbeatRequest;
import io.mds.proto.ShardReport;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a master believes of a region's shards when messages cross. */
class MemberTest {
    private final Member member = new Member(new RegionId(1), UUID.randomUUID(), RegionState.LIVE, null, 0);

    private static ShardReport report(long view, long applied, boolean serving) {
        return ShardReport.newBuilder()
                .setShardId(7)
                .setView(view)
                .setAppliedIndex(applied)
                .setServing(serving)
                .build();
    }

    private void beat(ShardReport report) {
        member.beat(HeartbeatRequest.newBuilder().addShards(report).build(), 0);
    }

    @Test
    void anAnswerReadAfterANewerHeartbeatDoesNotTakeItBack() {
        beat(report(1, 1, true));
        member.answered(List.of(report(1, 0, false)));
        assertThat(member.reported().get(7L).getServing()).isTrue();
    }

    @Test
    void anAnswerThatKnowsMoreIsTakenOver() {
        beat(report(1, 5, true));
        member.answered(List.of(report(2, 5, false)));
        assertThat(member.reported().get(7L).getView()).isEqualTo(2);
        member.answered(List.of(report(2, 6, true)));
        assertThat(member.reported().get(7L).getServing()).isTrue();
    }

    @Test
    void aHeartbeatIsAlwaysBelieved() {
        beat(report(1, 5, true));
        beat(report(1, 5, false));
        assertThat(member.reported().get(7L).getServing()).isFalse();
    }

    @Test
    void whatItHoldsIsAnotherWhenAShardOrItsViewIsAnotherButNotWhenItIsWrittenTo() {
        long before = member.revision();
        beat(report(1, 5, true));
        long first = member.revision();
        assertThat(first).isNotEqualTo(before);
        beat(report(1, 6, true));
        member.answered(List.of(report(1, 7, true)));
        assertThat(member.revision()).isEqualTo(first);
        member.answered(List.of(report(2, 7, true)));
        long second = member.revision();
        assertThat(second).isNotEqualTo(first);
        member.dropped(7);
        assertThat(member.revision()).isNotEqualTo(second);
    }
}
