package io.mds.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.zookeeper.server.ServerCnxn;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;

/**
 * A standalone ZooKeeper server inside this JVM, with its data in a directory of its own; it can be stopped and started
 * again on the same port with its data kept.
 *
 * <p>Thread: every method may be called from any thread; they are serialised.
 */
public final class EmbeddedZooKeeper implements ZooKeeperNode {
    /** Small enough for session timeouts of 2 s (a session lasts at least two ticks). */
    private static final int TICK_MS = 500;

    private static final long PREALLOCATED_LOG_BYTES = 1L << 20;

    private final Path data;
    private final String host;
    private int port;
    private ServerCnxnFactory connections;
    private ZooKeeperServer server;

    /**
     * @param port 0 for a free one, which then stays the same over restarts
     */
    public EmbeddedZooKeeper(Path data, String host, int port) {
        this.data = data;
        this.host = host;
        this.port = port;
    }

    @Override
    public synchronized void start() {
        if (connections != null) {
            return;
        }
        try {
            Files.createDirectories(data);
            FileTxnLog.setPreallocSize(PREALLOCATED_LOG_BYTES);
            server = new ZooKeeperServer(new FileTxnSnapLog(data.toFile(), data.toFile()), TICK_MS, "");
            server.setMaxSessionTimeout(120_000);
            connections = ServerCnxnFactory.createFactory(new InetSocketAddress(InetAddress.getByName(host), port), 0);
            connections.startup(server);
            port = connections.getLocalPort();
        } catch (IOException e) {
            connections = null;
            throw new UncheckedIOException(
                    "ZooKeeper cannot start on " + host + ":" + port + " with data in " + data + ": " + e.getMessage(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while ZooKeeper was starting", e);
        }
    }

    @Override
    public synchronized void stop() {
        if (connections != null) {
            connections.shutdown();
            connections = null;
            server = null;
        }
    }

    @Override
    public synchronized void expireSession(long sessionId) {
        requireRunning().closeSession(sessionId);
    }

    @Override
    public synchronized void cutSession(long sessionId) {
        requireRunning();
        connections.closeSession(sessionId, ServerCnxn.DisconnectReason.CLOSE_CONNECTION_COMMAND);
    }

    private ZooKeeperServer requireRunning() {
        if (server == null) {
            throw new IllegalStateException("ZooKeeper on port " + port + " is not running");
        }
        return server;
    }

    @Override
    public synchronized String connectString() {
        return host + ":" + port;
    }

    synchronized int port() {
        return port;
    }

    @Override
    public void close() {
        stop();
    }
}
