package io.mds.master;

import io.mds.error.MdsException;
import io.mds.master.admin.MasterView;
import io.mds.master.election.MasterInfo;
import io.mds.master.metadata.Leadership;
import io.mds.rpc.HostPort;
import io.mds.znode.ActiveMaster;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A master as its admin pages show it. Thread: the admin server's; the metadata thread is asked with a limit. */
final class MasterStatusView implements MasterView {
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final int TABLES_SHOWN = 1000;

    private final MasterCore core;
    private final MasterInfo me;

    MasterStatusView(MasterCore core, MasterInfo me) {
        this.core = core;
        this.me = me;
    }

    @Override
    public Self self() {
        Leadership leadership = core.leadership();
        ActiveMaster other = core.otherActiveMaster();
        return new Self(
                me.id(),
                new HostPort(me.host(), me.port()).toString(),
                core.state().name(),
                core.isActive(),
                leadership == null ? 0 : leadership.epoch().value(),
                core.clusterId(),
                core.isZooKeeperConnected(),
                core.problem(),
                other == null ? null : new HostPort(other.host(), other.port()).toString(),
                other == null ? null : new HostPort(other.host(), other.adminPort()).toString(),
                core.hasState(),
                core.appliedSequence(),
                core.lag());
    }

    @Override
    public Optional<Cluster> cluster() {
        ControlPlane plane = core.service().active();
        if (plane == null) {
            return Optional.empty();
        }
        CompletableFuture<Cluster> answer = new CompletableFuture<>();
        try {
            plane.tasks()
                    .submit(
                            "admin status",
                            () -> answer.complete(new Cluster(
                                    ClusterStatusReport.of(plane, true),
                                    plane.routeTable().page("", TABLES_SHOWN).getTablesList(),
                                    plane.procedures().describe())));
            return Optional.of(answer.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException | ExecutionException | MdsException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    @Override
    public Counts counts() {
        ControlPlane plane = core.service().active();
        return plane == null ? Counts.NONE : plane.counts();
    }
}
