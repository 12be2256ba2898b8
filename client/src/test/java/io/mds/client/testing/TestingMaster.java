package io.mds.client.testing;

import io.mds.error.MdsException;
import io.mds.proto.ClusterStatusReply;
import io.mds.proto.CreateTableReply;
import io.mds.proto.DescribeTableReply;
import io.mds.proto.DrainRegionReply;
import io.mds.proto.DropTableReply;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.GetRoutesRequest;
import io.mds.proto.ListTablesReply;
import io.mds.proto.MasterStatus;
import io.mds.proto.MoveShardReply;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.RouteUpdate;
import io.mds.proto.StateDigestReply;
import io.mds.proto.TableRoute;
import io.mds.proto.TableSummary;
import io.mds.proto.TransferLeaderReply;
import io.mds.rpc.ConnectionListener;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.Replier;
import io.mds.rpc.RpcConnection;
import io.mds.rpc.RpcServer;
import io.mds.rpc.RpcTransport;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** A master without ZooKeeper: tables live in the {@link TestingCluster} that its masters share. */
public final class TestingMaster implements AutoCloseable {
    private final String name;
    private final TestingCluster cluster;
    private final RpcTransport transport;
    private final Set<RpcConnection> connections = ConcurrentHashMap.newKeySet();
    private final Set<RpcConnection> subscribers = ConcurrentHashMap.newKeySet();
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Long> arrivals = new CopyOnWriteArrayList<>();
    private final List<GetRoutesReply> routesTold = new CopyOnWriteArrayList<>();
    private volatile RpcServer server;
    private volatile boolean hinting = true;

    TestingMaster(String name, TestingCluster cluster, RpcTransport transport) {
        this.name = name;
        this.cluster = cluster;
        this.transport = transport;
        start(0);
    }

    private void start(int port) {
        LocalIdentity identity = new LocalIdentity(Role.MASTER, name, cluster::id, () -> 0L);
        server = transport.listen(new HostPort("127.0.0.1", port), identity, this::handle, new ConnectionListener() {
            @Override
            public void opened(RpcConnection connection) {
                arrivals.add(System.nanoTime());
                connections.add(connection);
            }

            @Override
            public void closed(RpcConnection connection) {
                connections.remove(connection);
                subscribers.remove(connection);
            }
        });
    }

    public HostPort address() {
        return new HostPort("127.0.0.1", server.port());
    }

    public List<Request> requests() {
        return requests;
    }

    /** When each connection came, as {@link System#nanoTime} says. */
    public List<Long> arrivals() {
        return arrivals;
    }

    /** Its answers to those who asked for routes. */
    public List<GetRoutesReply> routesTold() {
        return routesTold;
    }

    public int subscriberCount() {
        return subscribers.size();
    }

    /** The next requests, in turn, meet these. */
    public void failNext(Fault... next) {
        faults.addAll(List.of(next));
    }

    /** Whether it tells, as a standby, where the active master is. */
    public void hinting(boolean value) {
        this.hinting = value;
    }

    public void stop() {
        server.close();
        connections.forEach(RpcConnection::close);
    }

    public void restart() {
        start(server.port());
    }

    void push(RouteUpdate update) {
        subscribers.forEach(subscriber -> subscriber.send(Request.newBuilder().setRouteUpdate(update)));
    }

    private void handle(RpcConnection from, Request request, Replier replier, Deadline deadline) {
        requests.add(request);
        Fault fault = faults.poll();
        try {
            Reply.Builder reply = null;
            if (fault == null || fault.apply()) {
                requireActive();
                reply = answer(from, request);
            }
            if (fault == null) {
                replier.reply(reply);
                return;
            }
        } catch (MdsException e) {
            replier.fail(e);
            return;
        }
        switch (fault.answer()) {
            case REFUSAL -> replier.fail(fault.error());
            case CUT_CONNECTION -> from.close();
            case SILENCE -> {
                // That is it.
            }
        }
    }

