package io.mds.master.views;

import io.mds.id.RegionId;
import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.placement.Placement;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.TableState;
import io.mds.master.state.TableWalk;
import io.mds.proto.ShardReport;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives shards the replicas that they should have: replaces those of dead regions and those that stay failed, adds those
 * that are missing, empties drained regions, and carries out moves.
 *
 * <p>A replica comes as a learner, written into the record without a new view. When the leader says that its log is good,
 * one view change takes it in and lets the one go that it replaces. A leader that is to go is first given company, then
 * hands the lead over, then goes. Where a shard is on that way is all in its record, so that any master goes on from
 * there. A learner that does not get on is given up, and another is chosen.
 *
 * <p>Thread: the metadata thread's.
 */
final class ReplicaPlans {
    private static final Logger log = LoggerFactory.getLogger(ReplicaPlans.class);
    /** Learners that are made on one region at a time; it pulls fewer copies at once, and others wait for their turn. */
    private static final int MAX_PER_REGION = 8;

    private final ClusterState state;
    private final Membership membership;
    private final ViewChanges changes;
    private final ShardReconciler reconciler;
    private final ShardRecords records;
    private final Eligibility eligibility;
    private final Drains drains;
    private final FailedReplicas failures;
    private final LearnerWatch learners;
    private final int maxLearners;
    private final TableWalk walk;
    /** Whether anything was to be done for the shards of the present walk. */
    private boolean found;

    ReplicaPlans(
            ClusterState state,
            Membership membership,
            ViewChanges changes,
            ShardReconciler reconciler,
            ShardRecords records,
            Eligibility eligibility,
            Drains drains,
            ShardKeeper.Pace pace,
            LongSupplier nanoClock) {
        this.state = state;
        this.membership = membership;
        this.changes = changes;
        this.reconciler = reconciler;
        this.records = records;
        this.eligibility = eligibility;
        this.drains = drains;
        this.failures = new FailedReplicas(eligibility, pace.replicaPatience(), nanoClock);
        this.learners = new LearnerWatch(pace.learnerPatience(), nanoClock);
        this.maxLearners = pace.maxLearners();
        this.walk = new TableWalk(state);
    }

    /** How many copies are being made, and where; what is planned in one pass counts at once. */
    private final class Budget {
        private final List<Member> usable = eligibility.usable();
        private final Map<Long, Integer> byRegion = new HashMap<>(state.learners());
        private int left = maxLearners
                - byRegion.values().stream().mapToInt(Integer::intValue).sum();

        private void take(long region) {
            byRegion.merge(region, 1, Integer::sum);
            left--;
        }

        private boolean allows(long region) {
            return left > 0 && byRegion.getOrDefault(region, 0) < MAX_PER_REGION;
        }
    }

    /**
     * Takes the next step of every shard whose replicas are being changed, and looks whether those of some of the others
     * should be.
     *
     * @return whether all have been looked at, and nothing is left that can be done
     */
    boolean advance() throws InterruptedException {
        if (!records.mayWrite() || membership.isAwaitingReturns()) {
            return false;
        }
        Budget budget = new Budget();
        Map<Shard, ShardRecord> plans = new LinkedHashMap<>();
        for (Shard shard : state.movingShards()) {
            if (shard.table().state() == TableState.ACTIVE) {
                advance(shard, budget, plans);
            }
        }
        boolean atEnd = walk.step(table -> {
            if (table.state() == TableState.ACTIVE) {
                table.shards().stream()
                        .filter(shard -> !isMoving(shard))
                        .forEach(shard ->
                                found |= plans.size() >= ShardRecords.MAX_AT_ONCE || advance(shard, budget, plans));
            }
        });
        write("replicas", plans);
        if (!atEnd) {
            return false;
        }
        failures.forgetOthers(state);
        learners.forgetOthers(state);
        boolean complete = !found && state.movingShards().isEmpty();
        found = false;
        return complete;
    }

    /** Between two looks at all shards when the last one found nothing to do. */
    Duration pause(Duration least) {
        return walk.rest(least);
    }

    private static boolean isMoving(Shard shard) {
        return !shard.record().learners().isEmpty() || !shard.record().leaving().isEmpty();
    }

    private void write(String what, Map<Shard, ShardRecord> plans) throws InterruptedException {
        records.write(what + " of " + plans.size() + " shards", plans);
    }

