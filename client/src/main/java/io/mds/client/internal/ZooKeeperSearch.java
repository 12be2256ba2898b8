package io.mds.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.znode.ActiveMaster;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * A search for the active master in ZooKeeper, with one session, however long it takes.
 *
 * <p>While no master is active, or only one that does not answer, it watches for another; now and then it looks without
 * being told, and has the one that did not answer tried again.
 *
 * <p><em>Thread:</em> {@link #next} works on the locator's thread, one at a time; the rest is any's.
 */
final class ZooKeeperSearch implements MasterSearch {
    private static final int SESSION_TIMEOUT_MS = 10_000;
    private static final int CLOSE_TIMEOUT_MS = 1_000;

    private final String servers;
    private final String path;
    private final Backoff retry;
    private final ExecutorService executor;
    private volatile String obstacle;

    @GuardedBy("this")
    private Future<?> looking;

    @GuardedBy("this")
    private CompletableFuture<Found> asked;

    @GuardedBy("this")
    private boolean closed;

    private ZooKeeper zooKeeper;
    private ActiveMaster named;
    private int retries;

    /** @param executor of one thread */
    ZooKeeperSearch(String servers, String path, Backoff retry, ExecutorService executor) {
        this.servers = servers;
        this.path = path;
        this.retry = retry;
        this.executor = executor;
    }

    @Override
    public CompletableFuture<Found> next(Deadline deadline) {
        CompletableFuture<Found> found = new CompletableFuture<>();
        synchronized (this) {
            if (!closed) {
                try {
                    asked = found;
                    looking = executor.submit(() -> answer(found, deadline));
                    return found;
                } catch (RejectedExecutionException e) {
                    closed = true;
                }
            }
        }
        found.completeExceptionally(ClusterAccess.clientClosed());
        return found;
    }

    private void answer(CompletableFuture<Found> found, Deadline deadline) {
        try {
            found.complete(look(deadline));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            found.completeExceptionally(ClusterAccess.clientClosed());
        } catch (ExecutionException e) {
            found.completeExceptionally(describe(e.getCause()));
        } catch (TimeoutException e) {
            found.completeExceptionally(unavailable("no answer in time", e));
        } catch (RuntimeException e) {
            found.completeExceptionally(e);
        }
    }

    private Found look(Deadline deadline) throws InterruptedException, ExecutionException, TimeoutException {
        boolean first = zooKeeper == null;
        if (first) {
            open(deadline);
        }
        Deadline again = deadline.atMost(retryWait());
        for (boolean awaited = !first; ; awaited = true) {
            CountDownLatch changed = new CountDownLatch(1);
            ActiveMaster active = watched(changed, deadline);
            if (active != null && !active.equals(named)) {
                named = active;
                retries = 0;
                return found(active, awaited);
            }
            if (!changed.await(again.remainingNanos(), TimeUnit.NANOSECONDS)) {
                retries++;
                if (active != null) {
                    return found(active, false);
                }
                if (deadline.isExpired()) {
                    throw unavailable(obstacle, null);
                }
                again = deadline.atMost(retryWait());
            }
        }
    }

    private Duration retryWait() {
        return Duration.ofNanos(retry.nanos(retries + 1));
    }

    private static Found found(ActiveMaster active, boolean awaited) {
        return new Found(List.of(new HostPort(active.host(), active.port())), awaited);
    }

    private void open(Deadline deadline) throws InterruptedException {
        obstacle = "no answer";
        CountDownLatch connected = new CountDownLatch(1);
        Watcher watcher = (WatchedEvent event) -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        };
        try {
            zooKeeper = new ZooKeeper(servers, SESSION_TIMEOUT_MS, watcher);
        } catch (IOException | IllegalArgumentException e) {
            throw unavailable("cannot use it: " + e.getMessage(), e);
        }
        Duration patience = deadline.remaining();
        if (!connected.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
            throw unavailable("no answer within " + patience.toMillis() + " ms", null);
        }
    }

    /** What is written down now, null when that is no master; the latch opens when it changes. */
    private ActiveMaster watched(CountDownLatch changed, Deadline deadline)
            throws InterruptedException, ExecutionException, TimeoutException {
        try {
            Optional<byte[]> data = read(changed, deadline);
            obstacle = data.isPresent() ? null : path + " does not exist: no master is active now";
            return data.isPresent() ? ZnodeJson.read(path, data.get(), ActiveMaster.class) : null;
        } catch (ZnodeFormatException e) {
            obstacle = e.getMessage();
            return null;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KeeperException.ConnectionLossException) {
                // The session may live on. If not, the next read says so.
                obstacle = "the connection was lost";
                return null;
            }
            throw e;
        }
    }

    private Optional<byte[]> read(CountDownLatch changed, Deadline deadline)
            throws InterruptedException, ExecutionException, TimeoutException {
        // A lost connection is told to every watch, too, and is not worth looking for.
        Watcher watcher = event -> {
            if (event.getType() != Watcher.Event.EventType.None) {
                changed.countDown();
            }
        };
        while (true) {
            CompletableFuture<Optional<byte[]>> data = new CompletableFuture<>();
            zooKeeper.getData(path, watcher, (code, znode, context, bytes, stat) -> settle(data, code, bytes), null);
            Optional<byte[]> found = data.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
            if (found.isPresent()) {
                return found;
            }
            // A read of a znode that is not there sets no watch; this does.
            CompletableFuture<Optional<Stat>> there = new CompletableFuture<>();
            zooKeeper.exists(path, watcher, (code, znode, context, stat) -> settle(there, code, stat), null);
            if (there.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS).isEmpty()) {
                return Optional.empty();
            }
        }
    }

    private <T> void settle(CompletableFuture<Optional<T>> answer, int code, T value) {
        if (code == KeeperException.Code.OK.intValue()) {
            answer.complete(Optional.of(value));
        } else if (code == KeeperException.Code.NONODE.intValue()) {
            answer.complete(Optional.empty());
        } else {
            answer.completeExceptionally(KeeperException.create(KeeperException.Code.get(code), path));
        }
    }

    private MdsException describe(Throwable cause) {
        if (cause instanceof KeeperException.NoAuthException) {
            return MdsException.builder(
                            ErrorCode.PERMISSION_DENIED,
                            "ZooKeeper at " + servers + ": not allowed to read " + path
                                    + "; name the masters instead: mds://host:port,host:port")
                    .cause(cause)
                    .build();
        }
        return unavailable(cause.getMessage(), cause);
    }

    private MdsException unavailable(String why, Throwable cause) {
        return MdsException.builder(ErrorCode.UNAVAILABLE, "ZooKeeper at " + servers + ": " + why)
                .cause(cause)
                .build();
    }

    @Override
    public boolean awaitsAnother() {
        return true;
    }

    @Override
    public String obstacle() {
        String now = obstacle;
        return now == null ? null : "ZooKeeper at " + servers + ": " + now;
    }

    @Override
    public void close() {
        CompletableFuture<Found> pending;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            pending = asked;
            if (looking != null) {
                looking.cancel(true);
                executor.execute(this::closeSession);
            }
        }
        if (pending != null) {
            pending.completeExceptionally(ClusterAccess.clientClosed());
        }
    }

    private void closeSession() {
        if (zooKeeper == null) {
            return;
        }
        try {
            zooKeeper.close(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
