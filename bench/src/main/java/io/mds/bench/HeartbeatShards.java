package io.mds.bench;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.error.MdsException;
import io.mds.proto.ApplySchemaReply;
import io.mds.proto.ApplySchemaRequest;
import io.mds.proto.DropShardsReply;
import io.mds.proto.DropShardsRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.OpenShard;
import io.mds.proto.OpenShardsReply;
import io.mds.proto.OpenShardsRequest;
import io.mds.proto.RegionAddress;
import io.mds.proto.SealShardsReply;
import io.mds.proto.SealShardsRequest;
import io.mds.proto.ShardReport;
import io.mds.proto.ShardView;
import io.mds.znode.ShardRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The shards of a simulated region: nothing but what it reports of them, changed as the master orders. It keeps to the rules
 * of views: none older than promised is joined, and none but the first is led without its seal.
 *
 * <p>Thread: any.
 */
final class HeartbeatShards {
    @GuardedBy("this")
    private final TreeMap<Long, ShardReport> reports = new TreeMap<>();

    /** Those that changed since they were last reported. */
    @GuardedBy("this")
    private final Set<Long> changed = new LinkedHashSet<>();

    /** The view in which the last entry of the log was written; 1 unless it is here. */
    @GuardedBy("this")
    private final Map<Long, Long> lastViews = new HashMap<>();

    @GuardedBy("this")
    private final Map<Long, Long> sealedFor = new HashMap<>();

    @GuardedBy("this")
    private long epoch;

    @GuardedBy("this")
    private long written;

    /** Begins to hold these, serving those that the region leads. */
    synchronized void hold(List<ShardRecord> shards, long region) {
        for (ShardRecord shard : shards) {
            boolean leads = shard.leader() == region;
            reports.put(
                    shard.id(),
                    ShardReport.newBuilder()
                            .setShardId(shard.id())
                            .setView(shard.view())
                            .setPromised(shard.view())
                            .setLeader(leads)
                            .setServing(leads)
                            .setLastIndex(1)
                            .setAppliedIndex(1)
                            .setSchemaVersion(1)
                            .build());
        }
    }

    synchronized long epoch() {
        return epoch;
    }

    synchronized void epoch(long seen) {
        epoch = Math.max(epoch, seen);
    }

    /** Of every shard. */
    synchronized Collection<ShardReport> all() {
        changed.clear();
        return List.copyOf(reports.values());
    }

    /** Of those that changed since they were last asked for. */
    synchronized Collection<ShardReport> changes() {
        List<ShardReport> answer = new ArrayList<>();
        for (long shard : changed) {
            ShardReport report = reports.get(shard);
            if (report != null) {
                answer.add(report);
            }
        }
        changed.clear();
        return answer;
    }

    /** Clients write to this many shards, every time to others. */
    synchronized void write(int count) {
        for (int i = 0; i < Math.min(count, reports.size()); i++) {
            Long next = reports.higherKey(written);
            written = next == null ? reports.firstKey() : next;
            ShardReport report = reports.get(written);
            long index = report.getLastIndex() + 1;
            put(report.toBuilder().setLastIndex(index).setAppliedIndex(index));
        }
    }

    @GuardedBy("this")
    private ShardReport put(ShardReport.Builder next) {
        ShardReport report = next.build();
        reports.put(report.getShardId(), report);
        changed.add(report.getShardId());
        return report;
    }

    // ---- orders of the master ----

    synchronized OpenShardsReply open(OpenShardsRequest request, long region) {
        requireEpoch(request.getEpoch());
        OpenShardsReply.Builder answer = OpenShardsReply.newBuilder();
        for (OpenShard open : request.getShardsList()) {
            answer.addShards(open(open.getView(), region));
        }
        return answer.build();
    }

    @GuardedBy("this")
    private ShardReport open(ShardView view, long region) {
        long shard = view.getShardId();
        ShardReport before = reports.get(shard);
        if (before != null && before.getPromised() > view.getView()) {
            return before;
        }
        ShardReport.Builder now = before != null
                ? before.toBuilder()
                : ShardReport.newBuilder().setShardId(shard).setSchemaVersion(1);
        boolean again = before != null && before.getView() == view.getView();
        boolean alone = view.getReplicasCount() == 1 && view.getPreviousCount() == 0;
        boolean mayLead = again
                ? before.getLeader() || alone
                : view.getView() == 1 || sealedFor.getOrDefault(shard, 0L) == view.getView();
        boolean leads = mayLead && view.getLeaderRegion() == region;
        if (leads && !again) {
            lastViews.put(shard, view.getView());
            now.setLastIndex(now.getLastIndex() + 1).setAppliedIndex(now.getLastIndex());
        }
        now.clearCaughtUpLearners();
        if (leads) {
            view.getLearnersList().stream().map(RegionAddress::getRegionId).forEach(now::addCaughtUpLearners);
        }
        return put(now.setView(view.getView())
                .setPromised(view.getView())
                .setLeader(leads)
                .setServing(leads));
    }

    synchronized SealShardsReply seal(SealShardsRequest request) {
        requireEpoch(request.getEpoch());
        SealShardsReply.Builder answer = SealShardsReply.newBuilder();
        for (SealShardsRequest.Seal seal : request.getSealsList()) {
            SealShardsReply.Sealed.Builder sealed = SealShardsReply.Sealed.newBuilder()
                    .setShardId(seal.getShardId())
                    .setView(seal.getView());
            ShardReport report = reports.get(seal.getShardId());
            if (report != null && report.getPromised() <= seal.getView()) {
                var unused = put(report.toBuilder()
                        .setPromised(seal.getView())
                        .setLeader(false)
                        .setServing(false));
                sealedFor.put(seal.getShardId(), seal.getView());
                sealed.setSealed(true)
                        .setPromised(seal.getView())
                        .setLastView(lastViews.getOrDefault(seal.getShardId(), 1L))
                        .setLastIndex(report.getLastIndex());
            } else if (report != null) {
                sealed.setPromised(report.getPromised());
            }
            answer.addAnswers(sealed);
        }
        return answer.build();
    }

    synchronized DropShardsReply drop(DropShardsRequest request) {
        requireEpoch(request.getEpoch());
        for (long shard : request.getShardIdsList()) {
            reports.remove(shard);
            changed.remove(shard);
            lastViews.remove(shard);
            sealedFor.remove(shard);
        }
        return DropShardsReply.getDefaultInstance();
    }

    synchronized ApplySchemaReply apply(ApplySchemaRequest request) {
        requireEpoch(request.getEpoch());
        ApplySchemaReply.Builder answer = ApplySchemaReply.newBuilder();
        for (long shard : request.getShardIdsList()) {
            ShardReport report = reports.get(shard);
            if (report != null) {
                long version =
                        Math.max(report.getSchemaVersion(), request.getSchema().getVersion());
                answer.addShards(put(report.toBuilder().setSchemaVersion(version)));
            }
        }
        return answer.build();
    }

    @GuardedBy("this")
    private void requireEpoch(long given) {
        if (given < epoch) {
            throw MdsException.builder(
                            ErrorCode.PERMISSION_DENIED,
                            "epoch " + given + " is older than " + epoch + ", which was seen")
                    .withoutStackTrace()
                    .build();
        }
        epoch = given;
    }
}
