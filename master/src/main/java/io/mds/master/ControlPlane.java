package io.mds.master;

import io.mds.error.MdsException;
import io.mds.master.admin.MasterView;
import io.mds.master.election.MasterInfo;
import io.mds.master.election.Term;
import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.membership.MembershipListener;
import io.mds.master.membership.MembershipSettings;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.GroupCommit;
import io.mds.master.metadata.Leadership;
import io.mds.master.metadata.MetadataThread;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.TermTasks;
import io.mds.master.oplog.DigestHistory;
import io.mds.master.oplog.Follower;
import io.mds.master.oplog.OpLog;
import io.mds.master.oplog.OpLogRetention;
import io.mds.master.oplog.Takeover;
import io.mds.master.procedures.ProcedureContext;
import io.mds.master.procedures.TableProcedures;
import io.mds.master.routes.RouteBuilder;
import io.mds.master.routes.RoutePublisher;
import io.mds.master.routes.RouteService;
import io.mds.master.routes.RouteSubscriptions;
import io.mds.master.routes.RouteTable;
import io.mds.master.routes.TableSnapshot;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Table;
import io.mds.master.views.Drains;
import io.mds.master.views.Eligibility;
import io.mds.master.views.ShardKeeper;
import io.mds.master.views.ShardReconciler;
import io.mds.proto.ErrorCode;
import io.mds.proto.RegionDrain;
import io.mds.proto.ShardReport;
import io.mds.rpc.Replier;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that an active master does under one leadership, wired together.
 *
 * <p>Thread: built and loaded by the election thread, then owned by the metadata thread; routes are read by event loops.
 */
final class ControlPlane implements Term, MembershipListener {
    private static final Logger log = LoggerFactory.getLogger(ControlPlane.class);
    private static final Duration TICK = Duration.ofMillis(100);
    /** For what no event tells of, such as a pause after a failure that is over. */
    private static final Duration RECONCILE = Duration.ofMillis(500);

    /** How many times as long as a region may be silent a copy may not get on: its end takes a while on a large shard. */
    private static final int LEARNER_PATIENCE = 20;

    /** What outlives a leadership. */
    record Surroundings(
            MasterConfig config,
            MasterInfo me,
            ZnodePaths paths,
            AccessControl access,
            String clusterId,
            MetadataThread thread,
            SessionWatch sessions,
            Follower follower,
            RouteSubscriptions subscriptions,
            Consumer<ControlPlane> onServe,
            Runnable onEnd) {}

    private final Surroundings around;
    private RoutePublisher routes;
    private RouteService routeService;
    private OpLog opLog;
    private OpLogRetention retention;
    private DigestHistory digests;
    private MetadataWriter writer;
    private TermTasks tasks;
    private ClusterState state;
    private Membership membership;
    private ShardReconciler reconciler;
    private ShardKeeper keeper;
    private TableProcedures procedures;
    private MetadataThread.Repetition ticking = () -> {};
    private RegionSessions sessions;
    private ClusterCounts counts;
    private long reconciledAtNanos;

    ControlPlane(Surroundings around) {
        this.around = around;
    }

    @Override
    public void load(MetadataWriter metadataWriter) throws InterruptedException {
        Takeover takeover = around.follower().takeOver(metadataWriter);
        opLog = new OpLog(
                around.paths(),
                around.access(),
                metadataWriter.leadership().epoch().value(),
                takeover.sequence(),
                takeover.first(),
                takeover.followed().image(),
                takeover.digests());
        digests = takeover.digests();
        writer = metadataWriter.journaled(opLog);
        retention = new OpLogRetention(
                opLog, writer, around.paths(), around.config().opLogRetention(), System::nanoTime);
        tasks = new TermTasks(around.thread(), writer.leadership());
        state = takeover.followed().state();
        routes = takeover.routes();
        routeService = new RouteService(routes.table(), around.subscriptions());
        MembershipSettings settings = new MembershipSettings(
                around.config().heartbeatInterval(), around.config().regionDeadAfter());
        membership = new Membership(
                settings,
                state,
                writer,
                around.paths(),
                around.access(),
                around.clusterId(),
                tasks,
                System::nanoTime,
                this);
        sessions = new RegionSessions(membership, writer, around.paths(), tasks, System.nanoTime());
        reconciler = new ShardReconciler(state, writer, around.paths(), routes.builder(), tasks, System::nanoTime);
        reconciler.listener((member, shards) -> {
            keeper.reported(shards);
            procedures.memberChanged(member);
        });
        Drains drains = Drains.load(writer, around.paths(), around.access());
        Eligibility eligibility = new Eligibility(state, membership, drains);
        keeper = new ShardKeeper(
                state,
                membership,
                reconciler,
                writer,
                around.paths(),
                tables -> {
                    for (Table table : tables) {
                        publish(table);
                    }
                },
                eligibility,
                drains,
                new ShardKeeper.Pace(
                        around.config().repairCopies(),
                        around.config().rebalanceInterval(),
                        around.config().regionDeadAfter(),
                        around.config().regionDeadAfter().multipliedBy(LEARNER_PATIENCE)),
                tasks,
                System::nanoTime);
        procedures = new TableProcedures(
                new ProcedureContext(
                        state,
                        membership,
                        eligibility,
                        reconciler,
                        writer,
                        GroupCommit.of(writer, tasks),
                        around.paths(),
                        around.access(),
                        new Publisher(),
                        around.config().procedureTimeout(),
                        tasks,
                        System::nanoTime),
                around.config().ddlQueue());
        counts = new ClusterCounts(
                state,
                membership,
                procedures,
                member -> keeper.drain(member.id().value()) != RegionDrain.REGION_DRAIN_NONE);
        procedures.resume();
        writer.read("watch the regions", () -> {
            around.sessions().listen(writer.session(), sessions::changed);
            return null;
        });
        log.info(
                "{} takeover at entry {} of the OpLog ({} caught up): {} tables, {} shards, {} regions; resuming {}",
                takeover.hot() ? "hot" : "cold",
                takeover.sequence(),
                takeover.caughtUp(),
                state.tables().size(),
                state.shardCount(),
                membership.members().size(),
                procedures.describe());
    }

