package io.mds.master;

import io.mds.master.admin.AdminEndpoint;
import io.mds.master.admin.MasterMetrics;
import io.mds.master.admin.MasterPages;
import io.mds.master.election.MasterInfo;
import io.mds.proto.Role;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.RpcServer;
import io.mds.rpc.RpcTransport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A master process: listens, joins the election, serves when it is its turn.
 *
 * <p>Started once and closed once, by one thread. It waits for ZooKeeper for as long as that takes, and never gives up
 * because of it.
 */
public final class Master implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Master.class);

    private final MasterConfig config;
    private final MasterCore core;
    private RpcTransport transport;
    private RpcServer server;
    private MasterMetrics metrics;
    private AdminEndpoint admin;

    public Master(MasterConfig config) {
        this.config = config;
        this.core = new MasterCore(config);
    }

    /**
     * Listens, and joins the election; returns at once, whether or not ZooKeeper answers.
     *
     * @throws io.mds.error.MdsException in one clear line, when an address cannot be listened on
     */
    public void start() {
        try {
            transport = new RpcTransport(config.rpc(), "mds-master");
            HostPort bind = config.bind();
            LocalIdentity identity = new LocalIdentity(
                    Role.MASTER, "master " + (config.id().isEmpty() ? bind : config.id()), core::clusterId, () -> 0);
            server = transport.listen(bind, identity, core.service(), core.service());
            admin = AdminEndpoint.bind(config.adminBind());
            HostPort advertised = new HostPort(
                    config.advertisedHost().isEmpty() ? bind.host() : config.advertisedHost(),
                    config.advertisedPort() == 0 ? server.port() : config.advertisedPort());
            // As a znode's name: a slash cannot be in a host, so this needs no escaping.
            String id = config.id().isEmpty() ? advertised.toString() : config.id();
            MasterInfo me = new MasterInfo(id, advertised.host(), advertised.port(), admin.port());
            MasterStatusView view = new MasterStatusView(core, me);
            metrics = new MasterMetrics(
                    view,
                    core.service().requestCounts(),
                    () -> core.metadataThread().queued(),
                    () -> core.subscriptions().count(),
                    core.writes());
            admin.serve(new MasterPages(view, metrics::scrape));
            core.start(me);
            log.info("master {} listens on {}, admin pages on port {}", id, advertised, admin.port());
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** The port that RPC listens on. */
    public int port() {
        return server.port();
    }

    public int adminPort() {
        return admin.port();
    }

    /** Serves now: elected, loaded, and sure that nobody else is. */
    public boolean isActive() {
        return core.isActive();
    }

    /** Its ZooKeeper session, for tests that end it from outside; 0 without one. */
    public long zooKeeperSessionId() {
        return core.zooKeeperSessionId();
    }

    /** Leaves in order: another master can take over at once. */
    @Override
    public void close() {
        if (server != null) {
            server.stopAccepting();
        }
        core.close();
        closeNetwork();
    }

    /** Ends as a killed process would: another master takes over when ZooKeeper has given this one up. */
    public void halt() {
        closeNetwork();
        core.halt();
    }

    private void closeNetwork() {
        if (admin != null) {
            admin.close();
        }
        if (server != null) {
            server.close();
        }
        if (transport != null) {
            transport.close();
        }
        if (metrics != null) {
            metrics.close();
        }
    }
}
