package io.mds.config;

import java.time.Duration;
import java.util.List;

/** Where ZooKeeper is and how the znodes are protected: the keys {@code zookeeper.*}. */
public record ZooKeeperConfig(
        String connect,
        String root,
        String acl,
        String secret,
        Duration sessionTimeout,
        Duration connectionTimeout,
        boolean worldRead) {
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
                config.root.matches("(/[^/\\s]+)+"),
                "zookeeper.root: '" + config.root
                        + "' (expected: an absolute path without a trailing slash, like /mds)");
        return config;
    }

    @Override
    public String toString() {
        return "ZooKeeperConfig[" + connect + root + ", acl " + acl + "]";
    }
}
