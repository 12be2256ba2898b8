package io.mds.master.views;

import io.mds.error.MdsException;
import io.mds.master.metadata.Leadership;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.TableState;
import io.mds.proto.ErrorCode;
import io.mds.proto.MoveShardReply;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.ProcedureStatus;
import io.mds.proto.Reply;
import io.mds.proto.TransferLeaderReply;
import io.mds.proto.TransferLeaderRequest;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * What operators ask for of one shard: begun when nothing else changes the shard, first come first served.
 *
 * <p>What waits is in memory alone. Whoever asked is told when its turn does not come before the call's deadline, or
 * before this master is active no more, and has asked for nothing then.
 *
 * <p>Thread: the metadata thread's.
 */
final class ShardRequests {
    private static final int MAX_PER_SHARD = 16;
    private static final int MAX_IN_ALL = 1_000;
    /** Before its deadline a request is told why it has waited: later nobody would hear it. */
    private static final Duration NOTICE = Duration.ofMillis(300);

    private final ClusterState state;
    private final ReplicaPlans plans;
    private final ViewChanges changes;
    private final Rebalance rebalance;
    private final Eligibility eligibility;
    private final Map<Long, Queue<Waiting>> byShard = new LinkedHashMap<>();
    private int count;

    ShardRequests(
            ClusterState state, ReplicaPlans plans, ViewChanges changes, Rebalance rebalance, Eligibility eligibility) {
        this.state = state;
        this.plans = plans;
        this.changes = changes;
        this.rebalance = rebalance;
        this.eligibility = eligibility;
    }

    private record Waiting(String what, Change change, Replier reply, Deadline deadline) {
        private boolean isLate() {
            return deadline.remaining().compareTo(NOTICE) < 0;
        }
    }

    /** Begins what is asked for, of a settled shard; answers it at once or later. */
    private interface Change {
        void begin(Shard shard) throws InterruptedException;
    }

    void transferLeader(TransferLeaderRequest request, Replier reply, Deadline deadline) throws InterruptedException {
        String what = "transfer leader of shard " + request.getShardId();
        take(
                request.getShardId(),
                new Waiting(what, shard -> transfer(what, shard, request.getToRegion(), reply), reply, deadline));
    }

    private void transfer(String what, Shard shard, long to, Replier reply) throws InterruptedException {
        ShardRecord record = shard.record();
        if (to == record.leader()) {
            reply.reply(Reply.newBuilder()
                    .setTransferLeader(TransferLeaderReply.newBuilder().setLeaderRegion(to)));
            return;
        }
        if (to != 0 && !record.replicas().contains(to)) {
            throw invalid(what + ": region " + to + " has no replica of it (replicas: " + record.replicas() + ")");
        }
        long successor = to != 0 ? to : rebalance.successor(shard, eligibility.leads());
        if (successor == 0 || !eligibility.mayLead(successor, shard)) {
            throw notNow(what + ": " + (successor == 0 ? "no other replica" : "region " + successor)
                    + " can lead it now (it must be live, not failed, not drained)");
        }
        changes.begin(
                shard,
                new ViewChange.Wish(record.replicas(), successor, true, "asked for by an operator"),
                new Transfer(what, reply));
    }

    /** An operator's, who waits for the answer. */
    private record Transfer(String what, Replier reply) implements ViewChange.Outcome {
        @Override
        public void ended(ShardRecord written) {
            if (written == null) {
                reply.fail(notNow(what + ": not enough replicas answered"));
            } else {
                reply.reply(Reply.newBuilder()
                        .setTransferLeader(TransferLeaderReply.newBuilder().setLeaderRegion(written.leader())));
            }
        }

        @Override
        public void abandoned(String reason, boolean perhapsWritten) {
            MdsException.Builder failure = Leadership.ended(what, reason);
            reply.fail(perhapsWritten ? failure.outcomeUnknown().build() : failure.build());
        }
    }

    void moveShard(MoveShardRequest request, Replier reply, Deadline deadline) throws InterruptedException {
        String what = "move shard " + request.getShardId() + " from region " + request.getFromRegion() + " to region "
                + request.getToRegion();
        take(
                request.getShardId(),
                new Waiting(
                        what,
                        shard -> move(what, shard, request.getFromRegion(), request.getToRegion(), reply),
                        reply,
                        deadline));
    }

