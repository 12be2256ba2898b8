package io.mds.master.admin;

import io.mds.proto.ClusterStatusReply;
import io.mds.proto.TableSummary;
import java.util.List;
import java.util.Optional;

/** What the admin pages ask of a master. Thread: any; may block for a short time. */
public interface MasterView {
    /** Its own state, for any master. */
    Self self();

    /** The cluster as the active master sees it; empty from a standby, or when no answer came in time. */
    Optional<Cluster> cluster();

    /**
     * @param state STARTING, STANDBY, TAKING_OVER, ACTIVE, STEPPING_DOWN or CLOSED
     * @param serving active, under a leadership that is valid now
     * @param epoch 0 when it does not lead
     * @param problem what keeps it from its work, or null
     * @param activeAdmin "host:port" of the active master's admin pages, or null
     * @param hasState whether it has read the state; a standby without has nothing to take over with
     * @param appliedSequence the last entry of the OpLog that it has
     * @param lag entries that it has not taken, as a standby; negative when it cannot say
     */
    record Self(
            String id,
            String address,
            String state,
            boolean serving,
            long epoch,
            String clusterId,
            boolean zooKeeperConnected,
            String problem,
            String activeMaster,
            String activeAdmin,
            boolean hasState,
            long appliedSequence,
            long lag) {}

    /**
     * @param procedures changes of tables that run or wait
     */
    record Cluster(ClusterStatusReply status, List<TableSummary> tables, List<String> procedures) {}

    /** Numbers that are kept up to date for the metrics. */
    Counts counts();

    /** The cluster in a few numbers; all zero on a standby. */
    record Counts(
            int live,
            int suspect,
            int dead,
            int drained,
            int tables,
            int shards,
            int unavailableShards,
            int failedReplicas,
            int procedures) {
        public static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0, 0, 0, 0);
    }
}