    @Override
    public void serve() {
        ticking = around.thread().repeat("tick", TICK, () -> tasks.runNow("tick", this::tick));
        around.onServe().accept(this);
    }

    @Override
    public void end(String reason) {
        around.onEnd().run();
        around.sessions().stop();
        ticking.close();
        if (procedures != null) {
            around.thread().execute("end of the leadership", () -> {
                procedures.abandon(reason);
                keeper.abandon(reason);
                membership.abandon(reason);
            });
        }
        around.follower().follow();
    }

    @Override
    public String stuck() {
        // Anything that waits for ZooKeeper gives up with the leadership itself; longer means a defect or a dead disk.
        String running = around.thread().runningLongerThan(writer.leadership().validFor());
        return running == null ? null : "no progress: the metadata thread is busy with '" + running + "'";
    }

    private void tick() throws InterruptedException {
        if (!writer.leadership().mayWrite()) {
            return;
        }
        membership.tick();
        keeper.tick();
        procedures.tick();
        retention.tick();
        long now = System.nanoTime();
        if (now - reconciledAtNanos > RECONCILE.toNanos()) {
            reconciledAtNanos = now;
            for (Member member : membership.members()) {
                reconciler.reconcile(member);
            }
        }
        counts.tick(now);
        sessions.tick(now);
    }

    // ---- what changes of the membership mean for shards and routes ----

    @Override
    public void joined(List<Member> members) throws InterruptedException {
        members.forEach(reconciler::placed);
        publishTablesOn(members);
        for (Member member : members) {
            reconciler.reconcile(member);
            procedures.memberChanged(member);
        }
    }

    @Override
    public void reported(Member member, List<ShardReport> shards) throws InterruptedException {
        reconciler.reconcile(member);
        if (!shards.isEmpty()) {
            keeper.reported(shards);
            procedures.memberChanged(member);
        }
    }

    @Override
    public void lost(List<Member> members) throws InterruptedException {
        // First of all: who waits for a new leader waits for this.
        keeper.lost(members);
        publishTablesOn(members);
        for (Member member : members) {
            procedures.memberChanged(member);
        }
    }

    private void publishTablesOn(List<Member> members) throws InterruptedException {
        Set<Table> tables = new LinkedHashSet<>();
        members.forEach(member -> tables.addAll(routes.tablesToldAnew(member.id())));
        if (tables.isEmpty()) {
            return;
        }
        state.regionsZxid(writer.childrenZxid(around.paths().regions()));
        tables.forEach(this::publish);
    }

    private TableSnapshot publish(Table table) {
        TableSnapshot before = routes.table().get(table.name());
        TableSnapshot now = routes.publish(table);
        boolean wanted = around.subscriptions().has(table.name());
        if (wanted && now.isRoutable() && (before == null || !before.sameAs(now))) {
            around.subscriptions().pushRoute(now, before);
        } else if (!now.isRoutable() && before != null && before.isRoutable()) {
            around.subscriptions().pushDropped(table.name());
        }
        return now;
    }

    private final class Publisher implements ProcedureContext.Publisher {
        @Override
        public TableSnapshot changed(Table table) {
            return publish(table);
        }

        @Override
        public void removed(String name) {
            routes.tableRemoved(name);
        }
    }

    // ---- for the service and for status ----

    Leadership leadership() {
        return writer.leadership();
    }

    /** Queues a request's work; one whose turn comes after the leadership has ended is told so. */
    void submit(String what, MetadataThread.Task task, Replier reply) {
        around.thread().submit(what, () -> {
            if (!tasks.runNow(what, task)) {
                reply.fail(MdsException.builder(
                                ErrorCode.NOT_LEADER, what + ": this master is no longer active; try again")
                        .withoutStackTrace()
                        .build());
            }
        });
    }

    TermTasks tasks() {
        return tasks;
    }

    MasterConfig config() {
        return around.config();
    }

    MasterInfo me() {
        return around.me();
    }

    String clusterId() {
        return around.clusterId();
    }

    RouteService routes() {
        return routeService;
    }

    RouteTable routeTable() {
        return routes.table();
    }

    /** What it writes down; its sequence may be read by any thread. */
    OpLog opLog() {
        return opLog;
    }

    /** Of the state after each of the last entries. */
    DigestHistory digests() {
        return digests;
    }

    /** Thread: the metadata thread's. */
    Membership membership() {
        return membership;
    }

    /** Thread: the metadata thread's. */
    ShardKeeper keeper() {
        return keeper;
    }

    /** Thread: the metadata thread's. */
    TableProcedures procedures() {
        return procedures;
    }

    /** Thread: the metadata thread's. */
    ClusterState state() {
        return state;
    }

    /** Thread: the metadata thread's. */
    RouteBuilder routeBuilder() {
        return routes.builder();
    }

    /** As of the last look, which is at most a few seconds old. */
    MasterView.Counts counts() {
        return counts == null ? MasterView.Counts.NONE : counts.latest();
    }

    MetadataWriter writer() {
        return writer;
    }
}
