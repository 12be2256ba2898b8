package io.mds.region.service;

import static io.mds.region.service.TestingRegion.ref;
import static io.mds.region.service.TestingRegion.write;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.proto.Consistency;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetReply;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.SealShardsReply.Sealed;
import io.mds.proto.ShardChecksumReply;
import io.mds.proto.ShardChecksumRequest;
import io.mds.proto.ShardRoute;
import io.mds.proto.ShardView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** One shard, replicated to three regions: what is acknowledged stays, whoever leads. */
class ReplicatedShardTest extends ThreeRegions {
    @Test
    void everyWriteReachesTheFollowersAndOnlyTheLeaderAnswersStrongly() throws Exception {
        long version = 0;
        for (int i = 1; i <= 200; i++) {
            version = upsertAt(1, i).get().getWrite().getVersion();
        }
        awaitAllHave(version);
        assertThat(hasAtStrong(1, 200)).isTrue();
        ExecutionException refused =
                catchThrowableOfType(ExecutionException.class, () -> getAt(2, 200, Consistency.STRONG));
        assertThat(((MdsException) refused.getCause()).code()).isEqualTo(ErrorCode.NOT_LEADER);
        GetReply eventual = getAt(2, 200, Consistency.EVENTUAL);
        assertThat(eventual.getRows(0).getFound()).isTrue();
        assertThat(eventual.getState().getAppliedIndex()).isEqualTo(version);
        assertThat(eventual.getState().hasStalenessMs()).isTrue();
    }

    @Test
    void aFollowerTakesOverWithEverythingAcknowledgedAndTheOldLeaderFollowsWhenItIsBack() throws Exception {
        List<Integer> acknowledged = new ArrayList<>();
        for (int i = 1; i <= 50; i++) {
            upsertAt(1, i).get();
            acknowledged.add(i);
        }
        stopRegion(1);
        Map<Long, Sealed> answers = seal(2);
        assertThat(answers.values()).allMatch(Sealed::getSealed);
        long leader = mostAdvanced(answers);
        open(2, leader);
        awaitServing(leader, 2);
        for (int key : acknowledged) {
            assertThat(hasAtStrong(leader, key)).as("key %s", key).isTrue();
        }
        long version = upsertAt(leader, 1_000).get().getWrite().getVersion();
        startRegion(1);
        assertThat(report(1).getLeader()).isFalse();
        open(2, leader);
        awaitAllHave(version);
        assertThat(getAt(1, 1_000, Consistency.EVENTUAL).getRows(0).getFound()).isTrue();
    }

