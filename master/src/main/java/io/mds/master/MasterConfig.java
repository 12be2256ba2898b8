package io.mds.master;

import io.mds.rpc.HostPort;
import io.mds.rpc.RpcConfig;
import java.time.Duration;

/**
 * What a master is told at its start; sealed then.
 *
 * @param zooKeeperConnect "host:port,host:port"
 * @param zooKeeperRoot the path below which everything is
 * @param aclSecret the secret that masters share; empty for open ACLs
 * @param worldRead whether anybody may read the znodes
 * @param sessionTimeout after which ZooKeeper gives a silent master up, and another takes over
 * @param bind where RPC listens; port 0 for any free one
 * @param advertisedHost what others are told to connect to; empty for the host that is bound
 * @param adminBind where the admin HTTP server listens; port 0 for any free one
 * @param id the master's name; empty to make it of its address
 * @param heartbeatInterval how often regions say that they are alive
 * @param regionDeadAfter how long a silent region keeps its place
 * @param procedureTimeout how long creating or dropping a table may take before it is rolled back or cut short
 * @param ddlQueue changes of tables that may run or wait at once
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
        HostPort adminBind,
        RpcConfig rpc,
        String id,
        Duration heartbeatInterval,
        Duration regionDeadAfter,
        Duration procedureTimeout,
        int ddlQueue,
        int requestQueue) {
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
                adminBind,
                rpc,
                id,
                heartbeatInterval,
                regionDeadAfter,
                procedureTimeout,
                ddlQueue,
                requestQueue);
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "MasterConfig[" + zooKeeperConnect + zooKeeperRoot + ", bind=" + bind + ", acl="
                + (aclSecret.isEmpty() ? "open" : "digest") + "]";
    }
}
