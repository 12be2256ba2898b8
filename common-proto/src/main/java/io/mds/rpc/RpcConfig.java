package io.mds.rpc;

import java.time.Duration;

/**
 * The limits of connections.
 *
 * @param maxFrameBytes longest frame, in both directions
 * @param maxInFlight calls under way on one connection, in each direction
 * @param idleTimeout silence after which a connection is taken for dead; a ping is sent at a third of it
 * @param connectTimeout for TCP and the handshake together
 * @param eventLoopThreads 0 for one per two cores, at most four
 * @param maxConnections that a server takes at once; the last tenth is not for clients
 * @param spin how long an event loop without work looks for some before it blocks; zero for not at all
 */
public record RpcConfig(
        int maxFrameBytes,
        int maxInFlight,
        Duration idleTimeout,
        Duration connectTimeout,
        Duration backoffMin,
        Duration backoffMax,
        int eventLoopThreads,
        int maxConnections,
        Duration spin) {
    public static final RpcConfig DEFAULTS = new RpcConfig(
            16 << 20,
            4_096,
            Duration.ofSeconds(15),
            Duration.ofSeconds(2),
            Duration.ofMillis(50),
            Duration.ofSeconds(2),
            0,
            10_000,
            Duration.ZERO);

    public RpcConfig {
        require(
                maxFrameBytes >= 1 << 10 && maxFrameBytes <= 1 << 28,
                "rpc.max-frame",
                maxFrameBytes,
                "1 KiB to 256 MiB");
        require(maxInFlight >= 1 && maxInFlight <= 1_000_000, "rpc.max-in-flight", maxInFlight, "1 to 1000000");
        require(idleTimeout.toMillis() >= 100, "rpc.idle-timeout", idleTimeout, "at least 100 ms");
        require(connectTimeout.toMillis() >= 10, "rpc.connect-timeout", connectTimeout, "at least 10 ms");
        require(!backoffMin.isZero() && !backoffMin.isNegative(), "rpc.backoff-min", backoffMin, "more than 0");
        require(backoffMax.compareTo(backoffMin) >= 0, "rpc.backoff-max", backoffMax, "at least rpc.backoff-min");
        require(eventLoopThreads >= 0 && eventLoopThreads <= 64, "rpc.event-loop-threads", eventLoopThreads, "0 to 64");
        require(maxConnections >= 1, "rpc.max-connections", maxConnections, "at least 1");
        require(!spin.isNegative() && spin.toMillis() <= 1, "rpc.spin", spin, "0 to 1 ms");
    }

    /** Event loops that block at once. */
    public RpcConfig(
            int maxFrameBytes,
            int maxInFlight,
            Duration idleTimeout,
            Duration connectTimeout,
            Duration backoffMin,
            Duration backoffMax,
            int eventLoopThreads,
            int maxConnections) {
        this(
                maxFrameBytes,
                maxInFlight,
                idleTimeout,
                connectTimeout,
                backoffMin,
                backoffMax,
                eventLoopThreads,
                maxConnections,
                Duration.ZERO);
    }

    private static void require(boolean condition, String key, Object value, String expected) {
        if (!condition) {
            throw new IllegalArgumentException(key + ": " + value + " (expected: " + expected + ")");
        }
    }

    /** How many connections may be open when a client's is let in, itself included: there is room left for servers. */
    int maxConnectionsForClients() {
        return maxConnections - maxConnections / 10;
    }

    int effectiveEventLoopThreads() {
        if (eventLoopThreads > 0) {
            return eventLoopThreads;
        }
        return Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors() / 2));
    }
}
