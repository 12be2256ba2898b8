package io.mds.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** A session with the ZooKeeper of a cluster through ZooKeeper's own client, without anything of MDS. Thread: any. */
final class PlainZooKeeper implements AutoCloseable {
    private static final int TIMEOUT_MS = 30_000;

    private final ZooKeeper zooKeeper;

    /** @param servers {@code host:port} */
    PlainZooKeeper(String servers) {
        CountDownLatch connected = new CountDownLatch(1);
        Watcher watcher = event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        };
        try {
            this.zooKeeper = new ZooKeeper(servers, TIMEOUT_MS, watcher);
            if (!connected.await(TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                close();
                throw new IllegalStateException(
                        "ZooKeeper does not answer on " + servers + " after " + TIMEOUT_MS + " ms");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("ZooKeeper at " + servers + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** What the masters of a cluster without a secret write with. */
    static Op creation(String path, byte[] data) {
        return Op.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    void create(String path, byte[] data) {
        try {
            String unused = zooKeeper.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        } catch (KeeperException e) {
            throw new IllegalStateException("create " + path + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** All of it or nothing. */
    CompletableFuture<Void> writeAll(List<Op> operations) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        zooKeeper.multi(
                operations,
                (code, path, context, results) -> {
                    if (code == Code.OK.intValue()) {
                        written.complete(null);
                    } else {
                        written.completeExceptionally(KeeperException.create(
                                Code.get(code), operations.get(0).getPath()));
                    }
                },
                null);
        return written;
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while waiting for ZooKeeper", e);
    }

    @Override
    public void close() {
        try {
            boolean unused = zooKeeper.close(TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
