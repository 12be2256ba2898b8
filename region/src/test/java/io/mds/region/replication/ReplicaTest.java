package io.mds.region.replication;

import static io.mds.region.replication.TestingReplica.A;
import static io.mds.region.replication.TestingReplica.ABC;
import static io.mds.region.replication.TestingReplica.B;
import static io.mds.region.replication.TestingReplica.C;
import static io.mds.region.replication.TestingReplica.D;
import static io.mds.region.replication.TestingReplica.MS;
import static io.mds.region.replication.TestingReplica.at;
import static io.mds.region.replication.TestingReplica.entry;
import static io.mds.region.replication.TestingReplica.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.LogIndex;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Single rules of a replica, each in the least that shows it. The simulator shows them together. */
class ReplicaTest {
    private static View withLearner(long number) {
        return new View(view(number), A, ABC, Set.of(D), Set.of());
    }

    private static View alone(long number) {
        return View.of(view(number), A, Set.of(A));
    }

    // ---- views ----

    @Test
    void theVeryFirstViewIsLedWithoutASeal() {
        TestingReplica first = TestingReplica.empty(A).open(View.of(view(1), A, ABC));
        assertThat(first.replica().isLeader()).isTrue();
        assertThat(first.replica().isServing()).isFalse();
        assertThat(first.appended(B, 1, 1).replica().isServing()).isTrue();
    }

    @Test
    void theVeryFirstViewIsNotLedAgainAfterARestart() {
        TestingReplica again = TestingReplica.restarted(A, 1, entry(1, 1)).open(View.of(view(1), A, ABC));
        assertThat(again.replica().isLeader()).isFalse();
    }

    @Test
    void aLaterViewIsOnlyLedByWhoHasAnsweredItsSeal() {
        assertThat(TestingReplica.empty(A)
                        .open(View.of(view(2), A, ABC))
                        .replica()
                        .isLeader())
                .isFalse();
        assertThat(TestingReplica.empty(A)
                        .seal(2, 0)
                        .open(View.of(view(2), A, ABC))
                        .replica()
                        .isLeader())
                .isTrue();
    }

    @Test
    void theOnlyReplicaGoesOnAfterARestart() {
        TestingReplica again =
                TestingReplica.restarted(A, 5, entry(5, 1), entry(5, 2)).open(alone(5));
        assertThat(again.replica().isServing()).isTrue();
        assertThat(again.replica().committed()).isEqualTo(new LogIndex(3));
    }

    // ---- seals and leases ----

    @Test
    void aSealWaitsForTheLeaseThatWasGiven() {
        TestingReplica follower = TestingReplica.empty(B).append(A, 1, at(0, 0), 0, entry(1, 1));
        assertThat(follower.later(499).seal(2, 0).tick().take(Effect.Sealed.class))
                .isEmpty();
        assertThat(follower.later(1).tick().take(Effect.Sealed.class))
                .containsExactly(new Effect.Sealed(view(2), at(1, 1)));
    }

    @Test
    void aLeaseIsNotWaitedForOnceItsLeaderIsSealed() {
        TestingReplica follower = TestingReplica.empty(B).append(A, 1, at(0, 0), 0, entry(1, 1));
        assertThat(follower.seal(2, 1).take(Effect.Sealed.class)).hasSize(1);
    }

    @Test
    void aLeaseIsWaitedForWhenItWasGivenToANewerLeaderThanTheOneThatIsSealed() {
        TestingReplica follower = TestingReplica.empty(B).append(A, 2, at(0, 0), 0, entry(2, 1));
        assertThat(follower.seal(3, 1).take(Effect.Sealed.class)).isEmpty();
        assertThat(follower.seal(3, 2).take(Effect.Sealed.class)).hasSize(1);
    }

    @Test
    void afterARestartNobodyKnowsWhatLeaseWasGiven() {
        TestingReplica restarted = TestingReplica.restarted(B, 1, entry(1, 1)).later(-1);
        assertThat(restarted.seal(2, 1).take(Effect.Sealed.class)).isEmpty();
        assertThat(restarted.later(1).tick().take(Effect.Sealed.class)).hasSize(1);
    }

