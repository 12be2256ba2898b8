package io.mds.master.views;

import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.membership.RegionState;
import io.mds.master.placement.Placement;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which regions can take shards, and which can lead them. Thread: the metadata thread's. */
public final class Eligibility {
    private final ClusterState state;
    private final Membership membership;
    private final Drains drains;

    public Eligibility(ClusterState state, Membership membership, Drains drains) {
        this.state = state;
        this.membership = membership;
        this.drains = drains;
    }

    /** Those that can be given shards. */
    public List<Member> usable() {
        return membership.members().stream().filter(this::isUsable).toList();
    }

    boolean isUsable(Member member) {
        return member != null
                && member.isUsable()
                && !member.isLeaving()
                && !member.lastBeat().getLogFailed()
                && !drains.isDrained(member.id().value());
    }

    boolean isUsable(long region) {
        return isUsable(membership.member(region));
    }

    /** Can be asked for something now. */
    boolean isPresent(long region) {
        Member member = membership.member(region);
        return member != null && member.isConnected();
    }

    /** Silent for too long, or unknown: its replicas are made elsewhere. */
    public boolean isDead(long region) {
        Member member = membership.member(region);
        return member == null || member.state() == RegionState.DEAD;
    }

    boolean mayLead(long region, Shard shard) {
        return isUsable(region) && !hasFailed(region, shard);
    }

    /** Whether the region says that its replica of the shard failed. */
    boolean hasFailed(long region, Shard shard) {
        Member member = membership.member(region);
        return member != null && member.hasFailed(shard.id());
    }

    /** How many shards each region leads. */
    Map<Long, Integer> leads() {
        return new HashMap<>(state.leads());
    }

    /** What each of the regions holds, as placement wants to know it. */
    public List<Placement.Candidate> candidates(Collection<Member> members, Table table) {
        List<Placement.Candidate> candidates = new ArrayList<>();
        for (Member member : members) {
            int ofThisTable = 0;
            int ledOfThisTable = 0;
            for (Shard shard : table == null ? List.<Shard>of() : table.shards()) {
                ofThisTable += shard.isOn(member.id()) ? 1 : 0;
                ledOfThisTable += shard.record().leader() == member.id().value() ? 1 : 0;
            }
            candidates.add(new Placement.Candidate(
                    member.id(),
                    ofThisTable,
                    state.shardsOn(member.id()).size(),
                    ledOfThisTable,
                    state.leads().getOrDefault(member.id().value(), 0)));
        }
        return candidates;
    }
}
