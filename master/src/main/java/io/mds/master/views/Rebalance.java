package io.mds.master.views;

import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.membership.RegionState;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.TableWalk;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Spreads leaders and replicas evenly, a few at a time, while regions do not come or go; takes the lead from drained
 * regions in any case.
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
    private final TableWalk walk;
    /** What each region will lead when what the present walk has found so far is done. */
    private Map<Long, Integer> leads = Map.of();
    /** What is found by the present walk: the region that is to lead each of these. */
    private final Map<Shard, Long> found = new LinkedHashMap<>();

    private int fewestLeads;

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
        this.walk = new TableWalk(state);
    }

    /** Takes the lead from drained regions. */
    void drainLeaders() {
        if (!drains.isAny()) {
            return;
        }
        Map<Long, Integer> led = eligibility.leads();
        int left = maxTransfers();
        for (Member member : membership.members()) {
            if (!drains.isDrained(member.id().value())) {
                continue;
            }
            for (Shard shard : state.shardsOn(member.id())) {
                if (left == 0) {
                    return;
                }
                if (shard.record().leader() != member.id().value()
                        || !plans.isSettled(shard)
                        || !changes.mayTransfer(shard)) {
                    continue;
                }
                long successor = successor(shard, led);
                if (successor != 0) {
                    led.merge(shard.record().leader(), -1, Integer::sum);
                    led.merge(successor, 1, Integer::sum);
                    transfer(shard, successor, "region " + member.id() + " is drained");
                    left--;
                }
            }
        }
    }

    /**
     * One small step towards an even spread, when everything has been looked at, some at a time.
     *
     * @return whether it is taken, or none can be
     */
    boolean advance() throws InterruptedException {
        if (isDisturbed()) {
            walk.restart();
            return true;
        }
        if (walk.isAtBeginning()) {
            begin();
        }
        boolean atEnd = walk.step(table -> table.shards().forEach(this::lookAt));
        if (atEnd) {
            spread();
        }
        return atEnd;
    }

    private void begin() {
        found.clear();
        leads = eligibility.leads();
        fewestLeads = eligibility.usable().stream()
                .mapToInt(member -> leads.getOrDefault(member.id().value(), 0))
                .min()
                .orElse(0);
    }

    private void lookAt(Shard shard) {
        int led = leads.getOrDefault(shard.record().leader(), 0);
        // Most shards end here: the choice of a successor costs more.
        if (led - fewestLeads < 2 || found.size() >= maxTransfers()) {
            return;
        }
        // One that is not settled is left alone; it may stay so, and the others do not wait for it.
        if (!plans.isSettled(shard) || !changes.mayTransfer(shard)) {
            return;
        }
        long successor = successor(shard, leads);
        if (successor != 0 && led - leads.getOrDefault(successor, 0) >= 2) {
            found.put(shard, successor);
            leads.merge(shard.record().leader(), -1, Integer::sum);
            leads.merge(successor, 1, Integer::sum);
        }
    }

    private void spread() throws InterruptedException {
        boolean begun = false;
        for (Map.Entry<Shard, Long> each : found.entrySet()) {
            Shard shard = each.getKey();
            if (state.shard(shard.id()) == shard && plans.isSettled(shard)) {
                begun = true;
                transfer(shard, each.getValue(), "leaders are spread evenly");
            }
        }
        if (!state.movingShards().isEmpty()) {
            // Copies that are needed come first.
            return;
        }
        for (int i = 0; i < MAX_MOVES && !begun; i++) {
            if (!moveOne()) {
                return;
            }
        }
    }

    private int maxTransfers() {
        return Math.max(MIN_TRANSFERS, state.shardCount() / 20);
    }

    /** What will soon be over, and may itself change who leads what. */
    private boolean isDisturbed() {
        if (changes.isAnyYoung()) {
            return true;
        }
        for (Member member : membership.members()) {
            boolean away = member.state() == RegionState.SUSPECT
                    || (member.state() == RegionState.LIVE && !member.hasReportedInFull());
            if (away) {
                return true;
            }
        }
        return false;
    }

    private void transfer(Shard shard, long successor, String why) {
        changes.begin(
                shard,
                new ViewChange.Wish(shard.record().replicas(), successor, true, why),
                ViewChange.Outcome.IGNORED);
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
            boolean movable = plans.isSettled(shard) && plans.mayLearn(fewest, shard);
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
