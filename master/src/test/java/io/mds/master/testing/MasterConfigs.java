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
        return new MasterConfig(
                zooKeeper.connectString(),
                "/mds",
                SECRET,
                true,
                Duration.ofSeconds(4),
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
                Duration.ofSeconds(1),
                100,
                10_000,
                10_000);
    }
}
