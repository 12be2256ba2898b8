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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

/**
 * Reads the active master's address from ZooKeeper.
 *
 * <p>Opens a session for one read and closes it again: thousands of clients that merely exist cost ZooKeeper nothing.
 *
 * <p><em>Thread:</em> the read blocks a thread of its own, which ends when it is idle.
 */
final class ZooKeeperLocator implements MasterLocator {
    private static final int SESSION_TIMEOUT_MS = 10_000;
    private static final int CLOSE_TIMEOUT_MS = 1_000;

    private final String servers;
    private final String path;
    private final ThreadPoolExecutor executor;

    ZooKeeperLocator(String servers, String root, String threadName) {
        this.servers = servers;
        this.path = new ZnodePaths(root).active();
        this.executor = new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(4), task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    @Override
    public CompletableFuture<List<HostPort>> locate(Deadline deadline) {
        CompletableFuture<List<HostPort>> found = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                try {
                    found.complete(List.of(read(deadline)));
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

    private HostPort read(Deadline deadline) throws InterruptedException {
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
            CompletableFuture<byte[]> data = new CompletableFuture<>();
            zooKeeper.getData(
                    path,
                    false,
                    (code, znode, context, bytes, stat) -> {
                        if (code == KeeperException.Code.OK.intValue()) {
                            data.complete(bytes);
                        } else {
                            data.completeExceptionally(KeeperException.create(KeeperException.Code.get(code), znode));
                        }
                    },
                    null);
            ActiveMaster active = ZnodeJson.read(
                    path, data.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS), ActiveMaster.class);
            return new HostPort(active.host(), active.port());
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

    private MdsException describe(Throwable cause) {
        if (cause instanceof KeeperException.NoNodeException) {
            return unavailable(path + " does not exist: no master is active now", cause);
        }
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
    public void close() {
        executor.shutdownNow();
    }
}
