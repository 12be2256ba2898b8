package io.mds.master.views;

import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.membership.RegionState;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.znode.ShardRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Spreads leaders and replicas evenly, a few at a time, while nothing is broken; takes the lead from drained regions in
 * any case.
 *
 * <p>Thread: the metadata thread's.
 */
final class Rebalance {
    /** Leaders that change in one pass, at least; with many shards, a twentieth of them. */
    private static final int MIN_TRANSFERS = 8;
    /** Replicas whose move begins in one pass. */
    private static final int MAX_MOVES = 2;

    private final ClusterState state;
    private final Membership membership;
    private final ViewChanges changes;
    private final ReplicaPlans plans;
    private final Eligibility eligibility;
    private final Drains drains;

    Rebalance(
            ClusterState state,
            Membership membership,
            ViewChanges changes,
            ReplicaPlans plans,
            Eligibility eligibility,
            Drains drains) {
        this.state = state;
        this.membership = membership;
        this.changes = changes;
        this.plans = plans;
        this.eligibility = eligibility;
        this.drains = drains;
    }

    /** Takes the lead from drained regions. */
    void drainLeaders() {
        if (!drains.isAny()) {
            return;
        }
        Map<Long, Integer> leads = eligibility.leads();
        int left = maxTransfers();
        for (Member member : membership.members()) {
            if (!drains.isDrained(member.id().value())) {
                continue;
            }
            for (Shard shard : state.shardsOn(member.id())) {
                if (left > 0
                        && shard.record().leader() == member.id().value()
                        && transfer(shard, leads, Integer.MIN_VALUE, "region " + member.id() + " is drained")) {
                    left--;
                }
            }
        }
    }

    /** One small step towards an even spread. */
    void advance() throws InterruptedException {
        if (isDisturbed()) {
            return;
        }
        Map<Long, Integer> leads = eligibility.leads();
        int limit = maxTransfers();
        int begun = 0;
        for (Shard shard : shards()) {
            if (begun < limit && transfer(shard, leads, 2, "leaders are spread evenly")) {
                begun++;
            }
        }
        for (int i = 0; i < MAX_MOVES && begun == 0; i++) {
            if (!moveOne()) {
                return;
            }
        }
    }

    private int maxTransfers() {
        return Math.max(MIN_TRANSFERS, state.shardCount() / 20);
    }

    /** Anything that is not as it should be comes first. */
    private boolean isDisturbed() {
        if (changes.count() > 0) {
            return true;
        }
        for (Member member : membership.members()) {
            boolean away = member.state() == RegionState.SUSPECT
                    || (member.state() == RegionState.LIVE && !member.hasReportedInFull());
            if (away) {
                return true;
            }
        }
        return !shards().stream().allMatch(plans::isSettled);
    }

    private List<Shard> shards() {
        List<Shard> all = new ArrayList<>();
        for (Table table : state.tables()) {
            all.addAll(table.shards());
        }
        return all;
    }

    /** Gives the lead to the replica whose region leads fewest, when that is fewer by so many. */
    private boolean transfer(Shard shard, Map<Long, Integer> leads, int difference, String why) {
        ShardRecord record = shard.record();
        if (!plans.isSettled(shard) || !changes.mayTransfer(shard)) {
            return false;
        }
        long successor = successor(shard, leads);
        if (successor == 0) {
            return false;
        }
        int now = leads.getOrDefault(record.leader(), 0);
        int then = leads.getOrDefault(successor, 0);
        if (now - then < difference) {
            return false;
        }
        leads.merge(record.leader(), -1, Integer::sum);
        leads.merge(successor, 1, Integer::sum);
        changes.begin(shard, new ViewChange.Wish(record.replicas(), successor, true, why), ViewChange.Outcome.IGNORED);
        return true;
    }

    /** Another replica that may lead, on the region that leads fewest; 0 when there is none. */
    long successor(Shard shard, Map<Long, Integer> leads) {
        return shard.record().replicas().stream()
                .filter(region -> region != shard.record().leader() && eligibility.mayLead(region, shard))
                .min(Comparator.comparingInt((Long region) -> leads.getOrDefault(region, 0))
                        .thenComparing(Comparator.naturalOrder()))
                .orElse(0L);
    }

    /** Moves one replica from the region that holds most to the one that holds fewest. */
    private boolean moveOne() throws InterruptedException {
        Map<Long, Integer> held = new HashMap<>();
        for (Member member : eligibility.usable()) {
            held.put(member.id().value(), state.shardsOn(member.id()).size());
        }
        if (held.size() < 2) {
            return false;
        }
        Comparator<Map.Entry<Long, Integer>> bySize = Map.Entry.comparingByValue();
        long most = held.entrySet().stream().max(bySize).orElseThrow().getKey();
        long fewest = held.entrySet().stream().min(bySize).orElseThrow().getKey();
        if (held.get(most) - held.get(fewest) < 2) {
            return false;
        }
        Shard moved = null;
        for (Shard shard : state.shardsOn(membership.member(most).id())) {
            boolean movable =
                    plans.isSettled(shard) && !shard.record().replicas().contains(fewest);
            if (movable && (moved == null || shard.record().leader() != most)) {
                moved = shard;
                if (shard.record().leader() != most) {
                    break;
                }
            }
        }
        if (moved == null) {
            return false;
        }
        plans.move(moved, most, fewest);
        return true;
    }
}
