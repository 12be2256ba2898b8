package io.mds.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.proto.RouteDelta;
import io.mds.proto.ShardRoute;
import io.mds.proto.TableRoute;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The client's entry for one table name: the routes it knows, the look-up under way, the calls that wait for newer routes.
 *
 * <p><em>Invariant:</em> {@link #current()} is replaced only by what {@link TableRoutes} merges, so it never goes back.
 *
 * <p><em>Thread:</em> any. Waiting calls are woken outside the lock.
 */
public final class CachedTable {
    private final String name;
    private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();
    private final Set<RoutesListener> underWay = ConcurrentHashMap.newKeySet();
    private volatile TableRoutes current;

    @GuardedBy("this")
    private CompletableFuture<TableRoutes> lookup;

    @GuardedBy("this")
    private long lookedUpAt;

    /** Something under way that may have to be done otherwise when routes become newer. */
    interface RoutesListener {
        void routesChanged(TableRoutes now);
    }

    CachedTable(String name) {
        this.name = name;
    }

    public String name() {
        return name;
    }

    /** Null before the first look-up. */
    public TableRoutes current() {
        return current;
    }

    /** What the master answered of the table. */
    public void learn(TableRoute route) {
        boolean unused = merge(route);
    }

    /** True when it was news. */
    boolean merge(TableRoute route) {
        synchronized (this) {
            TableRoutes before = current;
            TableRoutes after = before == null ? TableRoutes.of(route) : before.merge(route);
            if (sameObject(before, after)) {
                return false;
            }
            current = after;
        }
        tellAll();
        return true;
    }

    /** True when it was news. */
    boolean merge(ShardRoute route) {
        synchronized (this) {
            TableRoutes before = current;
            TableRoutes after = before == null ? null : before.merge(route);
            if (sameObject(before, after)) {
                return false;
            }
            current = after;
        }
        tellAll();
        return true;
    }

    /** False when the delta is of no use without what came before it. */
    boolean merge(RouteDelta delta) {
        boolean complete;
        synchronized (this) {
            TableRoutes before = current;
            if (before == null) {
                return false;
            }
            complete = !before.isBehind(delta);
            TableRoutes after = before.merge(delta);
            if (sameObject(before, after)) {
                return complete;
            }
            current = after;
        }
        tellAll();
        return complete;
    }

    private void tellAll() {
        TableRoutes now = current;
        underWay.forEach(listener -> listener.routesChanged(now));
        wakeAll();
    }

    /** Tells the listener of all newer routes until {@link #stopListening}; it may be told of some that it knows. */
    void listen(RoutesListener listener) {
        underWay.add(listener);
    }

    void stopListening(RoutesListener listener) {
        underWay.remove(listener);
    }

    /**
     * A look-up to start; null when one is under way, which {@link #lookup()} gives, or when none is needed.
     *
     * @param newer whether to look for newer routes where there are some
     */
    synchronized CompletableFuture<TableRoutes> beginLookup(boolean newer) {
        if (lookup != null || (!newer && current != null)) {
            return null;
        }
        lookup = new CompletableFuture<>();
        return lookup;
    }

    synchronized CompletableFuture<TableRoutes> lookup() {
        return lookup;
    }

    synchronized void endLookup(long nowNanos) {
        lookup = null;
        lookedUpAt = nowNanos;
    }

    /** Whether a look-up ended less than this ago, so that another one is not worth its price. */
    synchronized boolean lookedUpWithin(long nanos, long nowNanos) {
        return lookedUpAt != 0 && nowNanos - lookedUpAt < nanos;
    }

    /** Runs the task, once for each time it is added, when routes become newer. */
    void awaitNews(Runnable task) {
        waiting.add(task);
    }

    void stopWaiting(Runnable task) {
        waiting.remove(task);
    }

    void wakeAll() {
        for (Runnable task : waiting) {
            if (waiting.remove(task)) {
                task.run();
            }
        }
    }

    @SuppressWarnings("ReferenceEquality")
    private static boolean sameObject(TableRoutes a, TableRoutes b) {
        return a == b;
    }
}