    /** True when there is something to do, unless it has to wait for other regions than there are. */
    private boolean advance(Shard shard, Budget budget, Map<Shard, ShardRecord> plans) {
        ShardRecord record = shard.record();
        if (!record.previous().isEmpty() || changes.isUnderWay(shard)) {
            return true;
        }
        if (!record.learners().isEmpty()) {
            catchUp(shard, plans);
            return true;
        }
        int target = shard.table().versioned().value().replicas();
        if (!record.leaving().isEmpty()) {
            letGo(shard, plans);
            return true;
        }
        if (record.replicas().size() > target) {
            plans.put(shard, ShardViews.planned(record, List.of(), List.of(superfluous(shard))));
            return true;
        }
        // Nothing that costs more is asked of thousands of shards when no copy can be made now.
        return budget.left > 0 && begin(shard, budget, plans, target);
    }

    private boolean isServing(Shard shard) {
        return ShardReconciler.serves(membership.member(shard.record().leader()), shard);
    }

    private void catchUp(Shard shard, Map<Shard, ShardRecord> plans) {
        ShardRecord record = shard.record();
        long learner = record.learners().get(0);
        String obstacle = obstacle(shard, learner);
        if (obstacle != null) {
            log.warn("{}: the replica that region {} was to get is given up: {}", shard, learner, obstacle);
            learners.forget(shard.id());
            plans.put(shard, ShardViews.planned(record, List.of(), List.of()));
            return;
        }
        if (!isServing(shard) || !eligibility.isUsable(learner) || !hasCaughtUp(shard, learner)) {
            return;
        }
        List<Long> leaving = ShardViews.without(record.leaving(), List.of(record.leader()));
        List<Long> replicas = ShardViews.union(ShardViews.without(record.replicas(), leaving), List.of(learner));
        String why = "region " + learner + " has caught up"
                + (leaving.isEmpty() ? "" : ", and replaces region " + leaving.get(0));
        changes.begin(shard, new ViewChange.Wish(replicas, record.leader(), true, why), ViewChange.Outcome.IGNORED);
    }

    private boolean hasCaughtUp(Shard shard, long learner) {
        Member leader = membership.member(shard.record().leader());
        ShardReport report = leader == null ? null : leader.reported().get(shard.id());
        return report != null && report.getCaughtUpLearnersList().contains(learner);
    }

    /**
     * Why a learner will not become a replica, or null. A region that is away for a moment, or about to be restarted, goes on
     * with it when it is back; else it is dead soon.
     */
    private String obstacle(Shard shard, long learner) {
        if (eligibility.isDead(learner)) {
            return "the region died";
        }
        if (drains.isDrained(learner)) {
            return "the region is drained";
        }
        if (failures.hasStayedFailed(learner, shard)) {
            learners.avoid(shard.id(), learner);
            return "its log or store failed there";
        }
        if (!isServing(shard)) {
            learners.excuse(shard.id());
            return null;
        }
        ShardReport report = membership.member(learner).reported().get(shard.id());
        if (!learners.isStuck(shard.id(), learner, report) || hasCaughtUp(shard, learner)) {
            return null;
        }
        learners.avoid(shard.id(), learner);
        return "it does not get on";
    }

    /** The replica that is to go has its successor. */
    private void letGo(Shard shard, Map<Shard, ShardRecord> plans) {
        ShardRecord record = shard.record();
        long leaving = record.leaving().get(0);
        if (!record.replicas().contains(leaving) || record.replicas().size() == 1) {
            plans.put(shard, ShardViews.planned(record, List.of(), List.of()));
            return;
        }
        if (!isServing(shard)) {
            return;
        }
        List<Long> others = ShardViews.without(record.replicas(), List.of(leaving));
        if (record.leader() == leaving && !changes.mayTransfer(shard)) {
            return;
        }
        if (record.leader() == leaving) {
            long successor = others.stream()
                    .filter(region -> eligibility.mayLead(region, shard))
                    .findFirst()
                    .orElse(0L);
            if (successor != 0) {
                changes.begin(
                        shard,
                        new ViewChange.Wish(record.replicas(), successor, true, "its leader is to leave"),
                        ViewChange.Outcome.IGNORED);
            }
            return;
        }
        changes.begin(
                shard,
                new ViewChange.Wish(others, record.leader(), true, "region " + leaving + " leaves"),
                ViewChange.Outcome.IGNORED);
    }

    /** One that should go first: dead, failed, drained, or any that does not lead. */
    private long superfluous(Shard shard) {
        ShardRecord record = shard.record();
        return record.replicas().stream()
                .min(Comparator.comparing(
                                (Long region) -> !eligibility.isDead(region) && !eligibility.hasFailed(region, shard))
                        .thenComparing(region -> !drains.isToBeEmptied(region))
                        .thenComparing(region -> region == record.leader())
                        .thenComparing(Comparator.reverseOrder()))
                .orElseThrow();
    }

