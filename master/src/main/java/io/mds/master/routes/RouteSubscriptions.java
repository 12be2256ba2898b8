package io.mds.master.routes;

import io.mds.error.MdsException;
import io.mds.proto.Request;
import io.mds.proto.RouteDelta;
import io.mds.proto.RouteUpdate;
import io.mds.rpc.RpcConnection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which connections want to be told of changes of which tables.
 *
 * <p>Thread: any. A subscription belongs to its connection and outlives the leadership under which it was made. It is a
 * courtesy: a connection that does not keep up misses pushes, and learns of the change from the refusal of a region.
 */
public final class RouteSubscriptions {
    /** Tables that one connection can subscribe to; more are answered, and not pushed. */
    static final int MAX_PER_CONNECTION = 10_000;
    /** Subscriptions in all. */
    static final int MAX_IN_ALL = 1_000_000;

    private static final Logger log = LoggerFactory.getLogger(RouteSubscriptions.class);

    private final ConcurrentHashMap<String, Set<RpcConnection>> byTable = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<RpcConnection, Set<String>> byConnection = new ConcurrentHashMap<>();
    /** Those that understand deltas. */
    private final Set<RpcConnection> takeDeltas = ConcurrentHashMap.newKeySet();

    private final AtomicInteger count = new AtomicInteger();

    /** Subscribes before the route is read, so that a change in between is pushed rather than lost. */
    void add(RpcConnection connection, String table, boolean deltas) {
        if (deltas) {
            takeDeltas.add(connection);
        }
        Set<String> own = byConnection.computeIfAbsent(connection, c -> ConcurrentHashMap.newKeySet());
        if (own.contains(table) || own.size() >= MAX_PER_CONNECTION || count.get() >= MAX_IN_ALL) {
            return;
        }
        if (own.add(table)) {
            count.incrementAndGet();
            byTable.compute(table, (name, subscribers) -> {
                Set<RpcConnection> set = subscribers == null ? ConcurrentHashMap.newKeySet() : subscribers;
                set.add(connection);
                return set;
            });
        }
        if (!connection.isOpen()) {
            remove(connection);
        }
    }

    public void remove(RpcConnection connection) {
        takeDeltas.remove(connection);
        Set<String> own = byConnection.remove(connection);
        if (own == null) {
            return;
        }
        for (String table : own) {
            count.decrementAndGet();
            byTable.computeIfPresent(table, (name, subscribers) -> {
                subscribers.remove(connection);
                return subscribers.isEmpty() ? null : subscribers;
            });
        }
    }

    public int count() {
        return count.get();
    }

    /** Whether anybody wants to be told of the table. */
    public boolean has(String table) {
        return byTable.containsKey(table);
    }

    /** @param before what was told before; null for nothing */
    public void pushRoute(TableSnapshot table, TableSnapshot before) {
        if (!has(table.name())) {
            return;
        }
        RouteDelta delta = before == null || !before.isRoutable() ? null : table.since(before.contentSince());
        RouteUpdate inFull = RouteUpdate.newBuilder().addRoutes(table.route()).build();
        RouteUpdate update = delta == null
                ? inFull
                : RouteUpdate.newBuilder().addDeltas(delta).build();
        push(table.name(), subscriber -> takeDeltas.contains(subscriber) ? update : inFull);
    }

    public void pushDropped(String table) {
        RouteUpdate update = RouteUpdate.newBuilder().addDropped(table).build();
        push(table, subscriber -> update);
    }

    private void push(String table, Function<RpcConnection, RouteUpdate> updates) {
        for (RpcConnection subscriber : byTable.getOrDefault(table, Set.of())) {
            try {
                subscriber.send(Request.newBuilder().setRouteUpdate(updates.apply(subscriber)));
            } catch (MdsException e) {
                log.debug("route of {} not pushed to {}: {}", table, subscriber.peer(), e.getMessage());
            }
        }
    }
}
