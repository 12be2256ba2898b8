package io.mds.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
    private volatile TableRoutes current;

    @GuardedBy("this")
    private CompletableFuture<TableRoutes> lookup;

    @GuardedBy("this")
    private long lookedUpAt;

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
        wakeAll();
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
        wakeAll();
        return true;
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
