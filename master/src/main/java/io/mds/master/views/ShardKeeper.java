package io.mds.master.views;

import io.mds.error.MdsException;
import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.TermTasks;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.master.state.TableState;
import io.mds.proto.DrainRegionReply;
import io.mds.proto.DrainRegionRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.HandOverReply;
import io.mds.proto.MoveShardReply;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.Reply;
import io.mds.proto.ShardReport;
import io.mds.proto.TransferLeaderReply;
import io.mds.proto.TransferLeaderRequest;
import io.mds.rpc.Replier;
import io.mds.znode.ShardRecord;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Keeps every shard led and complete: new views where leaders are lost, new replicas where regions are dead, an even
 * spread, and what operators ask for.
 *
 * <p>Thread: the metadata thread's.
 */
public final class ShardKeeper {
    /** For what no event tells of; with very many shards the pauses are longer. */
    private static final Duration LOOK = Duration.ofSeconds(1);
    /** While replicas are made or moved. */
    private static final Duration LOOK_AT_WORK = Duration.ofMillis(200);

    private final ClusterState state;
    private final Membership membership;
    private final Eligibility eligibility;
    private final Drains drains;
    private final LongSupplier nanoClock;
    private final ViewChanges changes;
    private final ViewTriggers triggers;
    private final ReplicaPlans plans;
    private final Rebalance rebalance;
    private final Departures departures;
    private final Duration rebalanceInterval;
    private long lookedAtNanos;
    private boolean looking;
    private long drainedAtNanos;
    private long plannedAtNanos;
    private boolean atWork;
    private long rebalancedAtNanos;
    private boolean rebalancing;

    /**
     * How much is done at a time.
     *
     * @param maxLearners copies of shards that are made at the same time, in the whole cluster
     * @param rebalanceInterval how often a step towards an even spread is taken
     * @param replicaPatience how long a replica may stay failed before it is replaced
     * @param learnerPatience how long a learner may not get on before it is given up
     */
    public record Pace(
            int maxLearners, Duration rebalanceInterval, Duration replicaPatience, Duration learnerPatience) {}

    /** Makes the present state of tables visible to clients. */
    public interface Publisher {
        void changed(Set<Table> tables) throws InterruptedException;
    }

    public ShardKeeper(
            ClusterState state,
            Membership membership,
            ShardReconciler reconciler,
            MetadataWriter writer,
            ZnodePaths paths,
            Publisher publisher,
            Eligibility eligibility,
            Drains drains,
            Pace pace,
            TermTasks tasks,
            LongSupplier nanoClock) {
        this.state = state;
        this.membership = membership;
        this.eligibility = eligibility;
        this.drains = drains;
        this.nanoClock = nanoClock;
        ShardRecords records = new ShardRecords(state, writer, paths, publisher::changed);
        this.changes = new ViewChanges(
                state,
                membership,
                reconciler,
                records,
                eligibility,
                writer.leadership().epoch().value(),
                tasks,
                nanoClock);
        this.triggers = new ViewTriggers(state, membership, changes, records, nanoClock);
        this.plans =
                new ReplicaPlans(state, membership, changes, reconciler, records, eligibility, drains, pace, nanoClock);
        this.rebalance = new Rebalance(state, membership, changes, plans, eligibility, drains);
        this.departures = new Departures(state, membership, changes, rebalance, eligibility);
        this.rebalanceInterval = pace.rebalanceInterval();
        this.lookedAtNanos = nanoClock.getAsLong();
        this.drainedAtNanos = lookedAtNanos;
        this.plannedAtNanos = lookedAtNanos;
        this.rebalancedAtNanos = lookedAtNanos;
    }

    /** Regions are suspect or dead: the shards that they led are led by others at once. */
    public void lost(Collection<Member> members) throws InterruptedException {
        atWork = true;
        members.forEach(triggers::lookAtShardsOn);
        changes.advance();
    }

    public void reported(List<ShardReport> reports) throws InterruptedException {
        triggers.lookAtReported(reports);
        changes.advance();
    }

