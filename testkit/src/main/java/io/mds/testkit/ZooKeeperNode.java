package io.mds.testkit;

/** The ZooKeeper of a test cluster, in this JVM or in one of its own. */
public interface ZooKeeperNode extends AutoCloseable {
    /** Starts, or starts again with the data and the port it had; returns once it answers. */
    void start();

    /** Stops; the data stay. Clients see a lost connection, and their sessions go on if it is started again in time. */
    void stop();

    /** Ends a session as if it had timed out: its ephemeral znodes go, its owner is told so. */
    void expireSession(long sessionId);

    /** Closes the TCP connection of a session; the session itself stays. */
    void cutSession(long sessionId);

    /** {@code host:port}, as clients want it. */
    String connectString();

    @Override
    void close();
}
