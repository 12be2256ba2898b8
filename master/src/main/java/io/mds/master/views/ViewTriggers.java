package io.mds.master.views;

import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.membership.RegionState;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.TableState;
import io.mds.master.state.TableWalk;
import io.mds.proto.ShardReport;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the shards that need a new view because nobody leads them, and those whose view is activated.
 *
 * <p>Thread: the metadata thread's.
 */
final class ViewTriggers {
    private static final Logger log = LoggerFactory.getLogger(ViewTriggers.class);

    /** A live leader that does not serve for this long gets a new view. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /**
     * Why a shard needs a new view.
     *
     * @param ofLeader whether its leader lives and is of no use: it may well answer its seal, and have the longest log
     */
    private record Trouble(String why, boolean ofLeader) {}

    private final ClusterState state;
    private final Membership membership;
    private final ViewChanges changes;
    private final ShardRecords records;
    private final TableWalk walk;
    private final LongSupplier nanoClock;
    private final Map<Long, Long> notServingSinceNanos = new HashMap<>();
    private final Map<Shard, ShardRecord> activated = new LinkedHashMap<>();
    /** Whether the present walk, or the last one, met a shard that needs a new view. */
    private boolean metTrouble;

    ViewTriggers(
            ClusterState state,
            Membership membership,
            ViewChanges changes,
            ShardRecords records,
            LongSupplier nanoClock) {
        this.state = state;
        this.membership = membership;
        this.changes = changes;
        this.records = records;
        this.walk = new TableWalk(state);
        this.nanoClock = nanoClock;
    }

    /**
     * Looks at everything, some at a time; for what no event tells of.
     *
     * @return whether all have been looked at
     */
    boolean lookAround() {
        if (walk.isAtBeginning()) {
            metTrouble = false;
        }
        if (!walk.step(table -> table.shards().forEach(this::lookAt))) {
            return false;
        }
        notServingSinceNanos.keySet().removeIf(shard -> state.shard(shard) == null);
        return true;
    }

    /** Between two looks at everything; short while there is a shard that nobody serves. */
    Duration pause(Duration least) {
        return metTrouble || !notServingSinceNanos.isEmpty() ? least : walk.rest(least);
    }

    void lookAtShardsOn(Member member) {
        // A view change, once begun, changes no record at once.
        state.shardsOn(member.id()).forEach(this::lookAt);
    }

    void lookAtReported(List<ShardReport> reports) {
        for (ShardReport report : reports) {
            Shard shard = state.shard(report.getShardId());
            if (shard != null) {
                lookAt(shard);
            }
        }
    }

    private void lookAt(Shard shard) {
        if (shard.table().state() == TableState.DROPPING || changes.isUnderWay(shard)) {
            return;
        }
        ShardRecord record = shard.record();
        Trouble silence = silence(record);
        Trouble trouble = silence != null ? silence : trouble(shard);
        metTrouble |= trouble != null;
        if (trouble != null && !changes.isFull() && isMajorityConnected(record)) {
            notServingSinceNanos.remove(shard.id());
            long notLeader = trouble.ofLeader() ? record.leader() : 0;
            changes.begin(
                    shard,
                    new ViewChange.Wish(record.replicas(), 0, false, notLeader, trouble.why()),
                    ViewChange.Outcome.IGNORED);
        }
    }

    /**
     * Whether the leader and its followers have lost each other, as far as they say so of the present view, although they
     * may all be in touch with this master: so many followers miss its beats that the others are no majority, or it gets no
     * answers. Null when not, and when the others could not do without it.
     */
    private Trouble silence(ShardRecord record) {
        if (record.replicas().stream().noneMatch(region -> isSilent(region, record))) {
            return null;
        }
        long leader = record.leader();
        List<Long> others = connected(record);
        boolean cutOff = others.remove(Long.valueOf(leader)) && isSilent(leader, record);
        List<Long> missing = record.replicas().stream()
                .filter(region -> others.contains(region) && isSilent(region, record))
                .toList();
        int left = record.replicas().size() - missing.size();
        boolean missed = left * 2 <= record.replicas().size();
        if ((!missed && !cutOff) || !ViewChoice.isSealedBy(record, others)) {
            return null;
        }
        return new Trouble(
                missed
                        ? "regions " + missing + " miss the beats of region " + leader + ", its leader"
                        : "region " + leader + ", its leader, hears nothing of the others",
                true);
    }

