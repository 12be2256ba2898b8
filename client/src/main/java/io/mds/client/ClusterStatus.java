package io.mds.client;

import io.mds.id.Epoch;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import java.time.Duration;
import java.util.List;

/**
 * The cluster as its active master sees it.
 *
 * @param epoch the master's term
 * @param shards how many shards the tables have together
 * @param unavailableShards shards that no leader serves now
 * @param failedReplicas replicas whose log or store failed
 * @param shardStates every shard, when asked for
 */
public record ClusterStatus(
        String clusterId,
        Epoch epoch,
        List<MasterInfo> masters,
        List<RegionInfo> regions,
        int tables,
        int shards,
        int unavailableShards,
        int failedReplicas,
        List<ShardState> shardStates) {
    public ClusterStatus {
        masters = List.copyOf(masters);
        regions = List.copyOf(regions);
        shardStates = List.copyOf(shardStates);
    }

    /**
     * One master process.
     *
     * @param address host:port of its RPC server
     * @param appliedSequence the last entry of the OpLog that it has
     * @param lag entries that it has not taken yet, as a standby; negative while it has not read the state or cannot look
     */
    public record MasterInfo(
            String id, String address, int adminPort, boolean active, long appliedSequence, long lag) {}

    /**
     * One region.
     *
     * @param identity the UUID that the region keeps with its data
     * @param address host:port of its RPC server
     * @param state LIVE, SUSPECT or DEAD
     * @param leaders how many of its shards it leads
     * @param drain what {@link MdsClient#drainRegion} has asked for, until it is cancelled
     */
    public record RegionInfo(
            RegionId id,
            String identity,
            String address,
            int adminPort,
            String state,
            int shards,
            int leaders,
            Duration lastHeartbeatAge,
            long storeBytes,
            long logBytes,
            double requestsPerSecond,
            String softwareVersion,
            Drain drain) {}

    /** What a region is drained of. */
    public enum Drain {
        /** Nothing: it takes its share. */
        NONE,
        /** It is to lead nothing, and gets nothing. */
        LEADERS,
        /** It is to hold nothing either. */
        REPLICAS
    }

    /**
     * One shard and its leader's report of it.
     *
     * @param rows an estimate
     * @param learners regions that are brought up to date to become replicas
     * @param replicas what each replica and learner said last
     */
    public record ShardState(
            String table,
            ShardInfo shard,
            boolean serving,
            long appliedIndex,
            long rows,
            List<RegionId> learners,
            List<ReplicaState> replicas) {
        public ShardState {
            learners = List.copyOf(learners);
            replicas = List.copyOf(replicas);
        }
    }

    /**
     * One replica of a shard, by its last report.
     *
     * @param role leader, follower or learner
     * @param lastIndex the end of its log
     * @param failed its log or its store failed there
     */
    public record ReplicaState(
            RegionId region, String role, ViewNumber view, long appliedIndex, long lastIndex, boolean failed) {}
}
