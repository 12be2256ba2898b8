package io.mds.master.testing;

import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.WriteCounters;
import io.mds.master.metadata.ZooKeeperSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.server.ServerCnxn;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.persistence.FileTxnLog;

/** A real ZooKeeper server in this JVM, which can be stopped, started again on its port, and made to forget sessions. */
public final class TestingZooKeeper implements AutoCloseable {
    /** Short, so that sessions may be short: ZooKeeper grants at least two ticks. */
    private static final int TICK_MS = 200;

    private final Path data;
    private int port;
    private ServerCnxnFactory connections;
    private ZooKeeperServer server;

    private TestingZooKeeper(Path data) {
        this.data = data;
    }

    public static TestingZooKeeper start() {
        try {
            TestingZooKeeper zooKeeper = new TestingZooKeeper(Files.createTempDirectory("mds-zookeeper"));
            zooKeeper.startServer();
            return zooKeeper;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public synchronized void startServer() {
        try {
            FileTxnLog.setPreallocSize(1 << 20);
            server = new ZooKeeperServer(data.toFile(), data.toFile(), TICK_MS);
            server.setMaxSessionTimeout(60_000);
            connections =
                    ServerCnxnFactory.createFactory(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
            connections.startup(server);
            port = connections.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public synchronized void stopServer() {
        if (connections != null) {
            connections.shutdown();
            connections = null;
        }
    }

    public String connectString() {
        return "127.0.0.1:" + port;
    }

    synchronized int port() {
        return port;
    }

    /** Ends a session as if its time had run out. */
    public synchronized void expire(long sessionId) {
        server.closeSession(sessionId);
    }

    /** Cuts the connection of a session, which may come back. */
    public synchronized void cut(long sessionId) {
        connections.closeSession(sessionId, ServerCnxn.DisconnectReason.CLOSE_CONNECTION_COMMAND);
    }

    /** A plain client, as anybody could make one; authenticated with digest credentials if any are given. */
    public ZooKeeper client(String... credentials) {
        try {
            CountDownLatch connected = new CountDownLatch(1);
            ZooKeeper client = new ZooKeeper(connectString(), 10_000, event -> {
                if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                    connected.countDown();
                }
            });
            for (String credential : credentials) {
                client.addAuthInfo("digest", credential.getBytes(StandardCharsets.UTF_8));
            }
            if (!connected.await(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("no connection to the testing ZooKeeper");
            }
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public ZooKeeperSession session(AccessControl access, Duration timeout) {
        return ZooKeeperSession.start(connectString(), timeout, Duration.ofSeconds(5), access, new WriteCounters());
    }

    @Override
    public void close() {
        stopServer();
        try (Stream<Path> files = Files.walk(data)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
