package io.mds.master;

import io.mds.master.admin.MasterView;
import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.membership.RegionState;
import io.mds.master.procedures.TableProcedures;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.master.state.TableState;
import io.mds.master.state.TableWalk;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * Counts what there is, for metrics, some of it at a time.
 *
 * <p>Thread: the metadata thread's; the latest numbers may be read by any.
 */
final class ClusterCounts {
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final ClusterState state;
    private final Membership membership;
    private final TableProcedures procedures;
    private final Predicate<Member> drained;
    private final TableWalk walk;
    private int unavailable;
    private int failedReplicas;
    private long countedAtNanos;
    private volatile MasterView.Counts latest = MasterView.Counts.NONE;

    ClusterCounts(ClusterState state, Membership membership, TableProcedures procedures, Predicate<Member> drained) {
        this.state = state;
        this.membership = membership;
        this.procedures = procedures;
        this.drained = drained;
        this.walk = new TableWalk(state);
    }

    /** A few seconds old, and more with very many shards. */
    MasterView.Counts latest() {
        return latest;
    }

    void tick(long nowNanos) {
        if (walk.isAtBeginning()) {
            if (!latest.equals(MasterView.Counts.NONE)
                    && nowNanos - countedAtNanos < walk.rest(PAUSE).toNanos()) {
                return;
            }
            countedAtNanos = nowNanos;
            unavailable = 0;
            failedReplicas = 0;
        }
        if (!walk.step(this::count)) {
            return;
        }
        int[] byState = new int[RegionState.values().length];
        int drainedRegions = 0;
        for (Member member : membership.members()) {
            byState[member.state().ordinal()]++;
            drainedRegions += member.state() != RegionState.DEAD && drained.test(member) ? 1 : 0;
        }
        latest = new MasterView.Counts(
                byState[RegionState.LIVE.ordinal()],
                byState[RegionState.SUSPECT.ordinal()],
                byState[RegionState.DEAD.ordinal()],
                drainedRegions,
                state.tables().size(),
                state.shardCount(),
                unavailable,
                failedReplicas,
                procedures.count());
    }

    private void count(Table table) {
        if (table.state() == TableState.ACTIVE) {
            for (Shard shard : table.shards()) {
                unavailable += ClusterStatusReport.isServing(membership, shard) ? 0 : 1;
                failedReplicas += ClusterStatusReport.failedReplicas(membership, shard);
            }
        }
    }
}
