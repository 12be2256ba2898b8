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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives shards the replicas that they should have: replaces those of dead regions, adds those that are missing, empties
 * drained regions, and carries out moves.
 *
 * <p>A replica comes as a learner, written into the record without a new view. When the leader says that its log is good,
 * one view change takes it in and lets the one go that it replaces. A leader that is to go is first given company, then
 * hands the lead over, then goes. Where a shard is on that way is all in its record, so that any master goes on from
 * there.
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
            int maxLearners) {
        this.state = state;
        this.membership = membership;
        this.changes = changes;
        this.reconciler = reconciler;
        this.records = records;
        this.eligibility = eligibility;
        this.drains = drains;
        this.maxLearners = maxLearners;
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
        boolean complete = !found && state.movingShards().isEmpty();
        found = false;
        return complete;
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
            plans.put(shard, ShardViews.planned(record, List.of(), List.of(superfluous(record))));
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
        if (eligibility.isDead(learner)) {
            log.info("{}: region {} died while it was brought up to date", shard, learner);
            plans.put(shard, ShardViews.planned(record, List.of(), List.of()));
            return;
        }
        Member leader = membership.member(record.leader());
        ShardReport report = leader == null ? null : leader.reported().get(shard.id());
        if (report == null
                || !isServing(shard)
                || !eligibility.isUsable(membership.member(learner))
                || !report.getCaughtUpLearnersList().contains(learner)) {
            return;
        }
        List<Long> leaving = ShardViews.without(record.leaving(), List.of(record.leader()));
        List<Long> replicas = ShardViews.union(ShardViews.without(record.replicas(), leaving), List.of(learner));
        String why = "region " + learner + " has caught up"
                + (leaving.isEmpty() ? "" : ", and replaces region " + leaving.get(0));
        changes.begin(shard, new ViewChange.Wish(replicas, record.leader(), true, why), ViewChange.Outcome.IGNORED);
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

    /** One that should go first: dead, drained, or any that does not lead. */
    private long superfluous(ShardRecord record) {
        return record.replicas().stream()
                .min(Comparator.comparing((Long region) -> !eligibility.isDead(region))
                        .thenComparing(region -> !drains.isToBeEmptied(region))
                        .thenComparing(region -> region == record.leader())
                        .thenComparing(Comparator.reverseOrder()))
                .orElseThrow();
    }

    private boolean begin(Shard shard, Budget budget, Map<Shard, ShardRecord> plans, int target) {
        ShardRecord record = shard.record();
        if (letGoWhoHasNone(shard)) {
            return true;
        }
        List<Long> leaving = new ArrayList<>();
        for (long region : record.replicas()) {
            if (eligibility.isDead(region)) {
                leaving.add(0, region);
            } else if (drains.isToBeEmptied(region)) {
                leaving.add(region);
            }
        }
        if (leaving.isEmpty() && record.replicas().size() >= target) {
            return false;
        }
        List<Member> candidates = budget.usable.stream()
                .filter(member -> !record.replicas().contains(member.id().value()))
                .toList();
        if (candidates.isEmpty()) {
            // Nothing can be done until a region joins.
            return false;
        }
        List<Member> free = candidates.stream()
                .filter(member -> budget.allows(member.id().value()))
                .toList();
        if (free.isEmpty() || !isServing(shard)) {
            return true;
        }
        RegionId learner = Placement.best(eligibility.candidates(free, shard.table()));
        // Where there are too few replicas, one that comes replaces none.
        boolean replaces = (!leaving.isEmpty() && record.replicas().size() >= target) || isAnyDead(leaving);
        List<Long> goes = replaces ? List.of(leaving.get(0)) : List.of();
        plan(shard, learner.value(), goes, budget, plans);
        return true;
    }

    /**
     * A replica that was never made is counted on in vain: the others go on without it, and it may come back as a learner.
     */
    private boolean letGoWhoHasNone(Shard shard) {
        ShardRecord record = shard.record();
        List<Long> without = record.replicas().stream()
                .filter(region -> reconciler.isWithout(membership.member(region), shard))
                .toList();
        List<Long> others = ShardViews.without(record.replicas(), without);
        if (without.isEmpty() || !others.contains(record.leader()) || !isServing(shard)) {
            return false;
        }
        String why = "region " + without.get(0) + " has no replica of it to go on with";
        changes.begin(shard, new ViewChange.Wish(others, record.leader(), true, why), ViewChange.Outcome.IGNORED);
        return true;
    }

    private boolean isAnyDead(List<Long> regions) {
        return !regions.isEmpty() && eligibility.isDead(regions.get(0));
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
