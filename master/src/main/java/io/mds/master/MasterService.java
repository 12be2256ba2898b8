package io.mds.master;

import io.mds.error.MdsException;
import io.mds.master.membership.Membership;
import io.mds.master.metadata.MetadataThread;
import io.mds.master.oplog.DigestHistory;
import io.mds.master.routes.RouteSubscriptions;
import io.mds.proto.Address;
import io.mds.proto.ErrorCode;
import io.mds.proto.RegisterReply;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.StateDigestReply;
import io.mds.proto.StateDigestRequest;
import io.mds.rpc.ConnectionListener;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import io.mds.znode.ActiveMaster;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Takes the requests of regions and clients: answers from snapshots at once, hands the rest to the metadata thread.
 *
 * <p>Thread: the event loops. Invariant: nothing is answered but under a leadership that is valid at that moment.
 */
final class MasterService implements RequestHandler, ConnectionListener {
    private final RouteSubscriptions subscriptions;
    private final Supplier<ActiveMaster> activeMaster;
    private final Supplier<DigestHistory> standbyDigests;
    /** Connections whose last heartbeat has not been looked at yet: another one is not queued behind it. */
    private final Set<RpcConnection> beating = ConcurrentHashMap.newKeySet();

    private final Map<Request.BodyCase, LongAdder> requests = new EnumMap<>(Request.BodyCase.class);

    private volatile ControlPlane active;

    /**
     * @param activeMaster where another master serves, or null
     * @param standbyDigests of the state that this one has as a standby
     */
    MasterService(
            RouteSubscriptions subscriptions,
            Supplier<ActiveMaster> activeMaster,
            Supplier<DigestHistory> standbyDigests) {
        this.subscriptions = subscriptions;
        this.activeMaster = activeMaster;
        this.standbyDigests = standbyDigests;
        for (Request.BodyCase kind : Request.BodyCase.values()) {
            requests.put(kind, new LongAdder());
        }
    }

    /** How many requests of each kind came, by the name of the kind. */
    Map<String, LongAdder> requestCounts() {
        Map<String, LongAdder> counts = new TreeMap<>();
        for (Request.BodyCase kind : EnumSet.of(
                Request.BodyCase.GET_ROUTES,
                Request.BodyCase.LIST_TABLES,
                Request.BodyCase.DESCRIBE_TABLE,
                Request.BodyCase.CLUSTER_STATUS,
                Request.BodyCase.CREATE_TABLE,
                Request.BodyCase.DROP_TABLE,
                Request.BodyCase.ALTER_TABLE,
                Request.BodyCase.CREATE_INDEX,
                Request.BodyCase.DROP_INDEX,
                Request.BodyCase.TRANSFER_LEADER,
                Request.BodyCase.MOVE_SHARD,
                Request.BodyCase.DRAIN_REGION,
                Request.BodyCase.REGISTER,
                Request.BodyCase.HEARTBEAT)) {
            counts.put(kind.name().toLowerCase(Locale.ROOT), requests.get(kind));
        }
        return counts;
    }

    void activate(ControlPlane plane) {
        active = plane;
    }

    void deactivate() {
        active = null;
    }

    /** What serves now, or null. */
    ControlPlane active() {
        return active;
    }

