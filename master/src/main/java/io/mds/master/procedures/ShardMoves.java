package io.mds.master.procedures;

import io.mds.master.membership.Member;
import io.mds.master.state.Shard;
import io.mds.master.state.TableState;
import io.mds.proto.ProcedureStatus;
import io.mds.proto.ShardReport;
import io.mds.znode.ShardRecord;
import java.util.List;

/**
 * Tells how far the changes of shards' replicas are. What records such a change, and lets any master go on with it, is the
 * shard's own record.
 *
 * <p>Thread: the metadata thread's.
 */
final class ShardMoves {
    private final ProcedureContext context;

    ShardMoves(ProcedureContext context) {
        this.context = context;
    }

    List<ProcedureStatus> list() {
        return context.state().movingShards().stream()
                .filter(shard -> shard.table().state() == TableState.ACTIVE)
                .map(this::status)
                .toList();
    }

    private ProcedureStatus status(Shard shard) {
        ShardRecord record = shard.record();
        boolean moves = record.leaving().stream()
                .anyMatch(region -> !context.eligibility().isDead(region));
        String kind = moves ? "move" : "repair";
        StringBuilder what = new StringBuilder(kind + " shard " + shard.id());
        record.leaving().forEach(region -> what.append(" from region ").append(region));
        record.learners().forEach(region -> what.append(" to region ").append(region));
        return ProcedureStatus.newBuilder()
                .setId(kind + "-" + shard.id())
                .setWhat(what.append(" of table ").append(shard.table().name()).toString())
                .setTable(shard.table().name())
                .setStep(step(shard, record))
                .setTotal(1)
                .build();
    }

    private String step(Shard shard, ShardRecord record) {
        if (!record.previous().isEmpty()) {
            return "joining";
        }
        if (record.learners().isEmpty()) {
            return "leaving";
        }
        long learner = record.learners().get(0);
        ShardReport leaders = report(record.leader(), shard);
        ShardReport copy = report(learner, shard);
        if (leaders == null || copy == null) {
            return "planned";
        }
        return leaders.getCaughtUpLearnersList().contains(learner)
                ? "joining"
                : "copying: " + copy.getRows() + " of " + leaders.getRows() + " rows";
    }

    private ShardReport report(long region, Shard shard) {
        Member member = context.membership().member(region);
        return member == null ? null : member.reported().get(shard.id());
    }
}