    @Test
    void aSealIsAnsweredWhenPromiseAndLogAreOnDisk() {
        TestingReplica replica = TestingReplica.empty(B).diskWaits().seal(2, 0);
        assertThat(replica.take(Effect.Sealed.class)).isEmpty();
        assertThat(replica.diskCatchesUp().take(Effect.Sealed.class)).hasSize(1);
    }

    @Test
    void anOlderSealIsRefusedAndARepeatedOneAnsweredAgain() {
        TestingReplica replica = TestingReplica.empty(B).seal(3, 0);
        assertThat(replica.take(Effect.Sealed.class)).hasSize(1);
        assertThat(replica.seal(3, 0).take(Effect.Sealed.class)).hasSize(1);
        assertThat(replica.seal(2, 0).take(Effect.SealRefused.class))
                .containsExactly(new Effect.SealRefused(view(2), view(3)));
    }

    @Test
    void aLeaderThatIsSealedServesNoMore() {
        TestingReplica leader = TestingReplica.leader();
        assertThat(leader.replica().mayAnswerReads(leader.now())).isTrue();
        leader.seal(2, 0);
        assertThat(leader.replica().isServing()).isFalse();
        assertThat(leader.replica().mayAnswerReads(leader.now())).isFalse();
    }

    // ---- leases on demand, quiet leaders ----

    @Test
    void aLeaderWithoutWorkFallsSilentOnceAllKnowEverything() {
        TestingReplica leader = TestingReplica.quietLeader();
        assertThat(leader.replica().isQuiet(leader.now())).isTrue();
        assertThat(leader.later(10_000).tick().sent(B)).isEmpty();
        assertThat(leader.replica().isServing()).isTrue();
    }

    @Test
    void aLeaderIsNotQuietWhileSomebodyLacksSomething() {
        TestingReplica leader = TestingReplica.quietLeader().propose();
        leader.appended(B, 1, 2);
        leader.later(2_000).tick().take(Effect.Send.class);
        leader.appended(B, 1, 2);
        assertThat(leader.replica().isQuiet(leader.now())).isFalse();
        assertThat(leader.later(1_000).tick().sent(C)).isNotEmpty();
    }

    @Test
    void aReadAfterSilenceAsksForTheLease() {
        TestingReplica leader = TestingReplica.quietLeader();
        assertThat(leader.replica().mayAnswerReads(leader.now())).isFalse();
        leader.replica().renewLease(leader.now());
        assertThat(leader.settle().sent(B)).hasSize(1);
        leader.appended(B, 1, 1);
        assertThat(leader.replica().mayAnswerReads(leader.now())).isTrue();
        assertThat(leader.replica().isQuiet(leader.now())).isFalse();
    }

    @Test
    void readsThatWaitTogetherAskForTheLeaseOnceAndAgainAfterAMoment() {
        TestingReplica leader = TestingReplica.quietLeader();
        leader.replica().renewLease(leader.now());
        leader.settle();
        leader.replica().renewLease(leader.now());
        assertThat(leader.settle().sent(B)).hasSize(1);
        leader.later(10).replica().renewLease(leader.now());
        assertThat(leader.settle().sent(B)).hasSize(1);
    }

    @Test
    void aLeaseCountsFromTheSendingOfWhatWasAccepted() {
        TestingReplica leader = TestingReplica.quietLeader();
        leader.replica().renewLease(leader.now());
        Message sent = leader.settle().sent(B).get(0);
        long sentNanos = ((Message.Append) sent).sentNanos();
        leader.later(450).receive(B, new Message.Appended(view(1), sentNanos, new LogIndex(1), 500 * MS));
        assertThat(leader.replica().mayAnswerReads(leader.now())).isFalse();
        assertThat(leader.replica().mayAnswerReads(leader.now() - 1)).isTrue();
    }

