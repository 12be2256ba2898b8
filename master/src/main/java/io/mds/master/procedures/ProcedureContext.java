package io.mds.master.procedures;

import io.mds.master.membership.Membership;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.GroupCommit;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.TermTasks;
import io.mds.master.routes.TableSnapshot;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Table;
import io.mds.master.views.Eligibility;
import io.mds.master.views.ShardReconciler;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What procedures work with under one leadership.
 *
 * @param limit how long a procedure may take before it is rolled back, or finished without those who do not answer
 */
public record ProcedureContext(
        ClusterState state,
        Membership membership,
        Eligibility eligibility,
        ShardReconciler reconciler,
        MetadataWriter writer,
        GroupCommit group,
        ZnodePaths paths,
        AccessControl access,
        Publisher publisher,
        Duration limit,
        TermTasks tasks,
        LongSupplier nanoClock) {
    /** Makes a table's present state visible to clients. */
    public interface Publisher {
        TableSnapshot changed(Table table) throws InterruptedException;

        void removed(String name);
    }
}
