package io.mds.master.testing;

import io.mds.master.MasterConfig;
import io.mds.rpc.HostPort;
import io.mds.rpc.RpcConfig;
import java.time.Duration;

/** Settings of masters under test: short times, free ports. */
public final class MasterConfigs {
    public static final String SECRET = "the masters' secret";

    private MasterConfigs() {}

    public static MasterConfig config(TestingZooKeeper zooKeeper, String id) {
        return config(zooKeeper, id, Duration.ofSeconds(3), Duration.ofSeconds(20));
    }

    public static MasterConfig config(
            TestingZooKeeper zooKeeper, String id, Duration regionDeadAfter, Duration procedureTimeout) {
        return config(zooKeeper.connectString(), id, regionDeadAfter, procedureTimeout, Duration.ofSeconds(4), 10_000);
    }

    /** One that nothing but its end deposes, and that takes no region for dead within a test. */
    public static MasterConfig patient(TestingZooKeeper zooKeeper, String id) {
        return config(
                zooKeeper.connectString(),
                id,
                Duration.ofSeconds(60),
                Duration.ofSeconds(20),
                Duration.ofSeconds(30),
                10_000);
    }

    /** One that keeps few entries of the OpLog. */
    public static MasterConfig config(TestingZooKeeper zooKeeper, String id, int opLogRetention) {
        return config(
                zooKeeper.connectString(),
                id,
                Duration.ofSeconds(3),
                Duration.ofSeconds(20),
                Duration.ofSeconds(4),
                opLogRetention);
    }

    /** One that reaches ZooKeeper through a proxy. */
    public static MasterConfig config(TestingZooKeeperProxy proxy, String id) {
        return config(proxy, id, Duration.ofSeconds(20));
    }

    public static MasterConfig config(TestingZooKeeperProxy proxy, String id, Duration procedureTimeout) {
        return config(
                proxy.connectString(), id, Duration.ofSeconds(30), procedureTimeout, Duration.ofSeconds(4), 10_000);
    }

    /** One of a cluster with a root of its own, whose shards stay where they are unless they are moved. */
    public static MasterConfig still(TestingZooKeeperProxy proxy, String root, String id) {
        return config(
                proxy.connectString(),
                root,
                id,
                Duration.ofSeconds(30),
                Duration.ofSeconds(20),
                Duration.ofSeconds(4),
                10_000,
                Duration.ofHours(1));
    }

    private static MasterConfig config(
            String connect,
            String id,
            Duration regionDeadAfter,
            Duration procedureTimeout,
            Duration sessionTimeout,
            int opLogRetention) {
        return config(
                connect,
                "/mds",
                id,
                regionDeadAfter,
                procedureTimeout,
                sessionTimeout,
                opLogRetention,
                Duration.ofSeconds(1));
    }

    private static MasterConfig config(
            String connect,
            String root,
            String id,
            Duration regionDeadAfter,
            Duration procedureTimeout,
            Duration sessionTimeout,
            int opLogRetention,
            Duration rebalanceInterval) {
        return new MasterConfig(
                connect,
                root,
                SECRET,
                true,
                sessionTimeout,
                Duration.ofSeconds(4),
                new HostPort("127.0.0.1", 0),
                "",
                0,
                new HostPort("127.0.0.1", 0),
                RpcConfig.DEFAULTS,
                id,
                Duration.ofSeconds(1),
                regionDeadAfter,
                procedureTimeout,
                8,
                rebalanceInterval,
                100,
                opLogRetention,
                10_000);
    }
}