    /** A bounded part of what is to be done; what is left of it is gone on with at the next. */
    public void tick() throws InterruptedException {
        changes.tick();
        triggers.recordActivations();
        long now = nanoClock.getAsLong();
        if (looking || now - lookedAtNanos >= triggers.pause(LOOK).toNanos()) {
            looking = !triggers.lookAround();
            lookedAtNanos = now;
            changes.advance();
        }
        if (now - drainedAtNanos >= LOOK.toNanos()) {
            drainedAtNanos = now;
            rebalance.drainLeaders();
            changes.advance();
        }
        if (now - plannedAtNanos >= (atWork ? LOOK_AT_WORK : plans.pause(LOOK)).toNanos()) {
            plannedAtNanos = now;
            atWork = !plans.advance();
            changes.advance();
        }
        if (rebalancing || now - rebalancedAtNanos >= rebalanceInterval.toNanos()) {
            rebalancing = !rebalance.advance();
            rebalancedAtNanos = now;
            changes.advance();
        }
    }

    /** The leadership has ended. */
    public void abandon(String reason) {
        changes.abandon(reason);
    }

    /** View changes under way. */
    public int changing() {
        return changes.count();
    }

    // ---- what operators ask for ----

    public void transferLeader(TransferLeaderRequest request, Replier reply) throws InterruptedException {
        String what = "transfer leader of shard " + request.getShardId();
        Shard shard = settled(what, request.getShardId());
        ShardRecord record = shard.record();
        long to = request.getToRegion();
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
        changes.advance();
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
            MdsException.Builder failure = MdsException.builder(
                            ErrorCode.UNAVAILABLE,
                            what + ": this master is no longer active (" + reason + "); try again")
                    .withoutStackTrace();
            reply.fail(perhapsWritten ? failure.outcomeUnknown().build() : failure.build());
        }
    }

    /** Answered once the move is recorded, and so will be carried out. */
    public void moveShard(MoveShardRequest request, Replier reply) throws InterruptedException {
        String what = "move shard " + request.getShardId();
        Shard shard = settled(what, request.getShardId());
        List<Long> replicas = shard.record().replicas();
        if (!replicas.contains(request.getFromRegion())) {
            throw invalid(what + ": region " + request.getFromRegion() + " has no replica of it (replicas: " + replicas
                    + ")");
        }
        if (replicas.contains(request.getToRegion())) {
            throw invalid(what + ": region " + request.getToRegion() + " has a replica of it already");
        }
        if (!eligibility.isUsable(request.getToRegion())) {
            throw invalid(
                    what + ": region " + request.getToRegion() + " takes no shards (it must be live, not drained)");
        }
        plans.move(shard, request.getFromRegion(), request.getToRegion());
        atWork = true;
        reply.reply(Reply.newBuilder().setMoveShard(MoveShardReply.getDefaultInstance()));
    }

    public DrainRegionReply drainRegion(DrainRegionRequest request) throws InterruptedException {
        Member member = request.getRegionId() == 0 ? null : membership.member(request.getRegionId());
        if (member == null) {
            throw MdsException.builder(
                            ErrorCode.NOT_FOUND, "drain region " + request.getRegionId() + ": there is no such region")
                    .withoutStackTrace()
                    .build();
        }
        drains.set(request.getRegionId(), !request.getCancel(), request.getReplicas());
        atWork = true;
        rebalance.drainLeaders();
        changes.advance();
        return departures.left(request.getRegionId());
    }

    // ---- what regions ask for ----

    /** @param member null when no region is registered on the connection that the question came by */
    public HandOverReply handOver(Member member) throws InterruptedException {
        if (member == null) {
            throw MdsException.builder(ErrorCode.NOT_FOUND, "hand over: no region is registered on this connection")
                    .withoutStackTrace()
                    .build();
        }
        int left = departures.handOver(member);
        changes.advance();
        return HandOverReply.newBuilder().setLeft(left).build();
    }

    private Shard settled(String what, long id) {
        Shard shard = state.shard(id);
        if (shard == null || shard.table().state() != TableState.ACTIVE) {
            throw MdsException.builder(ErrorCode.NOT_FOUND, what + ": there is no such shard")
                    .withoutStackTrace()
                    .build();
        }
        if (!plans.isSettled(shard)) {
            throw notNow(what + ": it is being changed already, or has no serving leader");
        }
        return shard;
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