    private void move(String what, Shard shard, long from, long to, Replier reply) throws InterruptedException {
        List<Long> replicas = shard.record().replicas();
        if (!replicas.contains(from)) {
            throw invalid(what + ": region " + from + " has no replica of it (replicas: " + replicas + ")");
        }
        if (replicas.contains(to)) {
            throw invalid(what + ": region " + to + " has a replica of it already");
        }
        if (!eligibility.isUsable(to)) {
            throw invalid(what + ": region " + to + " takes no shards (it must be live, not drained)");
        }
        plans.move(shard, from, to);
        reply.reply(Reply.newBuilder().setMoveShard(MoveShardReply.getDefaultInstance()));
    }

    private void take(long shard, Waiting request) throws InterruptedException {
        if (active(shard) == null) {
            throw missing(request.what());
        }
        Queue<Waiting> queue = byShard.computeIfAbsent(shard, id -> new ArrayDeque<>());
        if (queue.size() >= MAX_PER_SHARD || count >= MAX_IN_ALL) {
            throw MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            request.what() + ": " + queue.size() + " requests for this shard and " + count
                                    + " for all shards wait already (limits: " + MAX_PER_SHARD + ", " + MAX_IN_ALL
                                    + "; see 'mds procedures'); try again later")
                    .retryAfter(Duration.ofSeconds(1))
                    .withoutStackTrace()
                    .build();
        }
        queue.add(request);
        count++;
        advance(shard, queue);
        if (queue.isEmpty()) {
            byShard.remove(shard);
        }
    }

    /**
     * Begins what may be begun, and answers what has waited for too long.
     *
     * @return whether anything was begun
     */
    boolean advance() throws InterruptedException {
        int before = count;
        for (Map.Entry<Long, Queue<Waiting>> entry : new ArrayList<>(byShard.entrySet())) {
            advance(entry.getKey(), entry.getValue());
            if (entry.getValue().isEmpty()) {
                byShard.remove(entry.getKey());
            }
        }
        return count < before;
    }

    private void advance(long id, Queue<Waiting> queue) throws InterruptedException {
        while (!queue.isEmpty()) {
            Shard shard = active(id);
            if (shard != null && !plans.isSettled(shard)) {
                break;
            }
            Waiting request = next(queue);
            try {
                if (shard == null) {
                    throw missing(request.what());
                }
                // Whoever asked has given it up, and may have been told so.
                if (request.deadline().isExpired()) {
                    throw notNow(request.what() + ": its deadline has passed");
                }
                request.change().begin(shard);
            } catch (MdsException e) {
                request.reply().fail(e);
            }
        }
        // A later one may have the earlier deadline.
        for (Waiting late : queue.stream().filter(Waiting::isLate).toList()) {
            queue.remove(late);
            count--;
            late.reply()
                    .fail(notNow(late.what()
                            + ": the shard is being changed, or has no serving leader (see 'mds procedures')"));
        }
    }

    private Waiting next(Queue<Waiting> queue) {
        count--;
        return queue.remove();
    }

    private Shard active(long id) {
        Shard shard = state.shard(id);
        return shard != null && shard.table().state() == TableState.ACTIVE ? shard : null;
    }

    /** In their order; nothing of them is recorded. */
    List<ProcedureStatus> list() {
        List<ProcedureStatus> all = new ArrayList<>();
        byShard.forEach((id, queue) -> {
            Shard shard = active(id);
            String table = shard == null ? "" : shard.table().name();
            queue.forEach(request -> all.add(ProcedureStatus.newBuilder()
                    .setWhat(request.what() + " of table " + table)
                    .setTable(table)
                    .setStep("waiting")
                    .build()));
        });
        return all;
    }

    /** The leadership has ended. */
    void abandon(String reason) {
        byShard.values()
                .forEach(queue -> queue.forEach(request -> request.reply()
                        .fail(Leadership.ended(request.what(), reason).build())));
        byShard.clear();
        count = 0;
    }

    private static MdsException missing(String what) {
        return MdsException.builder(ErrorCode.NOT_FOUND, what + ": there is no such shard")
                .withoutStackTrace()
                .build();
    }

    private static MdsException invalid(String message) {
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, message)
                .withoutStackTrace()
                .build();
    }

    private static MdsException notNow(String message) {
        return MdsException.builder(ErrorCode.UNAVAILABLE, message)
                .retryAfter(Duration.ofSeconds(1))
                .withoutStackTrace()
                .build();
    }
}