    private void requireActive() {
        TestingMaster active = cluster.active();
        if (!equals(active)) {
            MdsException.Builder refusal = MdsException.builder(ErrorCode.NOT_LEADER, name + " is a standby");
            if (hinting && active != null) {
                refusal.activeMaster(active.address().toProto());
            }
            throw refusal.build();
        }
    }

    private Reply.Builder answer(RpcConnection from, Request request) {
        Reply.Builder reply = Reply.newBuilder();
        switch (request.getBodyCase()) {
            case GET_ROUTES -> {
                if (request.getGetRoutes().getSubscribe()) {
                    subscribers.add(from);
                }
                GetRoutesReply told = routes(request.getGetRoutes());
                routesTold.add(told);
                reply.setGetRoutes(told);
            }
            case CREATE_TABLE ->
                reply.setCreateTable(CreateTableReply.newBuilder().setRoute(cluster.create(request.getCreateTable())));
            case DROP_TABLE -> {
                boolean existed = cluster.drop(request.getDropTable().getName());
                if (!existed && !request.getDropTable().getIfExists()) {
                    throw MdsException.of(ErrorCode.NOT_FOUND, "no such table");
                }
                reply.setDropTable(DropTableReply.newBuilder().setExisted(existed));
            }
            case LIST_TABLES -> reply.setListTables(list(request));
            case DESCRIBE_TABLE -> {
                TableRoute route = cluster.route(request.getDescribeTable().getName());
                if (route == null) {
                    throw MdsException.of(ErrorCode.NOT_FOUND, "no such table");
                }
                reply.setDescribeTable(
                        DescribeTableReply.newBuilder().setRoute(route).setState("ACTIVE"));
            }
            case CLUSTER_STATUS ->
                reply.setClusterStatus(ClusterStatusReply.newBuilder()
                        .setClusterId(cluster.id())
                        .setEpoch(7)
                        .addMasters(MasterStatus.newBuilder()
                                .setId(name)
                                .setAddress(address().toProto())
                                .setActive(true)));
            case TRANSFER_LEADER ->
                reply.setTransferLeader(TransferLeaderReply.newBuilder()
                        .setLeaderRegion(Math.max(1, request.getTransferLeader().getToRegion())));
            case MOVE_SHARD -> reply.setMoveShard(MoveShardReply.getDefaultInstance());
            case DRAIN_REGION -> {
                boolean cancel = request.getDrainRegion().getCancel();
                reply.setDrainRegion(DrainRegionReply.newBuilder()
                        .setLeadersLeft(cancel ? 0 : 2)
                        .setReplicasLeft(cancel ? 0 : 5));
            }
            case STATE_DIGEST ->
                reply.setStateDigest(StateDigestReply.newBuilder()
                        .setSequence(42)
                        .setDigest("d1")
                        .setZnodes(7));
            default -> throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "not a master's request");
        }
        return reply;
    }

    private GetRoutesReply routes(GetRoutesRequest request) {
        GetRoutesReply.Builder reply = GetRoutesReply.newBuilder();
        for (GetRoutesRequest.Known known : request.getTablesList()) {
            TableRoute route = cluster.route(known.getTable());
            if (route == null) {
                reply.addMissing(known.getTable());
            } else if (route.getVersion() > known.getVersion()) {
                reply.addRoutes(route);
            } else {
                reply.addCurrent(known.getTable());
            }
        }
        return reply.build();
    }

    /** Two tables at a time, so that clients have to ask again. */
    private ListTablesReply list(Request request) {
        ListTablesReply.Builder reply = ListTablesReply.newBuilder();
        for (TableRoute route : cluster.routesAfter(request.getListTables().getAfter())) {
            if (reply.getTablesCount() == 2) {
                reply.setMore(true);
                break;
            }
            reply.addTables(TableSummary.newBuilder()
                    .setName(route.getSchema().getName())
                    .setTableId(route.getSchema().getTableId())
                    .setState("ACTIVE")
                    .setColumns(route.getSchema().getColumnsCount())
                    .setShards(route.getShardsCount())
                    .setSchemaVersion(1));
        }
        return reply.build();
    }

    @Override
    public void close() {
        stop();
    }
}
