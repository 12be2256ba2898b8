package io.mds.bench;

import io.mds.proto.GetRoutesRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.Replier;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import io.mds.rpc.RpcTransport;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

/** Clients that have asked for the routes of a few tables, want to be told of changes, and do nothing more. */
final class RouteClients implements AutoCloseable {
    /** Subscribed to by each client. */
    static final int TABLES_OF_CLIENT = 10;

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final RpcTransport transport = SimulatedCluster.transport("bench-clients");
    private final HostPort master;
    private final List<String> tables;
    private final Queue<RpcConnection> connections = new ConcurrentLinkedQueue<>();

    RouteClients(HostPort master, List<String> tables) {
        this.master = master;
        this.tables = tables;
    }

    /** Returns when all are connected and have their routes. */
    void connect(int count) {
        Waves.run(
                "clients connect",
                IntStream.range(0, count).boxed().toList(),
                SimulatedCluster.AT_ONCE,
                this::connectOne);
    }

    private CompletableFuture<Void> connectOne(int number) {
        GetRoutesRequest.Builder wanted =
                GetRoutesRequest.newBuilder().setSubscribe(true).setDeltas(true);
        for (int i = 0; i < Math.min(TABLES_OF_CLIENT, tables.size()); i++) {
            int table = (number * TABLES_OF_CLIENT + i) % tables.size();
            wanted.addTables(GetRoutesRequest.Known.newBuilder().setTable(tables.get(table)));
        }
        Deadline deadline = Deadline.after(LIMIT);
        return transport
                .connect(
                        master,
                        LocalIdentity.of(Role.CLIENT, "bench client " + number),
                        RouteClients::ignorePush,
                        deadline)
                .thenCompose(connection -> {
                    connections.add(connection);
                    return connection.call(Request.newBuilder().setGetRoutes(wanted), deadline);
                })
                .thenAccept(reply -> requireRoutes(reply, wanted.getTablesCount()));
    }

    private static void ignorePush(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        if (!request.hasRouteUpdate()) {
            RequestHandler.refusing().handle(from, request, reply, deadline);
        }
    }

    private static void requireRoutes(Reply reply, int count) {
        if (reply.getGetRoutes().getRoutesCount() != count) {
            throw new IllegalStateException("routes of " + reply.getGetRoutes().getRoutesCount()
                    + " tables (expected: " + count + "), missing: "
                    + reply.getGetRoutes().getMissingList());
        }
    }

    /** How many are connected still. */
    long open() {
        return connections.stream().filter(RpcConnection::isOpen).count();
    }

    @Override
    public void close() {
        transport.close();
    }
}
