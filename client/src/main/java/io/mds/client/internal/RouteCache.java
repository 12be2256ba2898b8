package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.GetRoutesRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.RouteDelta;
import io.mds.proto.RouteUpdate;
import io.mds.proto.TableRoute;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The routes of every table that the client has used.
 *
 * <p>They are learned from the master's answers and pushes and from regions that refuse; they are never dropped because
 * somebody is overloaded or away, only because a master says that the table is gone. While every master is down, they go on
 * serving.
 *
 * <p><em>Thread:</em> any.
 */
final class RouteCache {
    /** After a look-up of a table, none for this long, however many calls fail. */
    private static final long LOOKUP_SPACING_NANOS = Duration.ofMillis(50).toNanos();

    private static final int SUBSCRIBED_AT_ONCE = 500;

    private final ConcurrentHashMap<String, CachedTable> tables = new ConcurrentHashMap<>();
    private final MasterLink masters;
    private final Duration lookupTimeout;

    RouteCache(MasterLink masters, Duration lookupTimeout) {
        this.masters = masters;
        this.lookupTimeout = lookupTimeout;
    }

    /** The entry of a table with routes, or null when they have to be looked up. */
    CachedTable known(String name) {
        CachedTable table = tables.get(name);
        return table != null && table.current() != null ? table : null;
    }

    boolean isEmpty() {
        return tables.isEmpty();
    }

    boolean uses(HostPort region) {
        for (CachedTable table : tables.values()) {
            TableRoutes routes = table.current();
            if (routes != null && routes.uses(region)) {
                return true;
            }
        }
        return false;
    }

    /** Looks a table up, together with all who want it at this moment. Fails with NOT_FOUND when there is none. */
    CompletableFuture<CachedTable> load(String name) {
        CachedTable table = tables.computeIfAbsent(name, CachedTable::new);
        return lookUp(table, false).thenApply(routes -> table);
    }

    /** Starts a look-up of newer routes, unless one is under way or has just been made. */
    void refresh(CachedTable table) {
        if (!table.lookedUpWithin(LOOKUP_SPACING_NANOS, System.nanoTime())) {
            // Its failure is told to no one: the calls that need newer routes go on trying with those there are.
            CompletableFuture<TableRoutes> unused = lookUp(table, true);
        }
    }

    private CompletableFuture<TableRoutes> lookUp(CachedTable table, boolean newer) {
        CompletableFuture<TableRoutes> mine = table.beginLookup(newer);
        if (mine == null) {
            CompletableFuture<TableRoutes> theirs = table.lookup();
            TableRoutes current = table.current();
            return theirs != null
                    ? theirs
                    : current != null ? CompletableFuture.completedFuture(current) : lookUp(table, newer);
        }
        CompletableFuture<Reply> unused = masters.call(
                        "look up table '" + table.name() + "'",
                        again -> getRoutes(List.of(table)),
                        MasterLink.Effects.NONE,
                        Deadline.after(lookupTimeout))
                .whenComplete((reply, error) -> {
                    RuntimeException failure = error == null ? merged(table, reply) : Failures.unwrap(error);
                    table.endLookup(System.nanoTime());
                    if (failure == null) {
                        mine.complete(table.current());
                    } else {
                        mine.completeExceptionally(failure);
                    }
                });
        return mine;
    }

    private RuntimeException merged(CachedTable table, Reply reply) {
        try {
            learn(reply.getGetRoutes(), List.of(table));
        } catch (RuntimeException e) {
            return e;
        }
        return table.current() != null && tables.get(table.name()) != null ? null : noSuchTable(table.name());
    }

    static MdsException noSuchTable(String name) {
        return MdsException.builder(
                        ErrorCode.NOT_FOUND, "table '" + name + "' does not exist; listTables() shows those that do")
                .withoutStackTrace()
                .build();
    }

    /** The question for these tables' routes, which also subscribes to their changes. */
    private static Request.Builder getRoutes(Collection<CachedTable> wanted) {
        GetRoutesRequest.Builder request =
                GetRoutesRequest.newBuilder().setSubscribe(true).setDeltas(true);
        for (CachedTable table : wanted) {
            TableRoutes routes = table.current();
            request.addTables(GetRoutesRequest.Known.newBuilder()
                    .setTable(table.name())
                    .setVersion(routes == null ? 0 : routes.version()));
        }
        return Request.newBuilder().setGetRoutes(request);
    }

    private void learn(GetRoutesReply reply, List<CachedTable> asked) {
        for (TableRoute route : reply.getRoutesList()) {
            learn(route);
        }
        reply.getDeltasList().forEach(this::learn);
        for (CachedTable table : asked) {
            if (reply.getMissingList().contains(table.name())) {
                forget(table.name());
            }
        }
    }

    /** What a master said of a table; news only for tables in use. */
    void learn(TableRoute route) {
        CachedTable table = tables.get(route.getSchema().getName());
        if (table != null) {
            table.merge(route);
        }
    }

    /** Some of a table's shards are elsewhere. One who missed what was before asks, and is told all in one answer. */
    private void learn(RouteDelta delta) {
        CachedTable table = tables.get(delta.getTable());
        if (table != null && !table.merge(delta)) {
            refresh(table);
        }
    }

    void learn(RouteUpdate update) {
        update.getRoutesList().forEach(this::learn);
        update.getDeltasList().forEach(this::learn);
        update.getDroppedList().forEach(this::forget);
    }

    /** The table is gone. One of the same name would have another id and a new entry. */
    void forget(String name) {
        CachedTable gone = tables.remove(name);
        if (gone != null) {
            gone.wakeAll();
        }
    }

    boolean isForgotten(CachedTable table) {
        return !table.equals(tables.get(table.name()));
    }

    void wakeAll() {
        tables.values().forEach(CachedTable::wakeAll);
    }

    /** Asks for all tables in use: after a new connection to a master, which knows of no subscription. */
    CompletableFuture<Void> subscribeAgain() {
        List<CachedTable> all = new ArrayList<>(tables.values());
        CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
        for (int from = 0; from < all.size(); from += SUBSCRIBED_AT_ONCE) {
            List<CachedTable> some = all.subList(from, Math.min(all.size(), from + SUBSCRIBED_AT_ONCE));
            done = done.thenCompose(ignored -> masters.callUnhurried(
                            "subscribe to routes",
                            again -> getRoutes(some),
                            MasterLink.Effects.NONE,
                            Deadline.after(lookupTimeout)))
                    .thenAccept(reply -> learn(reply.getGetRoutes(), some));
        }
        return done;
    }
}