    @Override
    public void handle(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        requests.get(request.getBodyCase()).increment();
        if (request.hasStateDigest()) {
            reply.reply(Reply.newBuilder().setStateDigest(digest(request.getStateDigest())));
            return;
        }
        ControlPlane plane = servingPlane();
        switch (request.getBodyCase()) {
            case GET_ROUTES -> reply.reply(plane.routes().getRoutes(from, request.getGetRoutes()));
            case LIST_TABLES ->
                reply.reply(Reply.newBuilder().setListTables(plane.routes().list(request.getListTables())));
            case DESCRIBE_TABLE ->
                reply.reply(Reply.newBuilder().setDescribeTable(plane.routes().describe(request.getDescribeTable())));
            case CLUSTER_STATUS ->
                query(
                        plane,
                        "cluster status",
                        reply,
                        deadline,
                        () -> reply.reply(Reply.newBuilder()
                                .setClusterStatus(ClusterStatusReport.of(
                                        plane, request.getClusterStatus().getShards()))));
            case CREATE_TABLE ->
                change(
                        plane,
                        "create table",
                        reply,
                        deadline,
                        () -> plane.procedures().create(request.getCreateTable(), reply, deadline));
            case DROP_TABLE ->
                change(
                        plane,
                        "drop table",
                        reply,
                        deadline,
                        () -> plane.procedures().drop(request.getDropTable(), reply, deadline));
            case ALTER_TABLE ->
                change(
                        plane,
                        "alter table",
                        reply,
                        deadline,
                        () -> plane.procedures().alter(request.getAlterTable(), reply, deadline));
            case CREATE_INDEX ->
                change(
                        plane,
                        "create index",
                        reply,
                        deadline,
                        () -> plane.procedures().createIndex(request.getCreateIndex(), reply, deadline));
            case DROP_INDEX ->
                change(
                        plane,
                        "drop index",
                        reply,
                        deadline,
                        () -> plane.procedures().dropIndex(request.getDropIndex(), reply, deadline));
            case LIST_PROCEDURES ->
                query(
                        plane,
                        "list procedures",
                        reply,
                        deadline,
                        () -> reply.reply(Reply.newBuilder()
                                .setListProcedures(plane.procedures().list().toBuilder()
                                        .addAllProcedures(plane.keeper().waiting()))));
            case TRANSFER_LEADER ->
                change(
                        plane,
                        "transfer leader",
                        reply,
                        deadline,
                        () -> plane.keeper().transferLeader(request.getTransferLeader(), reply, deadline));
            case MOVE_SHARD ->
                change(
                        plane,
                        "move shard",
                        reply,
                        deadline,
                        () -> plane.keeper().moveShard(request.getMoveShard(), reply, deadline));
            case DRAIN_REGION ->
                change(
                        plane,
                        "drain region",
                        reply,
                        deadline,
                        () -> reply.reply(Reply.newBuilder()
                                .setDrainRegion(plane.keeper().drainRegion(request.getDrainRegion()))));
            case REGISTER -> {
                requireRegion(from, "register");
                change(
                        plane,
                        "register",
                        reply,
                        deadline,
                        () -> plane.membership().register(from, request.getRegister(), answerOf(reply)));
            }
            case HEARTBEAT -> heartbeat(plane, from, request, reply, deadline);
            case HAND_OVER -> {
                requireRegion(from, "hand over");
                change(
                        plane,
                        "hand over",
                        reply,
                        deadline,
                        () -> reply.reply(Reply.newBuilder()
                                .setHandOver(plane.keeper()
                                        .handOver(plane.membership().on(from)))));
            }
            default ->
                throw MdsException.builder(
                                ErrorCode.INVALID_ARGUMENT,
                                "a master takes no " + request.getBodyCase() + " requests; regions may")
                        .withoutStackTrace()
                        .build();
        }
    }

    /** The plane that may answer now. A process that was stopped and goes on finds its leadership invalid here. */
    private ControlPlane servingPlane() {
        ControlPlane plane = active;
        if (plane != null && plane.leadership().isValid()) {
            return plane;
        }
        ActiveMaster other = activeMaster.get();
        MdsException.Builder refusal = MdsException.builder(
                        ErrorCode.NOT_LEADER,
                        other == null
                                ? "this master is not active, and it does not know one that is; try again"
                                : "this master is not active; " + other.id() + " at " + other.host() + ":"
                                        + other.port() + " is")
                .withoutStackTrace();
        if (other != null) {
            refusal.activeMaster(Address.newBuilder()
                    .setHost(other.host())
                    .setPort(other.port())
                    .build());
        }
        throw refusal.build();
    }

