package io.mds.master.views;

import io.mds.error.MdsException;
import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.TermTasks;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Table;
import io.mds.proto.DrainRegionReply;
import io.mds.proto.DrainRegionRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.HandOverReply;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.ProcedureStatus;
import io.mds.proto.RegionDrain;
import io.mds.proto.ShardReport;
import io.mds.proto.TransferLeaderRequest;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
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

    private final Membership membership;
    private final Drains drains;
    private final LongSupplier nanoClock;
    private final ViewChanges changes;
    private final ViewTriggers triggers;
    private final ReplicaPlans plans;
    private final Rebalance rebalance;
    private final ShardRequests requests;
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
        this.membership = membership;
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
        this.requests = new ShardRequests(state, plans, changes, rebalance, eligibility);
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
        // Before all else that changes settled shards: else what an operator asked for might never have its turn.
        if (requests.advance()) {
            atWork = true;
            changes.advance();
        }
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
        requests.abandon(reason);
        changes.abandon(reason);
    }

    /** View changes under way. */
    public int changing() {
        return changes.count();
    }

    // ---- what operators ask for ----

    /** Answered once the new leader is recorded. */
    public void transferLeader(TransferLeaderRequest request, Replier reply, Deadline deadline)
            throws InterruptedException {
        requests.transferLeader(request, reply, deadline);
        changes.advance();
    }

    /** Answered once the move is recorded, and so will be carried out. */
    public void moveShard(MoveShardRequest request, Replier reply, Deadline deadline) throws InterruptedException {
        requests.moveShard(request, reply, deadline);
        atWork = true;
    }

    /** What waits for its turn. */
    public List<ProcedureStatus> waiting() {
        return requests.list();
    }

    public DrainRegionReply drainRegion(DrainRegionRequest request) throws InterruptedException {
        Member member = request.getRegionId() == 0 ? null : membership.member(request.getRegionId());
        if (member == null) {
            throw MdsException.builder(
                            ErrorCode.NOT_FOUND, "there is no region " + request.getRegionId() + " (see 'mds regions')")
                    .withoutStackTrace()
                    .build();
        }
        drains.set(request.getRegionId(), !request.getCancel(), request.getReplicas());
        atWork = true;
        rebalance.drainLeaders();
        changes.advance();
        return departures.left(request.getRegionId());
    }

    /** Of what an operator has drained the region. */
    public RegionDrain drain(long region) {
        return drains.isToBeEmptied(region)
                ? RegionDrain.REGION_DRAIN_REPLICAS
                : drains.isDrained(region) ? RegionDrain.REGION_DRAIN_LEADERS : RegionDrain.REGION_DRAIN_NONE;
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
}