    @Test
    void aLeaseIsAsLongAsWhoeverGaveItSays() {
        TestingReplica leader = TestingReplica.quietLeader().later(1_000);
        long sent = leader.now();
        leader.receive(B, new Message.Appended(view(1), sent, new LogIndex(1), 200 * MS));
        assertThat(leader.replica().trustedUntilNanos(sent)).isEqualTo(sent + 180 * MS);
        leader.receive(C, new Message.Appended(view(1), sent, new LogIndex(1), 1_000 * MS));
        assertThat(leader.replica().trustedUntilNanos(sent))
                .as("its own promise counts for no more than it would give others")
                .isEqualTo(sent + 450 * MS);
        long later = leader.later(10).now();
        leader.receive(C, new Message.Appended(view(1), later, new LogIndex(1), 0));
        assertThat(leader.replica().trustedUntilNanos(later)).isEqualTo(sent + 180 * MS);
    }

    @Test
    void anAnswerToAnEarlierLifeIsNoLease() {
        TestingReplica leader = TestingReplica.quietLeader();
        leader.receive(B, new Message.Appended(view(1), leader.now() + 1_000_000_000, new LogIndex(1), 500 * MS));
        leader.receive(C, new Message.Appended(view(1), -1_000_000_000, new LogIndex(1), 500 * MS));
        assertThat(leader.replica().mayAnswerReads(leader.now())).isFalse();
    }

    // ---- learners ----

    @Test
    void aLearnerComesWithinAViewAndDoesNotCount() {
        TestingReplica leader = TestingReplica.leader().open(withLearner(1));
        assertThat(leader.sent(D)).hasSize(1);
        leader.propose().appended(D, 1, 2);
        assertThat(leader.replica().committed()).isEqualTo(new LogIndex(1));
        assertThat(leader.replica().caughtUpLearners()).containsExactly(D);
        assertThat(leader.appended(B, 1, 2).replica().committed()).isEqualTo(new LogIndex(2));
    }

    @Test
    void aLearnerThatIsRemovedIsSentNothing() {
        TestingReplica leader = TestingReplica.leader().open(withLearner(1)).open(View.of(view(1), A, ABC));
        leader.take(Effect.class);
        assertThat(leader.propose().sent(D)).isEmpty();
        assertThat(leader.replica().caughtUpLearners()).isEmpty();
    }

    @Test
    void aLearnerThatHasLostItsLogIsSentItAgain() {
        TestingReplica leader = TestingReplica.leader().open(withLearner(1)).propose();
        leader.appended(D, 1, 2).take(Effect.class);
        leader.receive(D, new Message.Refused(view(1), new LogIndex(2), new LogIndex(0)));
        assertThat(leader.sent(D)).singleElement().satisfies(sent -> {
            Message.Append append = (Message.Append) sent;
            assertThat(append.previous()).isEqualTo(LogPosition.START);
            assertThat(append.entries()).hasSize(2);
        });
        assertThat(leader.replica().caughtUpLearners()).isEmpty();
    }

    @Test
    void theOnlyReplicaSendsItsLearnersWhatItCannotLose() {
        TestingReplica leader = TestingReplica.empty(A).open(alone(1));
        leader.open(new View(view(1), A, Set.of(A), Set.of(D), Set.of())).appended(D, 1, 1);
        leader.take(Effect.class);
        leader.diskWaits().propose();
        assertThat(leader.sent(D)).isEmpty();
        assertThat(leader.diskCatchesUp().sent(D)).hasSize(1);
    }

    // ---- the log ----

    @Test
    void entriesOfAnOlderViewAreCommittedWithTheBarrier() {
        TestingReplica leader = TestingReplica.restarted(A, 1, entry(1, 1), entry(1, 2))
                .seal(3, 0)
                .open(View.of(view(3), A, ABC));
        assertThat(leader.appended(B, 3, 2).replica().committed()).isEqualTo(new LogIndex(0));
        assertThat(leader.appended(B, 3, 3).replica().committed()).isEqualTo(new LogIndex(3));
    }