    /** Answered by standbys, too: what it is compared with is theirs. */
    private StateDigestReply digest(StateDigestRequest request) {
        ControlPlane plane = active;
        DigestHistory digests = plane == null ? standbyDigests.get() : plane.digests();
        long newest = digests.newest().map(DigestHistory.Digested::sequence).orElse(0L);
        return digests.at(request.getSequence() == 0 ? newest : request.getSequence())
                .map(found -> StateDigestReply.newBuilder()
                        .setSequence(found.sequence())
                        .setDigest(found.digest().text())
                        .setZnodes(found.digest().znodes())
                        .build())
                .orElseGet(
                        () -> StateDigestReply.newBuilder().setSequence(newest).build());
    }

    private static void requireRegion(RpcConnection from, String what) {
        if (from.peer().role() != Role.REGION) {
            throw MdsException.builder(
                            ErrorCode.PERMISSION_DENIED,
                            what + ": only regions may; this connection is a "
                                    + from.peer().role())
                    .withoutStackTrace()
                    .build();
        }
    }

    private static Membership.Answer answerOf(Replier reply) {
        return new Membership.Answer() {
            @Override
            public void registered(RegisterReply registered) {
                reply.reply(Reply.newBuilder().setRegister(registered));
            }

            @Override
            public void refused(MdsException error) {
                reply.fail(error);
            }
        };
    }

    private void heartbeat(ControlPlane plane, RpcConnection from, Request request, Replier reply, Deadline deadline) {
        requireRegion(from, "heartbeat");
        if (!beating.add(from)) {
            throw MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED, "heartbeat: the one before has not been looked at yet")
                    .retryAfter(Duration.ofSeconds(1))
                    .withoutStackTrace()
                    .build();
        }
        // Its answer, whatever it is, lets the next beat in.
        Replier once = new Replier() {
            @Override
            public void reply(Reply.Builder answer) {
                beating.remove(from);
                reply.reply(answer);
            }

            @Override
            public void fail(MdsException error) {
                beating.remove(from);
                reply.fail(error);
            }
        };
        try {
            query(
                    plane,
                    "heartbeat",
                    once,
                    deadline,
                    () -> once.reply(Reply.newBuilder()
                            .setHeartbeat(plane.membership().heartbeat(from, request.getHeartbeat()))));
        } catch (MdsException e) {
            beating.remove(from);
            throw e;
        }
    }

    private static void change(
            ControlPlane plane, String what, Replier reply, Deadline deadline, MetadataThread.Task task) {
        if (!plane.leadership().mayWrite()) {
            throw MdsException.builder(
                            ErrorCode.UNAVAILABLE, what + ": the master cannot reach ZooKeeper now; try again")
                    .retryAfter(Duration.ofMillis(500))
                    .withoutStackTrace()
                    .build();
        }
        query(plane, what, reply, deadline, task);
    }

    private static void query(
            ControlPlane plane, String what, Replier reply, Deadline deadline, MetadataThread.Task task) {
        plane.submit(
                what,
                () -> {
                    if (deadline.isExpired()) {
                        reply.fail(MdsException.builder(
                                        ErrorCode.DEADLINE_EXCEEDED,
                                        what + ": its deadline passed before its turn came")
                                .withoutStackTrace()
                                .build());
                        return;
                    }
                    try {
                        task.run();
                    } catch (MdsException e) {
                        reply.fail(e);
                    }
                },
                reply);
    }

    @Override
    public void closed(RpcConnection connection) {
        beating.remove(connection);
        subscriptions.remove(connection);
        ControlPlane plane = active;
        if (plane != null && connection.peer().role() == Role.REGION) {
            plane.tasks()
                    .execute(
                            "closed connection of " + connection.peer().name(),
                            () -> plane.membership().connectionClosed(connection));
        }
    }
}
