package io.mds.master;

import io.mds.config.RpcSettings;
import io.mds.config.Settings;
import io.mds.config.ZooKeeperConfig;
import io.mds.rpc.HostPort;
import io.mds.rpc.RpcConfig;
import java.time.Duration;

/**
 * What a master is told at its start; sealed then.
 *
 * @param zooKeeperConnect "host:port,host:port"
 * @param zooKeeperRoot the path below which everything is
 * @param aclSecret the secret that masters share; empty for open ACLs
 * @param worldRead whether anybody may read the znodes; where the active master answers, anybody may in any case
 * @param sessionTimeout after which ZooKeeper gives a silent master up, and another takes over
 * @param bind where RPC listens; port 0 for any free one
 * @param advertisedHost what others are told to connect to; empty for the host that is bound
 * @param advertisedPort what others are told to connect to; 0 for the port that is bound
 * @param adminBind where the admin HTTP server listens; port 0 for any free one
 * @param id the master's name; empty to make it of its address
 * @param heartbeatInterval how often regions say that they are alive
 * @param regionDeadAfter how long a silent region keeps its place
 * @param procedureTimeout how long creating or dropping a table may take before it is rolled back or cut short
 * @param repairCopies copies of shards that are made at the same time, in the whole cluster
 * @param rebalanceInterval how often a step towards an even spread is taken
 * @param ddlQueue changes of tables that may run or wait at once
 * @param opLogRetention entries of the OpLog that are kept in any case
 * @param requestQueue requests that may wait for the metadata thread
 */
public record MasterConfig(
        String zooKeeperConnect,
        String zooKeeperRoot,
        String aclSecret,
        boolean worldRead,
        Duration sessionTimeout,
        Duration connectionTimeout,
        HostPort bind,
        String advertisedHost,
        int advertisedPort,
        HostPort adminBind,
        RpcConfig rpc,
        String id,
        Duration heartbeatInterval,
        Duration regionDeadAfter,
        Duration procedureTimeout,
        int repairCopies,
        Duration rebalanceInterval,
        int ddlQueue,
        int opLogRetention,
        int requestQueue) {
    private static final int MAX_PORT = 65_535;

    /** The same, listening elsewhere. */
    MasterConfig withBind(HostPort other) {
        return new MasterConfig(
                zooKeeperConnect,
                zooKeeperRoot,
                aclSecret,
                worldRead,
                sessionTimeout,
                connectionTimeout,
                other,
                advertisedHost,
                advertisedPort,
                adminBind,
                rpc,
                id,
                heartbeatInterval,
                regionDeadAfter,
                procedureTimeout,
                repairCopies,
                rebalanceInterval,
                ddlQueue,
                opLogRetention,
                requestQueue);
    }

    /**
     * Reads the keys of the master's reference configuration.
     *
     * @throws io.mds.config.ConfigException naming every problem
     */
    public static MasterConfig from(Settings settings) {
        ZooKeeperConfig zooKeeper = ZooKeeperConfig.from(settings);
        RpcSettings rpc = RpcSettings.from(settings);
        HostPort admin = new HostPort(settings.host("admin.host"), settings.integer("admin.port", 0, MAX_PORT));
        boolean open = zooKeeper.acl().equals("open");
        settings.requireRelation(
                open == zooKeeper.secret().isEmpty(),
                "zookeeper.secret",
                open ? "none with" : "the secret of the masters with",
                "zookeeper.acl");
        Duration heartbeat =
                settings.duration("master.heartbeat-interval", Duration.ofMillis(50), Duration.ofMinutes(5));
        Duration dead = settings.duration("master.region-dead-after", Duration.ofMillis(200), Duration.ofHours(1));
        settings.requireRelation(
                dead.compareTo(heartbeat.multipliedBy(3)) >= 0,
                "master.region-dead-after",
                "at least three times",
                "master.heartbeat-interval");
        String id = settings.string("master.id");
        settings.require(
                id.matches("[A-Za-z0-9_:@-][A-Za-z0-9._:@-]{0,99}|"),
                "master.id",
                "at most 100 letters, digits and . _ : @ -, not starting with a dot");
        MasterConfig config = new MasterConfig(
                zooKeeper.connect(),
                zooKeeper.root(),
                zooKeeper.secret(),
                zooKeeper.worldRead(),
                zooKeeper.sessionTimeout(),
                zooKeeper.connectionTimeout(),
                rpc.bind(),
                rpc.advertised(rpc.bind().port()).host(),
                rpc.advertisedPort(),
                admin,
                rpc.limits(),
                id,
                heartbeat,
                dead,
                settings.duration("master.procedure-timeout", Duration.ofMillis(100), Duration.ofHours(1)),
                settings.integer("master.repair-copies", 1, 10_000),
                settings.duration("master.rebalance-interval", Duration.ofMillis(100), Duration.ofHours(24)),
                settings.integer("master.ddl-queue", 1, 1_000_000),
                settings.integer("master.oplog-retention", 100, 1_000_000),
                settings.integer("master.request-queue", 1, 10_000_000));
        settings.finish();
        return config;
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "MasterConfig[" + zooKeeperConnect + zooKeeperRoot + ", bind=" + bind + ", acl="
                + (aclSecret.isEmpty() ? "open" : "digest") + "]";
    }
}