    private boolean begin(Shard shard, Budget budget, Map<Shard, ShardRecord> plans, int target) {
        ShardRecord record = shard.record();
        if (letGo(shard, whoHasNone(shard), "has no replica of it to go on with")) {
            return true;
        }
        List<Long> leaving = new ArrayList<>();
        List<Long> failed = new ArrayList<>();
        for (long region : record.replicas()) {
            if (failures.hasStayedFailed(region, shard)) {
                failed.add(region);
                leaving.add(0, region);
            } else if (eligibility.isDead(region)) {
                leaving.add(0, region);
            } else if (drains.isToBeEmptied(region)) {
                leaving.add(region);
            }
        }
        if (leaving.isEmpty() && record.replicas().size() >= target) {
            return false;
        }
        List<Member> candidates = budget.usable.stream()
                .filter(member -> mayLearn(member.id().value(), shard))
                .toList();
        if (candidates.isEmpty()) {
            // Unless a region can make its own anew, nothing can be done until another joins.
            List<Long> renewable = failed.stream().filter(eligibility::isUsable).toList();
            return letGo(shard, renewable, "has a replica that failed, and is to make it anew");
        }
        List<Member> free = candidates.stream()
                .filter(member -> budget.allows(member.id().value()))
                .toList();
        if (free.isEmpty() || !isServing(shard)) {
            return true;
        }
        RegionId learner = Placement.best(eligibility.candidates(free, shard.table()));
        // Where there are too few replicas, one that comes replaces none.
        boolean lost = !leaving.isEmpty() && (eligibility.isDead(leaving.get(0)) || failed.contains(leaving.get(0)));
        boolean replaces = lost || (!leaving.isEmpty() && record.replicas().size() >= target);
        List<Long> goes = replaces ? List.of(leaving.get(0)) : List.of();
        plan(shard, learner.value(), goes, budget, plans);
        return true;
    }

    /** A region that still has what failed, or was given up, has to be rid of it first. */
    boolean mayLearn(long region, Shard shard) {
        return !shard.record().replicas().contains(region)
                && !eligibility.hasFailed(region, shard)
                && !learners.isToAvoid(shard.id(), region);
    }

    /** Those on which a replica was never made. */
    private List<Long> whoHasNone(Shard shard) {
        return shard.record().replicas().stream()
                .filter(region -> reconciler.isWithout(membership.member(region), shard))
                .toList();
    }

    /**
     * Replicas that are counted on in vain: the others go on without the first of them, and it may come back as a learner.
     * Nothing is tried that these others cannot agree on; it would only be in their way.
     */
    private boolean letGo(Shard shard, List<Long> inVain, String why) {
        ShardRecord record = shard.record();
        if (inVain.isEmpty() || !isServing(shard)) {
            return false;
        }
        List<Long> others = ShardViews.without(record.replicas(), List.of(inVain.get(0)));
        List<Long> present = ShardViews.without(others, inVain).stream()
                .filter(region -> eligibility.isPresent(region) && !eligibility.hasFailed(region, shard))
                .toList();
        if (!present.contains(record.leader()) || !ViewChoice.isSealedBy(record, present)) {
            return false;
        }
        changes.begin(
                shard,
                new ViewChange.Wish(others, record.leader(), true, "region " + inVain.get(0) + " " + why),
                ViewChange.Outcome.IGNORED);
        return true;
    }

    private void plan(Shard shard, long learner, List<Long> leaving, Budget budget, Map<Shard, ShardRecord> plans) {
        budget.take(learner);
        plans.put(shard, ShardViews.planned(shard.record(), List.of(learner), leaving));
        log.info(
                "{}: region {} gets a replica{}",
                shard,
                learner,
                leaving.isEmpty() ? "" : " in place of the one on region " + leaving.get(0));
    }

    /** Whether a change of the shard's replicas can be begun now. */
    boolean isSettled(Shard shard) {
        ShardRecord record = shard.record();
        return shard.table().state() == TableState.ACTIVE
                && record.previous().isEmpty()
                && record.learners().isEmpty()
                && record.leaving().isEmpty()
                && !changes.isUnderWay(shard)
                && isServing(shard);
    }

    /** Begins to move a replica of a settled shard. */
    void move(Shard shard, long from, long to) throws InterruptedException {
        Map<Shard, ShardRecord> plans = new LinkedHashMap<>();
        plan(shard, to, List.of(from), new Budget(), plans);
        write("move", plans);
    }
}
