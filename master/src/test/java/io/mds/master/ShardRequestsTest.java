package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.ListProceduresRequest;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.Outcome;
import io.mds.proto.ProcedureStatus;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.TransferLeaderRequest;
import io.mds.rpc.Deadline;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** Requests of operators for a shard that is being changed: they queue, in their order. */
class ShardRequestsTest extends ReplicaScenario {
    private static Request.Builder move(long from, long to) {
        return Request.newBuilder()
                .setMoveShard(MoveShardRequest.newBuilder()
                        .setShardId(1)
                        .setFromRegion(from)
                        .setToRegion(to));
    }

    private static CompletableFuture<Reply> later(MasterCore master, Request.Builder request, Duration limit) {
        return client(master).askAsync(request, Deadline.after(limit));
    }

    /** What waits for its turn, in the order of the turns. */
    private static List<String> waiting(MasterCore master) {
        return client(master)
                .ask(Request.newBuilder().setListProcedures(ListProceduresRequest.getDefaultInstance()))
                .getListProcedures()
                .getProceduresList()
                .stream()
                .filter(each -> each.getStep().equals("waiting"))
                .map(ProcedureStatus::getWhat)
                .toList();
    }

    /** Five regions and a table of one shard, one replica of which is on its way from a follower to region 4 or 5. */
    private MasterCore withMoveUnderWay() throws Exception {
        MasterCore master = withRegions(5);
        createTable(master, "files", 1);
        regions.forEach(region -> region.catchesUp(false));
        client(master).ask(move(follower(record(1)), spare(record(1))));
        assertThat(record(1).learners()).isNotEmpty();
        return master;
    }

    private static long spare(ShardRecord record) {
        return List.of(5L, 4L, 3L, 2L, 1L).stream()
                .filter(region -> !record.replicas().contains(region)
                        && !record.learners().contains(region))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void movesOfOneShardAreMadeInTheOrderInWhichTheyWereAskedFor() throws Exception {
        MasterCore master = withMoveUnderWay();
        ShardRecord first = record(1);
        long leaving = first.leaving().get(0);
        long coming = first.learners().get(0);
        long spare = spare(first);
        // Each is possible after the one before only.
        CompletableFuture<Reply> onward = later(master, move(coming, spare), LIMIT);
        CompletableFuture<Reply> back = later(master, move(spare, leaving), LIMIT);
        assertThat(waiting(master))
                .containsExactly(
                        "move shard 1 from region " + coming + " to region " + spare + " of table files",
                        "move shard 1 from region " + spare + " to region " + leaving + " of table files");
        assertThat(onward).isNotDone();
        assertThat(back).isNotDone();
        regions.forEach(region -> region.catchesUp(true));
        await().atMost(LIMIT).until(back::isDone);
        assertThat(onward.get().hasMoveShard()).isTrue();
        assertThat(back.get().hasMoveShard()).isTrue();
        assertThat(waiting(master)).isEmpty();
        awaitReplicasWithout(spare, 3);
        assertThat(record(1).replicas()).contains(leaving).doesNotContain(coming);
    }

    @Test
    void aTransferOfTheLeadWaitsForAMove() throws Exception {
        MasterCore master = withMoveUnderWay();
        ShardRecord before = record(1);
        long coming = before.learners().get(0);
        CompletableFuture<Reply> transferred = later(
                master,
                Request.newBuilder()
                        .setTransferLeader(
                                TransferLeaderRequest.newBuilder().setShardId(1).setToRegion(coming)),
                LIMIT);
        assertThat(waiting(master)).containsExactly("transfer leader of shard 1 of table files");
        regions.forEach(region -> region.catchesUp(true));
        await().atMost(LIMIT).until(transferred::isDone);
        // Who has the newest log leads: right after it joined, that may still be the one before.
        assertThat(transferred.get().getTransferLeader().getLeaderRegion()).isIn(coming, before.leader());
        assertThat(record(1).replicas()).contains(coming);
        assertThat(record(1).view()).as("the move's, and the transfer's").isGreaterThanOrEqualTo(before.view() + 2);
    }

    @Test
    void oneWhoseTurnDoesNotComeInTimeIsToldWhyAndNotMade() throws Exception {
        MasterCore master = withMoveUnderWay();
        long coming = record(1).learners().get(0);
        long spare = spare(record(1));
        CompletableFuture<Reply> late = later(master, move(coming, spare), Duration.ofSeconds(2));
        await().atMost(LIMIT).until(late::isDone);
        assertThatThrownBy(late::get).cause().isInstanceOfSatisfying(MdsException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(e.getMessage())
                    .contains("the shard is being changed, or has no serving leader (see 'mds procedures')");
        });
        assertThat(waiting(master)).isEmpty();
        regions.forEach(region -> region.catchesUp(true));
        await().atMost(LIMIT).until(() -> record(1).replicas().contains(coming));
        awaitReplicasWithout(spare, 3);
    }

    @Test
    void oneWhoseDeadlineHasPassedIsNotBegun() throws Exception {
        MasterCore master = withRegions(4);
        createTable(master, "files", 1);
        ShardRecord before = record(1);
        CompletableFuture<Reply> late = later(master, move(follower(before), spare(before)), Duration.ZERO);
        assertThatThrownBy(late::get).cause().isInstanceOf(MdsException.class);
        assertThat(record(1)).isEqualTo(before);
    }

    @Test
    void whatWaitsWhenTheMasterEndsIsNotMade() throws Exception {
        MasterCore master = withMoveUnderWay();
        CompletableFuture<Reply> waits =
                later(master, move(record(1).learners().get(0), spare(record(1))), Duration.ofSeconds(60));
        assertThat(waiting(master)).hasSize(1);
        master.close();
        masters.remove(master);
        assertThatThrownBy(waits::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(MdsException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                    assertThat(e.getMessage()).contains("no longer active");
                });
    }

    @Test
    void moreThanTheQueueHoldsAreRefused() throws Exception {
        MasterCore master = withMoveUnderWay();
        ShardRecord record = record(1);
        List<CompletableFuture<Reply>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            all.add(later(master, move(record.learners().get(0), spare(record)), LIMIT));
        }
        assertThat(waiting(master)).hasSize(16);
        assertFails(
                () -> client(master).ask(move(record.learners().get(0), spare(record))),
                ErrorCode.RESOURCE_EXHAUSTED,
                "16 requests for this shard");
        assertFails(
                () -> client(master)
                        .ask(Request.newBuilder()
                                .setMoveShard(MoveShardRequest.newBuilder()
                                        .setShardId(77)
                                        .setFromRegion(1)
                                        .setToRegion(2))),
                ErrorCode.NOT_FOUND,
                "there is no such shard");
        // The first of them is made, the others are no longer possible then.
        regions.forEach(region -> region.catchesUp(true));
        await().atMost(LIMIT).until(() -> all.stream().allMatch(CompletableFuture::isDone));
        assertThat(all.stream().filter(each -> !each.isCompletedExceptionally()))
                .hasSize(1);
    }
}