    @Test
    void withoutAMajorityNothingIsAcknowledgedAndNothingReadStrongly() throws Exception {
        upsertAt(1, 1).get();
        stopRegion(2);
        stopRegion(3);
        MdsException unknown = failure(upsertAt(1, 2));
        assertThat(unknown.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(unknown.outcome()).isEqualTo(Outcome.UNKNOWN);
        ExecutionException refused = catchThrowableOfType(ExecutionException.class, () -> hasAtStrong(1, 1));
        assertThat(((MdsException) refused.getCause()).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(report(1).getAppliedIndex()).isLessThan(report(1).getLastIndex());
        startRegion(2);
        open(1, 1);
        // The same request again: applied once, whether or not it was before.
        sequence--;
        await().ignoreExceptions()
                .until(() -> regions.get(1L)
                        .fromClient(write(SHARD, 1, 1, sequence + 1, upsert(key(2), row("size", 2L))))
                        .get()
                        .hasWrite());
        assertThat(hasAtStrong(1, 2)).isTrue();
    }

    @Test
    void aSealedLeaderServesNoMoreAndTheViewItPromisedBeginsWithItsLog() throws Exception {
        long version = upsertAt(1, 7).get().getWrite().getVersion();
        Map<Long, Sealed> answers = seal(5);
        assertThat(answers.get(1L).getLastIndex()).isEqualTo(version);
        assertThat(failure(upsertAt(1, 8)).code()).isEqualTo(ErrorCode.NOT_LEADER);
        Map<Long, Sealed> older = seal(4);
        assertThat(older.values()).noneMatch(Sealed::getSealed).allMatch(answer -> answer.getPromised() == 5);
        open(5, 1);
        awaitServing(1, 5);
        assertThat(hasAtStrong(1, 7)).isTrue();
    }

    @Test
    void requestsThatComeWhileTheLeadChangesAreToldWhereItIsOrTakenByTheNewLeader() throws Exception {
        awaitAllHave(upsertAt(1, 7).get().getWrite().getVersion());
        boolean held = false;
        // A machine that needs a second for a view change answers the old way.
        for (long view = 5; !held && view < 20; view++) {
            seal(view);
            CompletableFuture<Reply> atOld = upsertAt(1, 8);
            CompletableFuture<Reply> atNew = upsertAt(2, 9);
            open(view, 2);
            MdsException refusal = failure(atOld);
            assertThat(refusal.code()).isEqualTo(ErrorCode.NOT_LEADER);
            awaitServing(2, view);
            long told = refusal.route().map(ShardRoute::getView).orElse(0L);
            held = told == view
                    && !atNew.handle((reply, failed) -> failed != null).join();
        }
        assertThat(held).isTrue();
        assertThat(hasAtStrong(2, 8)).isFalse();
        assertThat(hasAtStrong(2, 9)).isTrue();
    }

    @Test
    void aRestartedLeaderOfSeveralDoesNotGoOnByItself() throws Exception {
        upsertAt(1, 1).get();
        stopRegion(1);
        startRegion(1);
        open(1, 1);
        assertThat(report(1).getLeader()).isFalse();
        assertThat(report(1).getServing()).isFalse();
        long leader = mostAdvanced(seal(2));
        open(2, leader);
        awaitServing(leader, 2);
        assertThat(hasAtStrong(leader, 1)).isTrue();
    }

    @Test
    void allAreStoppedAndStartedAgainWithEverything() throws Exception {
        for (int i = 1; i <= 300; i++) {
            upsertAt(1, i).get();
        }
        for (long id = 1; id <= 3; id++) {
            stopRegion(id);
        }
        for (long id = 1; id <= 3; id++) {
            startRegion(id);
        }
        long leader = mostAdvanced(seal(2));
        open(2, leader);
        awaitServing(leader, 2);
        for (int i = 1; i <= 300; i++) {
            assertThat(hasAtStrong(leader, i)).as("key %s", i).isTrue();
        }
    }

    @Test
    void aLeaderWhoseMajorityLacksWhatItHasAppliedGivesItACopyBeforeItServes() throws Exception {
        upsertAt(1, 1).get();
        stopRegion(3);
        for (int i = 2; i <= 50; i++) {
            upsertAt(1, i).get();
        }
        awaitAllHave(upsertAt(1, 51).get().getWrite().getVersion());
        // It has applied all of it, and region 3 nothing; the one that led does not come back.
        stopRegion(1);
        regions.get(2L).store().checkpoint();
        stopRegion(2);
        startRegion(2);
        startRegion(3);
        assertThat(mostAdvanced(seal(2))).isEqualTo(2);
        open(2, 2);
        awaitServing(2, 2);
        assertThat(hasAtStrong(2, 51)).isTrue();
    }

    @Test
    void idleShardsSayNothing() throws Exception {
        upsertAt(1, 1).get();
        await().until(() ->
                regions.values().stream().allMatch(region -> region.shards().areQuiet()));
        assertThat(hasAtStrong(1, 1)).isTrue();
        await().until(() ->
                regions.values().stream().allMatch(region -> region.shards().areQuiet()));
    }

    @Test
    void itIsNewsWhenALearnerHasCaughtUpAndOnlyOnce() throws Exception {
        upsertAt(1, 1).get();
        startRegion(4);
        AtomicInteger news = new AtomicInteger();
        regions.get(1L).shards().onNews(news::incrementAndGet);
        open(ShardView.newBuilder()
                .setShardId(SHARD)
                .setView(1)
                .setLeaderRegion(1)
                .addLearners(regions.get(4L).address()));
        await().untilAsserted(() -> assertThat(news).hasValue(1));
        assertThat(report(1).getCaughtUpLearnersList()).containsExactly(4L);
        upsertAt(1, 2).get();
        await().until(() -> report(1).getCaughtUpLearnersList().contains(4L));
        assertThat(news).hasValue(1);
    }

    @Test
    void aReplicaThatLacksMoreThanTheLeaderKeptGetsACopyAndThenTheLog() throws Exception {
        stopRegion(3);
        // More than a leader keeps in memory for one replica.
        String large = "x".repeat(9_000);
        long version = 0;
        for (int i = 1; i <= 1_200; i++) {
            version = regions.get(1L)
                    .fromClient(write(SHARD, 1, 1, ++sequence, upsert(key(i), row("owner", large))))
                    .get()
                    .getWrite()
                    .getVersion();
        }
        startRegion(3);
        open(1, 1);
        long wanted = version;
        await("region 3").until(() -> report(3).getAppliedIndex() >= wanted);
        await().until(() -> regions.get(3L).pulls().count() == 0);
        // What the leader said before it heard of the copy brings no other one.
        regions.get(3L).shards().get(SHARD).isBehind(new RegionId(1), new ViewNumber(1));
        assertThat(regions.get(3L).pulls().count()).isZero();
        long next = upsertAt(1, 9_999).get().getWrite().getVersion();
        await("region 3 follows").until(() -> report(3).getAppliedIndex() >= next);
        assertThat(getAt(3, 1_200, Consistency.EVENTUAL).getRows(0).getFound()).isTrue();
        assertThat(report(3).getRows()).isEqualTo(1_201);
    }

    @Test
    void checksumsOfAllReplicasAreTakenAtOneEntryWhileWritesGoOn() throws Exception {
        for (int i = 1; i <= 500; i++) {
            upsertAt(1, i).get();
        }
        List<CompletableFuture<Reply>> writes = new ArrayList<>();
        CompletableFuture<Reply> ofLeader = checksum(1, 0);
        for (int i = 400; i <= 600; i++) {
            writes.add(upsertAt(1, i));
        }
        ShardChecksumReply leaders = ofLeader.get().getShardChecksum();
        for (CompletableFuture<Reply> write : writes) {
            write.get();
        }
        assertThat(leaders.getRangesCount()).isBetween(4, 9);
        for (long follower = 2; follower <= 3; follower++) {
            ShardChecksumReply theirs =
                    checksum(follower, leaders.getAppliedIndex()).get().getShardChecksum();
            assertThat(theirs).isEqualTo(leaders);
        }
        assertThat(failure(checksum(2, 3)).code()).isEqualTo(ErrorCode.NOT_FOUND);
    }

    private CompletableFuture<Reply> checksum(long region, long atIndex) {
        return regions.get(region)
                .fromClient(Request.newBuilder()
                        .setShardChecksum(ShardChecksumRequest.newBuilder()
                                .setShard(ref(SHARD))
                                .setAtIndex(atIndex)
                                .setRanges(8)));
    }
}
