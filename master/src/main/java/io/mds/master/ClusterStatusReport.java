package io.mds.master;

import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.membership.RegionState;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.master.oplog.Follower;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.master.state.TableState;
import io.mds.master.views.ShardReconciler;
import io.mds.proto.Address;
import io.mds.proto.ClusterStatusReply;
import io.mds.proto.MasterStatus;
import io.mds.proto.RegionStatus;
import io.mds.proto.ReplicaStatus;
import io.mds.proto.ShardReport;
import io.mds.proto.ShardStatus;
import io.mds.znode.ShardRecord;
import io.mds.znode.StandbyMaster;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException;

/** Says how the cluster is, from the active master's memory. Thread: the metadata thread's. */
final class ClusterStatusReport {
    private ClusterStatusReport() {}

    static ClusterStatusReply of(ControlPlane plane, boolean withShards) throws InterruptedException {
        ClusterStatusReply.Builder status = ClusterStatusReply.newBuilder()
                .setClusterId(plane.clusterId())
                .setEpoch(plane.leadership().epoch().value())
                .setTables(plane.state().tables().size())
                .setShardCount(plane.state().shardCount())
                .addAllMasters(masters(plane));
        for (Member member : plane.membership().members()) {
            if (member.state() != RegionState.DEAD
                    || !plane.state().shardsOn(member.id()).isEmpty()) {
                status.addRegions(region(plane, member));
            }
        }
        int unavailable = 0;
        int failed = 0;
        for (Table table : plane.state().tables()) {
            for (Shard shard : table.shards()) {
                boolean serving = isServing(plane.membership(), shard);
                unavailable += serving || table.state() != TableState.ACTIVE ? 0 : 1;
                failed += failedReplicas(plane.membership(), shard);
                if (withShards) {
                    status.addShards(shard(plane, shard, serving));
                }
            }
        }
        return status.setUnavailableShards(unavailable)
                .setFailedReplicas(failed)
                .build();
    }

    /** How many of the shard's replicas have said that they failed. */
    static int failedReplicas(Membership membership, Shard shard) {
        int failed = 0;
        for (long region : shard.record().replicas()) {
            Member member = membership.member(region);
            failed += member != null && member.hasFailed(shard.id()) ? 1 : 0;
        }
        return failed;
    }

    static boolean isServing(Membership membership, Shard shard) {
        Member leader = membership.member(shard.record().leader());
        return leader != null && leader.isConnected() && ShardReconciler.serves(leader, shard);
    }

    private static List<MasterStatus> masters(ControlPlane plane) throws InterruptedException {
        MasterConfig config = plane.config();
        List<MasterStatus> masters = new ArrayList<>();
        long last = plane.opLog().sequence();
        masters.add(MasterStatus.newBuilder()
                .setId(plane.me().id())
                .setAddress(address(plane.me().host(), plane.me().port()))
                .setAdminPort(plane.me().adminPort())
                .setActive(true)
                .setAppliedSequence(last)
                .build());
        ZnodePaths paths = new ZnodePaths(config.zooKeeperRoot());
        for (ZooKeeperSession.Found found : standbys(plane.writer(), paths)) {
            try {
                StandbyMaster standby =
                        ZnodeJson.read(found.path(), found.value().value(), StandbyMaster.class);
                masters.add(MasterStatus.newBuilder()
                        .setId(standby.id())
                        .setAddress(address(standby.host(), standby.port()))
                        .setAdminPort(standby.adminPort())
                        .setAppliedSequence(standby.appliedSequence())
                        .setLag(standby.lag() == null ? Follower.UNKNOWN_LAG : lag(standby, last))
                        .build());
            } catch (ZnodeFormatException e) {
                masters.add(MasterStatus.newBuilder()
                        .setId(ZnodePaths.nameOf(found.path()))
                        .build());
            }
        }
        return masters;
    }

    /** What it shows is a second old; what is left of the log since then is behind it, too. */
    private static long lag(StandbyMaster standby, long last) {
        return Math.max(standby.lag(), Math.max(0, last - standby.appliedSequence()));
    }

    /** None while ZooKeeper does not answer: a report is not worth waiting for it. */
    private static List<ZooKeeperSession.Found> standbys(MetadataWriter writer, ZnodePaths paths)
            throws InterruptedException {
        if (!writer.leadership().mayWrite()) {
            return List.of();
        }
        try {
            return writer.session()
                    .readAll(writer.session().children(paths.standbys()).stream()
                            .map(paths::standby)
                            .toList());
        } catch (KeeperException e) {
            return List.of();
        }
    }

    private static RegionStatus region(ControlPlane plane, Member member) {
        int shards = 0;
        int leaders = 0;
        for (Shard shard : plane.state().shardsOn(member.id())) {
            shards++;
            leaders += shard.record().leader() == member.id().value() ? 1 : 0;
        }
        return RegionStatus.newBuilder()
                .setRegionId(member.id().value())
                .setIdentity(member.identity().toString())
                .setAddress(member.address())
                .setAdminPort(member.record().adminPort())
                .setState(member.state().name())
                .setShards(shards)
                .setLeaders(leaders)
                .setLastHeartbeatAgeMs(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - member.heardAtNanos()))
                .setStoreBytes(member.lastBeat().getStoreBytes())
                .setLogBytes(member.lastBeat().getLogBytes())
                .setRequestsPerSecond(member.lastBeat().getRequestsPerSecond())
                .setSoftwareVersion(member.record().version())
                .setDrain(plane.keeper().drain(member.id().value()))
                .build();
    }

    private static ShardStatus shard(ControlPlane plane, Shard shard, boolean serving) {
        ShardStatus.Builder status = ShardStatus.newBuilder()
                .setRoute(plane.routeBuilder().route(shard))
                .setTable(shard.table().name())
                .setServing(serving);
        ShardRecord record = shard.record();
        status.addAllLearners(record.learners());
        for (long region : record.holders()) {
            Member member = plane.membership().member(region);
            ShardReport report = member == null ? null : member.reported().get(shard.id());
            status.addReplicas(replica(record, region, report));
            if (report != null && region == record.leader()) {
                status.setAppliedIndex(report.getAppliedIndex()).setRows(report.getRows());
            }
        }
        return status.build();
    }

    /** One that says nothing now has view 0. */
    private static ReplicaStatus replica(ShardRecord record, long region, ShardReport report) {
        String role =
                record.leader() == region ? "leader" : record.learners().contains(region) ? "learner" : "follower";
        ReplicaStatus.Builder status =
                ReplicaStatus.newBuilder().setRegionId(region).setRole(role);
        if (report != null) {
            status.setView(report.getView())
                    .setAppliedIndex(report.getAppliedIndex())
                    .setLastIndex(report.getLastIndex())
                    .setFailed(report.getFailed());
        }
        return status.build();
    }

    private static Address address(String host, int port) {
        return Address.newBuilder().setHost(host).setPort(port).build();
    }
}
