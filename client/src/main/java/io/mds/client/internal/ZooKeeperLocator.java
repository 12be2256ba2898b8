package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.znode.ActiveMaster;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * Reads the active master's address from ZooKeeper.
 *
 * <p>Opens a session for one look-up and closes it again: thousands of clients that merely exist cost ZooKeeper nothing.
 * While no master is active, or only one that does not answer, a look-up watches for another for a second, so that a new
 * one is found as soon as it is there.
 *
 * <p><em>Thread:</em> the read blocks a thread of its own, which ends when it is idle.
 */
final class ZooKeeperLocator implements MasterLocator {
    private static final int SESSION_TIMEOUT_MS = 10_000;
    private static final int CLOSE_TIMEOUT_MS = 1_000;
    static final Duration WATCH = Duration.ofSeconds(1);

    /** All clients of a cluster are told of a new master at once; they do not come to it at once. */
    private static final long MAX_JITTER_NANOS = Duration.ofMillis(100).toNanos();

    private final String servers;
    private final String path;
    private final Duration watch;
    private final ThreadPoolExecutor executor;

    /**
     * @param watch how long a look-up waits for another master than the one that is unreachable, or for any
     */
    ZooKeeperLocator(String servers, String root, String threadName, Duration watch) {
        this.servers = servers;
        this.watch = watch;
        this.path = new ZnodePaths(root).active();
        this.executor = new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(4), task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    @Override
    public CompletableFuture<List<HostPort>> locate(HostPort unreachable, Deadline deadline) {
        CompletableFuture<List<HostPort>> found = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                try {
                    found.complete(List.of(read(unreachable, deadline)));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    found.completeExceptionally(unavailable("interrupted by the client's close", e));
                } catch (RuntimeException e) {
                    found.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            found.completeExceptionally(unavailable("the client is closed", e));
        }
        return found;
    }

    private HostPort read(HostPort unreachable, Deadline deadline) throws InterruptedException {
        CountDownLatch connected = new CountDownLatch(1);
        Watcher watcher = (WatchedEvent event) -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        };
        ZooKeeper zooKeeper;
        try {
            zooKeeper = new ZooKeeper(servers, SESSION_TIMEOUT_MS, watcher);
        } catch (IOException | IllegalArgumentException e) {
            throw unavailable("cannot use it: " + e.getMessage(), e);
        }
        try {
            Duration patience = deadline.remaining();
            if (!connected.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                throw unavailable("no answer within " + patience.toMillis() + " ms", null);
            }
            return awaitAnother(zooKeeper, unreachable, deadline);
        } catch (ExecutionException e) {
            throw describe(e.getCause());
        } catch (TimeoutException e) {
            throw unavailable("no answer in time", e);
        } catch (ZnodeFormatException e) {
            throw unavailable(e.getMessage(), e);
        } finally {
            zooKeeper.close(CLOSE_TIMEOUT_MS);
        }
    }

    /** The active master; the unreachable one only if there is no other by the end of the watch. */
    private HostPort awaitAnother(ZooKeeper zooKeeper, HostPort unreachable, Deadline deadline)
            throws InterruptedException, ExecutionException, TimeoutException {
        Deadline end = deadline.atMost(watch);
        for (boolean waited = false; ; waited = true) {
            CountDownLatch changed = new CountDownLatch(1);
            Optional<HostPort> active = watched(zooKeeper, changed, deadline);
            if (active.isPresent() && !active.get().equals(unreachable)) {
                if (waited) {
                    TimeUnit.NANOSECONDS.sleep(ThreadLocalRandom.current().nextLong(MAX_JITTER_NANOS));
                }
                return active.get();
            }
            if (!changed.await(end.remainingNanos(), TimeUnit.NANOSECONDS)) {
                return active.orElseThrow(() -> unavailable(path + " does not exist: no master is active now", null));
            }
        }
    }

    /** What is written down now; the latch opens when that changes. */
    private Optional<HostPort> watched(ZooKeeper zooKeeper, CountDownLatch changed, Deadline deadline)
            throws InterruptedException, ExecutionException, TimeoutException {
        while (true) {
            CompletableFuture<Optional<byte[]>> data = new CompletableFuture<>();
            zooKeeper.getData(
                    path,
                    event -> changed.countDown(),
                    (code, znode, context, bytes, stat) -> settle(data, code, bytes),
                    null);
            Optional<byte[]> found = data.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
            if (found.isPresent()) {
                ActiveMaster active = ZnodeJson.read(path, found.get(), ActiveMaster.class);
                return Optional.of(new HostPort(active.host(), active.port()));
            }
            // A read of a znode that is not there sets no watch; this does.
            CompletableFuture<Optional<Stat>> there = new CompletableFuture<>();
            zooKeeper.exists(
                    path,
                    event -> changed.countDown(),
                    (code, znode, context, stat) -> settle(there, code, stat),
                    null);
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
    public void close() {
        executor.shutdownNow();
    }
}
