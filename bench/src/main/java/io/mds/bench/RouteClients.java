package io.mds.bench;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.client.internal.ReconnectPacer;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.GetRoutesRequest;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.RouteDelta;
import io.mds.proto.TableRoute;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.Replier;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import io.mds.rpc.RpcTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Clients that have asked for the routes of a few tables, want to be told of changes, and do nothing more.
 *
 * <p>Thread: any; the clients' own steps are taken by the event loops and a timer.
 */
final class RouteClients implements AutoCloseable {
    /** Subscribed to by each client. */
    static final int TABLES_OF_CLIENT = 10;

    private static final Duration LIMIT = Duration.ofSeconds(30);
    /** Until a client that was refused tries again, at most; as long as it takes one that found nobody. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final RpcTransport transport = SimulatedCluster.transport("bench-clients");
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "bench-clients-timer");
        thread.setDaemon(true);
        return thread;
    });
    private final List<String> tables;
    private final List<Client> clients = new ArrayList<>();

    RouteClients(List<String> tables) {
        this.tables = tables;
    }

    /** Returns when all are connected and have their routes. */
    void connect(HostPort master, int count) {
        for (int number = 0; number < count; number++) {
            clients.add(new Client(number));
        }
        Waves.run(
                "clients connect",
                clients,
                SimulatedCluster.AT_ONCE,
                client -> client.ask(master).thenAccept(client::requireRoutes));
    }

    /**
     * All of them hear at this moment of the next master, and go to it as the client library does; nobody's call waits for it.
     * The answers are added up as they come.
     */
    void comeBack(HostPort next, ReturnTally tally) {
        clients.forEach(client -> new ReconnectPacer(this::after).pause(() -> client.comeBack(next, tally)));
    }

    private void after(Runnable step, long nanos) {
        var unused = timer.schedule(step, nanos, TimeUnit.NANOSECONDS);
    }

    /** How many are connected still. */
    long open() {
        return clients.stream().filter(Client::isConnected).count();
    }

    @Override
    public void close() {
        timer.shutdownNow();
        transport.close();
    }

    /** One of them. */
    private final class Client {
        private final int number;

        /** Of the routes that it has, by table; 0 for none yet. */
        @GuardedBy("this")
        private final Map<String, Long> versions = new HashMap<>();

        private volatile RpcConnection connection;

        Client(int number) {
            this.number = number;
            for (int i = 0; i < Math.min(TABLES_OF_CLIENT, tables.size()); i++) {
                versions.put(tables.get((number * TABLES_OF_CLIENT + i) % tables.size()), 0L);
            }
        }

        boolean isConnected() {
            RpcConnection now = connection;
            return now != null && now.isOpen();
        }

        CompletableFuture<GetRoutesReply> ask(HostPort master) {
            Deadline deadline = Deadline.after(LIMIT);
            return transport
                    .connect(master, LocalIdentity.of(Role.CLIENT, "bench client " + number), this::takePush, deadline)
                    .thenCompose(opened -> {
                        connection = opened;
                        return opened.call(Request.newBuilder().setGetRoutes(question()), deadline);
                    })
                    .thenApply(reply -> {
                        learn(reply.getGetRoutes());
                        return reply.getGetRoutes();
                    });
        }

        void comeBack(HostPort next, ReturnTally tally) {
            var unused = ask(next).whenComplete((told, failure) -> {
                if (failure == null) {
                    tally.returned(told);
                    return;
                }
                tally.refused(failure);
                RpcConnection opened = connection;
                if (opened != null) {
                    opened.close();
                }
                after(() -> comeBack(next, tally), ThreadLocalRandom.current().nextLong(RETRY.toNanos()));
            });
        }

        private synchronized GetRoutesRequest question() {
            GetRoutesRequest.Builder wanted =
                    GetRoutesRequest.newBuilder().setSubscribe(true).setDeltas(true);
            versions.forEach((table, version) -> wanted.addTables(
                    GetRoutesRequest.Known.newBuilder().setTable(table).setVersion(version)));
            return wanted.build();
        }

        private void takePush(RpcConnection from, Request request, Replier reply, Deadline deadline) {
            if (request.hasRouteUpdate()) {
                request.getRouteUpdate().getRoutesList().forEach(this::learn);
                request.getRouteUpdate().getDeltasList().forEach(this::learn);
            } else {
                RequestHandler.refusing().handle(from, request, reply, deadline);
            }
        }

        private void learn(GetRoutesReply told) {
            told.getRoutesList().forEach(this::learn);
            told.getDeltasList().forEach(this::learn);
        }

        private synchronized void learn(TableRoute route) {
            versions.computeIfPresent(route.getSchema().getName(), (table, had) -> Math.max(had, route.getVersion()));
        }

        /** One that does not follow what it has is of no use to a client, which would ask. */
        private synchronized void learn(RouteDelta delta) {
            versions.computeIfPresent(
                    delta.getTable(),
                    (table, had) -> had >= delta.getBaseVersion() ? Math.max(had, delta.getVersion()) : had);
        }

        private void requireRoutes(GetRoutesReply told) {
            int wanted = Math.min(TABLES_OF_CLIENT, tables.size());
            if (told.getRoutesCount() != wanted) {
                throw new IllegalStateException("routes of " + told.getRoutesCount() + " tables (expected: " + wanted
                        + "), missing: " + told.getMissingList());
            }
        }
    }
}
