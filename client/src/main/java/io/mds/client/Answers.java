package io.mds.client;

import io.mds.id.Epoch;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.TableId;
import io.mds.id.ViewNumber;
import io.mds.proto.Address;
import io.mds.proto.ClusterStatusReply;
import io.mds.proto.DescribeTableReply;
import io.mds.proto.RegionStatus;
import io.mds.proto.ShardRoute;
import io.mds.proto.TableSummary;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.Optional;

/** From the master's answers to the API's records. */
final class Answers {
    private Answers() {}

    static TableInfo table(TableSummary table) {
        return new TableInfo(
                table.getName(),
                new TableId(table.getTableId()),
                table.getState(),
                table.getColumns(),
                table.getShards(),
                table.getSchemaVersion());
    }

    static TableDescription description(DescribeTableReply reply) {
        return new TableDescription(
                TableSchema.fromProto(reply.getRoute().getSchema()),
                reply.getState(),
                reply.getRoute().getVersion(),
                reply.getRoute().getShardsList().stream().map(Answers::shard).toList());
    }

    private static ShardInfo shard(ShardRoute route) {
        boolean led = route.hasLeader();
        return new ShardInfo(
                new ShardId(route.getShardId()),
                new ViewNumber(route.getView()),
                led ? Optional.of(new RegionId(route.getLeader().getRegionId())) : Optional.empty(),
                led ? Optional.of(address(route.getLeader().getAddress())) : Optional.empty(),
                route.getReplicasList().stream()
                        .map(replica -> new RegionId(replica.getRegionId()))
                        .toList());
    }

    static ClusterStatus status(ClusterStatusReply reply) {
        return new ClusterStatus(
                reply.getClusterId(),
                new Epoch(reply.getEpoch()),
                reply.getMastersList().stream()
                        .map(master -> new ClusterStatus.MasterInfo(
                                master.getId(),
                                address(master.getAddress()),
                                master.getAdminPort(),
                                master.getActive(),
                                master.getAppliedSequence(),
                                master.getLag()))
                        .toList(),
                reply.getRegionsList().stream().map(Answers::region).toList(),
                reply.getTables(),
                reply.getShardCount(),
                reply.getUnavailableShards(),
                reply.getFailedReplicas(),
                reply.getShardsList().stream()
                        .map(shard -> new ClusterStatus.ShardState(
                                shard.getTable(),
                                shard(shard.getRoute()),
                                shard.getServing(),
                                shard.getAppliedIndex(),
                                shard.getRows(),
                                shard.getLearnersList().stream()
                                        .map(RegionId::new)
                                        .toList(),
                                shard.getReplicasList().stream()
                                        .map(replica -> new ClusterStatus.ReplicaState(
                                                new RegionId(replica.getRegionId()),
                                                replica.getRole(),
                                                new ViewNumber(replica.getView()),
                                                replica.getAppliedIndex(),
                                                replica.getLastIndex(),
                                                replica.getFailed()))
                                        .toList()))
                        .toList());
    }

    private static ClusterStatus.RegionInfo region(RegionStatus region) {
        return new ClusterStatus.RegionInfo(
                new RegionId(region.getRegionId()),
                region.getIdentity(),
                address(region.getAddress()),
                region.getAdminPort(),
                region.getState(),
                region.getShards(),
                region.getLeaders(),
                Duration.ofMillis(region.getLastHeartbeatAgeMs()),
                region.getStoreBytes(),
                region.getLogBytes(),
                region.getRequestsPerSecond(),
                region.getSoftwareVersion(),
                switch (region.getDrain()) {
                    case REGION_DRAIN_LEADERS -> ClusterStatus.Drain.LEADERS;
                    case REGION_DRAIN_REPLICAS -> ClusterStatus.Drain.REPLICAS;
                    case REGION_DRAIN_NONE, UNRECOGNIZED -> ClusterStatus.Drain.NONE;
                });
    }

    private static String address(Address address) {
        return address.getHost() + ":" + Integer.toUnsignedString(address.getPort());
    }
}
