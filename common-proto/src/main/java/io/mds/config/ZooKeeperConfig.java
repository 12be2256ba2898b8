package io.mds.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where ZooKeeper is and how the znodes are protected: the keys {@code zookeeper.*}. */
public record ZooKeeperConfig(
        String connect,
        String root,
        String acl,
        String secret,
        Duration sessionTimeout,
        Duration connectionTimeout,
        boolean worldRead) {
    private static final int MAX_PORT = 65_535;
    private static final Pattern SERVER =
            Pattern.compile("(?:\\[[0-9A-Fa-f:.]+(?:%\\w+)?]|[^\\s,/:\\[\\]]+)(?::(?<port>[0-9]{1,5}))?");

    public static ZooKeeperConfig from(Settings settings) {
        ZooKeeperConfig config = new ZooKeeperConfig(
                settings.string("zookeeper.connect"),
                settings.string("zookeeper.root"),
                settings.oneOf("zookeeper.acl", List.of("open", "digest")),
                settings.string("zookeeper.secret"),
                settings.duration("zookeeper.session-timeout", Duration.ofSeconds(1), Duration.ofMinutes(2)),
                settings.duration("zookeeper.connection-timeout", Duration.ofMillis(100), Duration.ofMinutes(1)),
                settings.bool("zookeeper.world-read"));
        settings.require(
                isServerList(config.connect),
                "zookeeper.connect",
                "host:port of each ZooKeeper server, separated by commas, without a path (see zookeeper.root)");
        settings.require(
                config.root.matches("(/(?!\\.{1,2}(/|$))[^/\\s]+)+"),
                "zookeeper.root",
                "an absolute path without a trailing slash, like /mds");
        return config;
    }

    /** As ZooKeeper's client takes it: ports may be left out, and empty places between commas are none. */
    private static boolean isServerList(String connect) {
        List<String> servers = Arrays.stream(connect.split(","))
                .map(String::strip)
                .filter(server -> !server.isEmpty())
                .toList();
        return !servers.isEmpty() && servers.stream().allMatch(ZooKeeperConfig::isServer);
    }

    private static boolean isServer(String server) {
        Matcher parts = SERVER.matcher(server);
        if (!parts.matches()) {
            return false;
        }
        int port = parts.group("port") == null ? 1 : Integer.parseInt(parts.group("port"));
        return port >= 1 && port <= MAX_PORT;
    }

    @Override
    public String toString() {
        return "ZooKeeperConfig[" + connect + root + ", acl " + acl + "]";
    }
}