    @Test
    void aFollowerAcknowledgesWhatIsOnItsDisk() {
        TestingReplica follower = TestingReplica.empty(B).diskWaits();
        assertThat(follower.append(A, 1, at(0, 0), 0, entry(1, 1)).sent(A)).isEmpty();
        assertThat(follower.diskCatchesUp().sent(A)).isNotEmpty();
    }

    @Test
    void aFollowerTakesNothingForCommittedThatMayNotBeTheLeaders() {
        TestingReplica follower = TestingReplica.restarted(B, 1, entry(1, 1), entry(1, 2), entry(1, 3));
        follower.append(A, 2, at(1, 1), 3);
        assertThat(follower.replica().committed()).isEqualTo(new LogIndex(1));
    }

    @Test
    void nothingIsVoidedThatIsOnItsWayToTheDisk() {
        TestingReplica follower = TestingReplica.empty(B).diskWaits();
        follower.append(A, 1, at(0, 0), 0, entry(1, 1));
        follower.append(C, 2, at(0, 0), 0, entry(2, 1));
        assertThat(follower.replica().last()).isEqualTo(at(1, 1));
        follower.diskCatchesUp().append(C, 2, at(0, 0), 0, entry(2, 1));
        assertThat(follower.replica().last()).isEqualTo(at(2, 1));
    }

    // ---- snapshots ----

    @Test
    void aSnapshotKeepsTheLogThatGoesOnBeyondIt() {
        TestingReplica follower = TestingReplica.empty(B)
                .append(A, 1, at(0, 0), 0, entry(1, 1), entry(1, 2), entry(1, 3))
                .restored(at(1, 2));
        assertThat(follower.replica().last()).isEqualTo(at(1, 3));
        assertThat(follower.replica().committed()).isEqualTo(new LogIndex(2));
    }

    @Test
    void aSnapshotEndsALogThatHasAnotherPast() {
        TestingReplica follower = TestingReplica.restarted(B, 2, entry(1, 1), entry(1, 2), entry(1, 3))
                .restored(at(2, 2));
        assertThat(follower.replica().last()).isEqualTo(at(2, 2));
    }

    @Test
    void aSnapshotThatIsOlderThanTheStoreChangesNothing() {
        TestingReplica follower = TestingReplica.empty(B)
                .append(A, 1, at(0, 0), 2, entry(1, 1), entry(1, 2))
                .restored(at(1, 1));
        assertThat(follower.replica().last()).isEqualTo(at(1, 2));
        assertThat(follower.replica().committed()).isEqualTo(new LogIndex(2));
    }

    @Test
    void aSnapshotOfANewerViewIsAPromiseToTakeNothingOlder() {
        TestingReplica follower =
                TestingReplica.empty(B).append(A, 1, at(0, 0), 0, entry(1, 1)).restored(at(3, 5));
        follower.take(Effect.class);
        assertThat(follower.replica().promised()).isEqualTo(view(3));
        LogEntry stale = entry(2, 5);
        assertThat(follower.append(C, 2, at(1, 4), 0, stale).sent(C))
                .isEqualTo(List.of(new Message.Refused(view(3), new LogIndex(4), new LogIndex(5))));
    }

    @Test
    void whatIsTrimmedIsAskedForAsASnapshot() {
        TestingReplica leader = TestingReplica.leader().propose().appended(B, 1, 2);
        leader.replica().trimApplied();
        leader.receive(C, new Message.Refused(view(1), new LogIndex(1), new LogIndex(0)));
        assertThat(leader.take(Effect.Behind.class))
                .extracting(Effect.Behind::region)
                .containsExactly(C);
        // Writes do not say it again; beats do.
        assertThat(leader.propose().take(Effect.Behind.class)).isEmpty();
        assertThat(leader.later(100).tick().take(Effect.Behind.class)).hasSize(1);
    }
}