    private boolean isSilent(long region, ShardRecord record) {
        Member member = membership.member(region);
        return member != null && member.silentView(record.id()) == record.view();
    }

    /** Why the shard needs a new view, or null. */
    private Trouble trouble(Shard shard) {
        ShardRecord record = shard.record();
        boolean sole = record.replicas().size() == 1 && record.previous().isEmpty();
        long promised = changes.highestPromised(shard);
        if (promised > record.view()) {
            return new Trouble("view " + promised + " has been promised", false);
        }
        Member leader = membership.member(record.leader());
        if (leader == null || leader.state() != RegionState.LIVE) {
            // While the table is being created its shards are rather replaced: nothing is in them.
            return sole || shard.table().state() == TableState.CREATING
                    ? null
                    : new Trouble("region " + record.leader() + ", its leader, is lost", false);
        }
        ShardReport report = leader.reported().get(shard.id());
        if (report != null && report.getView() == record.view()) {
            if (report.getLeader() && report.getServing() && !report.getFailed()) {
                serving(shard);
                return null;
            }
            if (!sole && report.getFailed()) {
                return new Trouble("region " + leader.id() + " says that its replica failed", false);
            }
            if (!sole && !report.getLeader()) {
                return new Trouble("region " + leader.id() + " does not lead it any more", false);
            }
        }
        if (isBeingMade(shard)) {
            notServingSinceNanos.remove(shard.id());
            return null;
        }
        return waitsForTooLong(shard);
    }

    /** One of thousands of new shards may wait for its turn for long before all of its replicas exist. */
    private boolean isBeingMade(Shard shard) {
        return shard.table().state() == TableState.CREATING
                && shard.record().replicas().stream()
                        .map(membership::member)
                        .anyMatch(member -> member == null || !member.reported().containsKey(shard.id()));
    }

    private void serving(Shard shard) {
        notServingSinceNanos.remove(shard.id());
        if (!shard.record().previous().isEmpty()) {
            activated.put(shard, shard.record());
        }
    }

    private Trouble waitsForTooLong(Shard shard) {
        long now = nanoClock.getAsLong();
        long since = notServingSinceNanos.computeIfAbsent(shard.id(), s -> now);
        if (now - since < PATIENCE.toNanos()) {
            return null;
        }
        return new Trouble(
                "its leader, region " + shard.record().leader() + ", has not served for " + PATIENCE.toSeconds() + " s",
                true);
    }

    /** Without it no seals can be enough, and those that were given would only be in the way. */
    private boolean isMajorityConnected(ShardRecord record) {
        return ViewChoice.isSealedBy(record, connected(record));
    }

    /** Those that are asked for seals, as far as they can be. */
    private List<Long> connected(ShardRecord record) {
        List<Long> connected = new ArrayList<>();
        for (long region : ViewChoice.asked(record)) {
            Member member = membership.member(region);
            if (member != null && member.isConnected()) {
                connected.add(region);
            }
        }
        return connected;
    }

    /** Clears what was before the views that serve now. */
    void recordActivations() throws InterruptedException {
        if (activated.isEmpty() || !records.mayWrite()) {
            return;
        }
        Map<Shard, ShardRecord> next = new LinkedHashMap<>();
        Iterator<Map.Entry<Shard, ShardRecord>> left = activated.entrySet().iterator();
        while (left.hasNext() && next.size() < ShardRecords.MAX_AT_ONCE) {
            Map.Entry<Shard, ShardRecord> each = left.next();
            Shard shard = each.getKey();
            if (state.shard(shard.id()) == shard
                    && shard.record().equals(each.getValue())
                    && shard.table().state() != TableState.DROPPING) {
                next.put(shard, ShardViews.activated(each.getValue()));
            }
            left.remove();
        }
        records.write("activation of " + next.size() + " views", next);
        log.debug("{} views are activated", next.size());
    }
}
