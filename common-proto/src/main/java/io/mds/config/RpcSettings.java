package io.mds.config;

import io.mds.rpc.HostPort;
import io.mds.rpc.RpcConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/** Where RPC listens, what others are told, and the limits of connections: the keys {@code rpc.*}. */
public record RpcSettings(HostPort bind, String advertisedHost, int advertisedPort, RpcConfig limits) {
    private static final int MAX_PORT = 65_535;

    public static RpcSettings from(Settings settings) {
        RpcConfig defaults = RpcConfig.DEFAULTS;
        return new RpcSettings(
                new HostPort(settings.host("rpc.host"), settings.integer("rpc.port", 0, MAX_PORT)),
                settings.string("rpc.advertised-host"),
                settings.integer("rpc.advertised-port", 0, MAX_PORT),
                new RpcConfig(
                        (int) settings.bytes("rpc.max-frame", 1 << 16, 1 << 28),
                        settings.integer("rpc.max-in-flight", 1, 1_000_000),
                        settings.duration("rpc.idle-timeout", Duration.ofMillis(100), Duration.ofHours(1)),
                        settings.duration("rpc.connect-timeout", Duration.ofMillis(10), Duration.ofMinutes(1)),
                        defaults.backoffMin(),
                        defaults.backoffMax(),
                        settings.integer("rpc.event-loop-threads", 0, 64),
                        settings.integer("rpc.max-connections", 1, 1_000_000),
                        settings.duration("rpc.spin", Duration.ZERO, Duration.ofMillis(1))));
    }

    /**
     * What others are told to connect to.
     *
     * @param boundPort the port that is really listened on
     */
    public HostPort advertised(int boundPort) {
        String host = advertisedHost;
        if (host.isEmpty()) {
            host = bind.host().equals("0.0.0.0") || bind.host().equals("::") ? localHost() : bind.host();
        }
        return new HostPort(host, advertisedPort == 0 ? boundPort : advertisedPort);
    }

    private static String localHost() {
        try {
            return InetAddress.getLocalHost().getHostAddress();
        } catch (UnknownHostException e) {
            throw new ConfigException("rpc.advertised-host: empty, and this machine does not know its own address ("
                    + e.getMessage() + "); set it");
        }
    }
}
