package io.mds.bench;

import io.mds.znode.ZnodeJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
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
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

/**
 * A session with the ZooKeeper of a cluster through ZooKeeper's own client, which writes as the cluster's masters do.
 *
 * <p>Thread: any.
 */
final class PlainZooKeeper implements AutoCloseable {
    private static final int TIMEOUT_MS = 30_000;
    private static final String SCHEME = "digest";

    private final ZooKeeper zooKeeper;
    private final List<ACL> acl;

    /** Of a cluster without a secret: {@code host:port}. */
    static PlainZooKeeper open(String servers) {
        return new PlainZooKeeper(servers, ZooDefs.Ids.OPEN_ACL_UNSAFE);
    }

    /** @param secret of the masters */
    static PlainZooKeeper asMaster(String servers, String secret) {
        String masters = "mds-master:" + secret;
        // Not List.of: ZooKeeper's client asks whether the list contains null, which such a list refuses to say.
        PlainZooKeeper made = new PlainZooKeeper(
                servers,
                Arrays.asList(
                        new ACL(ZooDefs.Perms.ALL, new Id(SCHEME, digest(masters))),
                        new ACL(ZooDefs.Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE)));
        made.zooKeeper.addAuthInfo(SCHEME, masters.getBytes(StandardCharsets.UTF_8));
        return made;
    }

    private static String digest(String credential) {
        try {
            return DigestAuthenticationProvider.generateDigest(credential);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JDK lacks the digest algorithm of ZooKeeper", e);
        }
    }

    private PlainZooKeeper(String servers, List<ACL> acl) {
        this.acl = acl;
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

    /** An operation for {@link #writeAll}. */
    Op creation(String path, Record value) {
        return Op.create(path, ZnodeJson.write(value), acl, CreateMode.PERSISTENT);
    }

    /** The same, of a znode that goes with this session. */
    Op ephemeral(String path, Record value) {
        return Op.create(path, ZnodeJson.write(value), acl, CreateMode.EPHEMERAL);
    }

    void create(String path, byte[] data) {
        try {
            String unused = zooKeeper.create(path, data, acl, CreateMode.PERSISTENT);
        } catch (KeeperException e) {
            throw new IllegalStateException("create " + path + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    <T extends Record> T read(String path, Class<T> type) {
        try {
            return ZnodeJson.read(path, zooKeeper.getData(path, false, null), type);
        } catch (KeeperException e) {
            throw new IllegalStateException("read " + path + ": " + e.getMessage(), e);
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
