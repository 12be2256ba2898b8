package io.mds.master.views;

import io.mds.id.RegionId;
import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.membership.RegionState;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.TableState;
import io.mds.proto.DrainRegionReply;
import io.mds.proto.ShardReport;
import io.mds.znode.ShardRecord;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Regions that are about to go: takes the lead from those that end, and knows what keeps one from going.
 *
 * <p>Thread: the metadata thread's.
 */
final class Departures {
    private static final Logger log = LoggerFactory.getLogger(Departures.class);

    private final ClusterState state;
    private final Membership membership;
    private final ViewChanges changes;
    private final Rebalance rebalance;
    private final Eligibility eligibility;

    Departures(
            ClusterState state,
            Membership membership,
            ViewChanges changes,
            Rebalance rebalance,
            Eligibility eligibility) {
        this.state = state;
        this.membership = membership;
        this.changes = changes;
        this.rebalance = rebalance;
        this.eligibility = eligibility;
    }

    /**
     * Begins to give all shards that the region leads to others, at once, because it will not wait for long. It is not chosen
     * again until it has registered again.
     *
     * @return the shards for which it should wait
     */
    int handOver(Member leaving) {
        boolean first = !leaving.isLeaving();
        leaving.leaves();
        Map<Long, Integer> leads = eligibility.leads();
        int left = 0;
        for (Shard shard : state.shardsOn(leaving.id())) {
            ShardRecord record = shard.record();
            if (shard.table().state() == TableState.DROPPING) {
                continue;
            }
            if (record.leader() != leaving.id().value()) {
                left += isStarting(shard) ? 1 : 0;
                continue;
            }
            long successor = rebalance.successor(shard, leads);
            if (successor == 0) {
                continue;
            }
            left++;
            if (!changes.isUnderWay(shard)) {
                leads.merge(successor, 1, Integer::sum);
                changes.begin(
                        shard,
                        new ViewChange.Wish(record.replicas(), successor, true, leaving + " is about to end"),
                        ViewChange.Outcome.IGNORED);
            }
        }
        if (first) {
            log.info("{} is about to end: {} shards get other leaders", leaving, left);
        }
        return left;
    }

    /** Whether its leader will soon serve it. */
    private boolean isStarting(Shard shard) {
        Member leader = membership.member(shard.record().leader());
        return eligibility.isUsable(leader) && !ShardReconciler.serves(leader, shard);
    }

    /** What a region that is drained still has, and what is in its way. */
    DrainRegionReply left(long region) {
        Map<Long, Integer> leads = eligibility.leads();
        List<Long> usable =
                eligibility.usable().stream().map(each -> each.id().value()).toList();
        DrainRegionReply.Builder left = DrainRegionReply.newBuilder();
        for (Shard shard : state.shardsOn(new RegionId(region))) {
            ShardRecord record = shard.record();
            if (record.leader() == region) {
                left.setLeadersLeft(left.getLeadersLeft() + 1);
                left.setLeadersStuck(left.getLeadersStuck() + (rebalance.successor(shard, leads) == 0 ? 1 : 0));
            }
            left.setReplicasLeft(left.getReplicasLeft() + 1);
            left.setReplicasStuck(left.getReplicasStuck() + (record.replicas().containsAll(usable) ? 1 : 0));
            left.setNeeded(left.getNeeded() + (isNeeded(region, shard) ? 1 : 0));
        }
        return left.build();
    }

    /** Without it too few would be left, and that can change: another replica is away. */
    private boolean isNeeded(long region, Shard shard) {
        ShardRecord record = shard.record();
        if (!record.replicas().contains(region)) {
            return false;
        }
        List<Long> others = ShardViews.without(record.replicas(), List.of(region));
        long present = others.stream().filter(other -> takesPart(other, shard)).count();
        return present < others.size() && present * 2 <= record.replicas().size();
    }

    private boolean takesPart(long region, Shard shard) {
        Member member = membership.member(region);
        if (member == null || member.state() != RegionState.LIVE || !member.isConnected() || member.isLeaving()) {
            return false;
        }
        ShardReport report = member.reported().get(shard.id());
        return report != null && report.getView() == shard.record().view() && !report.getFailed();
    }
}
