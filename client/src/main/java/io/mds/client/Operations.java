package io.mds.client;

import io.mds.client.internal.ClusterAccess;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.proto.DrainRegionReply;
import io.mds.proto.DrainRegionRequest;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.Request;
import io.mds.proto.TransferLeaderRequest;
import io.mds.rpc.Deadline;
import java.util.concurrent.CompletableFuture;

/**
 * What operators ask of the master: which region leads a shard and which have its replicas.
 *
 * <p>Each request says what is wanted in the end, so that the client may repeat it.
 */
record Operations(ClusterAccess access) {

    /**
     * @param to 0 for the master's choice
     */
    CompletableFuture<RegionId> transferLeader(ShardId shard, long to, Deadline deadline) {
        TransferLeaderRequest request = TransferLeaderRequest.newBuilder()
                .setShardId(shard.value())
                .setToRegion(to)
                .build();
        return access.change(
                        "transfer the leader of shard " + shard,
                        again -> Request.newBuilder().setTransferLeader(request),
                        deadline)
                .thenApply(reply -> {
                    if (!reply.hasTransferLeader()) {
                        throw Calls.unexpected(reply);
                    }
                    return new RegionId(reply.getTransferLeader().getLeaderRegion());
                });
    }

    CompletableFuture<Void> move(ShardId shard, RegionId from, RegionId to, Deadline deadline) {
        MoveShardRequest request = MoveShardRequest.newBuilder()
                .setShardId(shard.value())
                .setFromRegion(from.value())
                .setToRegion(to.value())
                .build();
        return access.change(
                        "move shard " + shard + " from region " + from + " to region " + to,
                        again -> Request.newBuilder().setMoveShard(request),
                        deadline)
                .thenApply(reply -> {
                    if (!reply.hasMoveShard()) {
                        throw Calls.unexpected(reply);
                    }
                    return null;
                });
    }

    CompletableFuture<DrainStatus> drain(RegionId region, boolean replicas, boolean cancel, Deadline deadline) {
        DrainRegionRequest request = DrainRegionRequest.newBuilder()
                .setRegionId(region.value())
                .setReplicas(replicas)
                .setCancel(cancel)
                .build();
        return access.change(
                        (cancel ? "cancel the drain of region " : "drain region ") + region,
                        again -> Request.newBuilder().setDrainRegion(request),
                        deadline)
                .thenApply(reply -> {
                    if (!reply.hasDrainRegion()) {
                        throw Calls.unexpected(reply);
                    }
                    DrainRegionReply left = reply.getDrainRegion();
                    return new DrainStatus(
                            left.getLeadersLeft(),
                            left.getReplicasLeft(),
                            left.getLeadersStuck(),
                            left.getReplicasStuck(),
                            left.getNeeded());
                });
    }
}
