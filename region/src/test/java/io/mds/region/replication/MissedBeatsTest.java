package io.mds.region.replication;

import static io.mds.region.replication.TestingReplica.A;
import static io.mds.region.replication.TestingReplica.B;
import static io.mds.region.replication.TestingReplica.C;
import static io.mds.region.replication.TestingReplica.at;
import static io.mds.region.replication.TestingReplica.entry;
import static io.mds.region.replication.TestingReplica.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.LogIndex;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who says, and when, that it does not hear those that it should hear. */
class MissedBeatsTest {
    @Test
    void aFollowerMissesTheBeatsThatItsLeaderHasPromised() {
        TestingReplica follower = followerOf(true);
        passes(follower, 1_000);
        assertThat(follower.replica().isSilent()).isFalse();
        assertThat(follower.replica().isQuiet(follower.now())).isFalse();
        passes(follower, 40);
        assertThat(follower.replica().isSilent()).isTrue();
        // Nothing more will come of it by itself.
        assertThat(follower.replica().isQuiet(follower.now())).isTrue();
        assertThat(follower.later(60_000).tick().replica().isSilent()).isTrue();
        assertThat(follower.append(A, 1, at(1, 1), 1).replica().isSilent()).isFalse();
    }

    @Test
    void aFollowerExpectsNothingOfALeaderThatRests() {
        TestingReplica follower = followerOf(false);
        assertThat(follower.replica().isQuiet(follower.now())).isTrue();
        passes(follower, 5_000);
        assertThat(follower.replica().isSilent()).isFalse();
    }

    @Test
    void aBeatThatWasOvertakenByTheLastOneIsNotTakenForWork() {
        TestingReplica follower = followerOf(false);
        Message late = new Message.Append(view(1), follower.now() - 1, at(1, 1), List.of(), new LogIndex(1), true);
        follower.receive(A, late);
        passes(follower, 5_000);
        assertThat(follower.replica().isSilent()).isFalse();
    }

    @Test
    void aFollowerThatWasPausedItselfDoesNotBlameItsLeader() {
        TestingReplica follower = followerOf(true).later(60_000).tick();
        assertThat(follower.replica().isSilent()).isFalse();
        passes(follower, 1_040);
        assertThat(follower.replica().isSilent()).isTrue();
    }

    @Test
    void aFollowerThatIsSealedMissesNothing() {
        TestingReplica follower = followerOf(true);
        passes(follower, 1_040);
        assertThat(follower.seal(2, 0).replica().isSilent()).isFalse();
    }

    @Test
    void aLeaderSaysWithItsLastBeatsThatNoMoreFollow() {
        TestingReplica leader = TestingReplica.leader();
        for (int i = 0; i < 10; i++) {
            assertThat(leader.later(100).tick().sent(B))
                    .singleElement()
                    .satisfies(beat -> assertThat(isBeating(beat)).isTrue());
            leader.appended(B, 1, 1).appended(C, 1, 1);
        }
        assertThat(leader.replica().isQuiet(leader.now())).isFalse();
        assertThat(leader.later(100).tick().sent(B))
                .singleElement()
                .satisfies(beat -> assertThat(isBeating(beat)).isFalse());
        leader.appended(B, 1, 1);
        assertThat(leader.replica().isQuiet(leader.now())).isFalse();
        leader.appended(C, 1, 1);
        assertThat(leader.replica().isQuiet(leader.now())).isTrue();
        assertThat(leader.propose().sent(B))
                .singleElement()
                .satisfies(append -> assertThat(isBeating(append)).isTrue());
    }

    private static boolean isBeating(Message message) {
        return ((Message.Append) message).beating();
    }

    @Test
    void aLeaderWithWorkThatNobodyAnswersIsCutOff() {
        TestingReplica leader = TestingReplica.quietLeader();
        passes(leader, 5_000);
        assertThat(leader.replica().isSilent()).isFalse();
        leader.propose();
        passes(leader, 1_040);
        assertThat(leader.replica().isSilent()).isTrue();
        leader.appended(B, 1, 2);
        passes(leader, 20);
        assertThat(leader.replica().isSilent()).isFalse();
    }

    @Test
    void aLeaderThatOneFollowerAnswersIsNotCutOff() {
        TestingReplica leader = TestingReplica.leader();
        for (int i = 0; i < 30; i++) {
            leader.propose().appended(B, 1, leader.replica().last().index().value());
            passes(leader, 100);
        }
        assertThat(leader.replica().isSilent()).isFalse();
    }

    private static TestingReplica followerOf(boolean beatingLeader) {
        return TestingReplica.empty(B).append(A, 1, at(0, 0), 0, beatingLeader, entry(1, 1));
    }

    /** As much time, with ticks in between. */
    private static void passes(TestingReplica replica, long millis) {
        for (long passed = 0; passed < millis; passed += 20) {
            replica.later(20).tick();
        }
    }
}
