package io.mds.master.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mds.proto.Address;
import io.mds.proto.ClusterStatusReply;
import io.mds.proto.MasterStatus;
import io.mds.proto.RegionAddress;
import io.mds.proto.RegionDrain;
import io.mds.proto.RegionStatus;
import io.mds.proto.ReplicaStatus;
import io.mds.proto.ShardStatus;
import io.mds.proto.TableSummary;

/** Writes /status. Field names are for scripts, so they stay. */
final class StatusJson {
    /** Shards listed; the page is for people, who do not read more. */
    static final int MAX_SHARDS = 2000;

    private static final JsonMapper MAPPER = new JsonMapper();

    private StatusJson() {}

    static String of(MasterView view) {
        MasterView.Self self = view.self();
        ObjectNode root = MAPPER.createObjectNode();
        root.put("id", self.id())
                .put("address", self.address())
                .put("state", self.state())
                .put("serving", self.serving())
                .put("epoch", self.epoch())
                .put("clusterId", self.clusterId())
                .put("zooKeeperConnected", self.zooKeeperConnected())
                .put("problem", self.problem())
                .put("activeMaster", self.activeMaster())
                .put("activeAdmin", self.activeAdmin())
                .put("appliedSequence", self.appliedSequence())
                .put("hasState", self.hasState())
                .put("lag", self.lag() < 0 ? null : (Long) self.lag());
        view.cluster().ifPresent(cluster -> addCluster(root, cluster));
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write the status as JSON", e);
        }
    }

    private static String drain(RegionDrain drain) {
        return switch (drain) {
            case REGION_DRAIN_LEADERS -> "leaders";
            case REGION_DRAIN_REPLICAS -> "replicas";
            case REGION_DRAIN_NONE, UNRECOGNIZED -> "none";
        };
    }

    private static void addCluster(ObjectNode root, MasterView.Cluster cluster) {
        ClusterStatusReply status = cluster.status();
        root.put("tableCount", status.getTables())
                .put("shardCount", status.getShardCount())
                .put("unavailableShards", status.getUnavailableShards())
                .put("failedReplicas", status.getFailedReplicas());
        ArrayNode masters = root.putArray("masters");
        for (MasterStatus master : status.getMastersList()) {
            masters.addObject()
                    .put("id", master.getId())
                    .put("address", text(master.getAddress()))
                    .put("adminPort", master.getAdminPort())
                    .put("active", master.getActive())
                    .put("appliedSequence", master.getAppliedSequence())
                    .put("lag", master.getLag() < 0 ? null : (Long) master.getLag());
        }
        ArrayNode regions = root.putArray("regions");
        for (RegionStatus region : status.getRegionsList()) {
            regions.addObject()
                    .put("id", region.getRegionId())
                    .put("identity", region.getIdentity())
                    .put("address", text(region.getAddress()))
                    .put("adminPort", region.getAdminPort())
                    .put("state", region.getState())
                    .put("drain", drain(region.getDrain()))
                    .put("shards", region.getShards())
                    .put("leaders", region.getLeaders())
                    .put("heartbeatAgeMs", region.getLastHeartbeatAgeMs())
                    .put("storeBytes", region.getStoreBytes())
                    .put("logBytes", region.getLogBytes())
                    .put("requestsPerSecond", region.getRequestsPerSecond())
                    .put("version", region.getSoftwareVersion());
        }
        ArrayNode tables = root.putArray("tables");
        for (TableSummary table : cluster.tables()) {
            tables.addObject()
                    .put("name", table.getName())
                    .put("id", table.getTableId())
                    .put("state", table.getState())
                    .put("columns", table.getColumns())
                    .put("shards", table.getShards())
                    .put("schemaVersion", table.getSchemaVersion());
        }
        ArrayNode shards = root.putArray("shards");
        for (ShardStatus shard : status.getShardsList().subList(0, Math.min(MAX_SHARDS, status.getShardsCount()))) {
            ObjectNode node = shards.addObject()
                    .put("id", shard.getRoute().getShardId())
                    .put("table", shard.getTable())
                    .put("view", shard.getRoute().getView())
                    .put("serving", shard.getServing())
                    .put("rows", shard.getRows())
                    .put("appliedIndex", shard.getAppliedIndex());
            if (shard.getRoute().hasLeader()) {
                node.put("leader", shard.getRoute().getLeader().getRegionId());
            } else {
                node.putNull("leader");
            }
            ArrayNode replicas = node.putArray("replicas");
            for (RegionAddress replica : shard.getRoute().getReplicasList()) {
                replicas.add(replica.getRegionId());
            }
            ArrayNode failed = node.putArray("failed");
            shard.getReplicasList().stream()
                    .filter(ReplicaStatus::getFailed)
                    .forEach(replica -> failed.add(replica.getRegionId()));
        }
        ArrayNode procedures = root.putArray("procedures");
        cluster.procedures().forEach(procedures::add);
    }

    private static String text(Address address) {
        return address.getHost() + ":" + address.getPort();
    }
}
