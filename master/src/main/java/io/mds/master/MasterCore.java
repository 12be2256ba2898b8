package io.mds.master;

import io.mds.master.election.Election;
import io.mds.master.election.MasterInfo;
import io.mds.master.election.MasterState;
import io.mds.master.election.StandbyProgress;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.Leadership;
import io.mds.master.metadata.MetadataThread;
import io.mds.master.metadata.WriteCounters;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.master.oplog.DigestHistory;
import io.mds.master.oplog.Follower;
import io.mds.master.routes.RouteSubscriptions;
import io.mds.znode.ActiveMaster;
import io.mds.znode.ZnodePaths;
import org.apache.zookeeper.KeeperException;

/**
 * A master without its network: the ZooKeeper session, the election, the metadata thread, and what serves requests.
 *
 * <p>Started once and closed once.
 */
final class MasterCore implements AutoCloseable {
    private final MasterConfig config;
    private final ZnodePaths paths;
    private final AccessControl access;
    private final RouteSubscriptions subscriptions = new RouteSubscriptions();
    private final MasterService service =
            new MasterService(subscriptions, this::otherActiveMaster, this::standbyDigests);
    private final MetadataThread metadataThread;
    private final SessionWatch sessions;
    private final WriteCounters writes = new WriteCounters();
    private volatile ZooKeeperSession session;
    private volatile Election election;
    private volatile Follower follower;
    private volatile String clusterId = "";

    MasterCore(MasterConfig config) {
        this.config = config;
        this.paths = new ZnodePaths(config.zooKeeperRoot());
        this.access = config.aclSecret().isEmpty()
                ? AccessControl.open()
                : AccessControl.digest(config.aclSecret(), config.worldRead());
        this.metadataThread = new MetadataThread(config.requestQueue());
        this.sessions = new SessionWatch(paths);
    }

    /** Joins the election; returns at once, whether or not ZooKeeper answers. */
    void start(MasterInfo me) {
        session = ZooKeeperSession.start(
                config.zooKeeperConnect(), config.sessionTimeout(), config.connectionTimeout(), access, writes);
        Follower standby = new Follower(session, paths);
        follower = standby;
        election = new Election(
                session,
                paths,
                access,
                me,
                config.zooKeeperConnect(),
                () -> new ControlPlane(new ControlPlane.Surroundings(
                        config,
                        me,
                        paths,
                        access,
                        clusterId,
                        metadataThread,
                        sessions,
                        standby,
                        subscriptions,
                        service::activate,
                        service::deactivate)),
                cluster -> clusterId = cluster.clusterId(),
                () -> new StandbyProgress(standby.appliedSequence(), standby.lag()));
        standby.start();
        election.start();
    }

    MasterService service() {
        return service;
    }

    RouteSubscriptions subscriptions() {
        return subscriptions;
    }

    WriteCounters writes() {
        return writes;
    }

    MetadataThread metadataThread() {
        return metadataThread;
    }

    /** Empty until ZooKeeper has told it. */
    String clusterId() {
        return clusterId;
    }

    MasterState state() {
        Election now = election;
        return now == null ? MasterState.STARTING : now.state();
    }

    String problem() {
        Election now = election;
        return now == null ? null : now.problem();
    }

    ActiveMaster otherActiveMaster() {
        Election now = election;
        return now == null ? null : now.activeMaster();
    }

    boolean isZooKeeperConnected() {
        ZooKeeperSession now = session;
        return now != null && now.isConnected();
    }

    /** Serves now: active, under a leadership that is valid at this moment. */
    boolean isActive() {
        ControlPlane plane = service.active();
        return plane != null && plane.leadership().isValid();
    }

    Leadership leadership() {
        ControlPlane plane = service.active();
        return plane == null ? null : plane.leadership();
    }

    private DigestHistory standbyDigests() {
        Follower now = follower;
        return now == null ? new DigestHistory() : now.digests();
    }

    /** The last entry of the OpLog that this master has, active or not. */
    long appliedSequence() {
        ControlPlane plane = service.active();
        Follower now = follower;
        return plane != null ? plane.opLog().sequence() : now == null ? 0 : now.appliedSequence();
    }

    /** Whether this master has the state: as the active one, or as a standby that follows. */
    boolean hasState() {
        Follower now = follower;
        return service.active() != null || (now != null && now.hasReplica());
    }

    /** Entries that are there and that this master, as a standby, has not taken; negative when it cannot say. */
    long lag() {
        Follower now = follower;
        if (service.active() != null) {
            return 0;
        }
        return now == null ? Follower.UNKNOWN_LAG : now.lag();
    }

    /** What follows the active master while this one stands by. */
    Follower follower() {
        return follower;
    }

    /** 0 without a connection. */
    long zooKeeperSessionId() {
        try {
            return session == null ? 0 : session.sessionId();
        } catch (KeeperException e) {
            return 0;
        }
    }

    ZooKeeperSession session() {
        return session;
    }

    @Override
    public void close() {
        if (election != null) {
            election.close();
        }
        if (follower != null) {
            follower.close();
        }
        metadataThread.close();
        if (session != null) {
            session.close();
        }
    }

    /** Ends as a killed process would: ZooKeeper learns of it by the end of the session's time. */
    void halt() {
        service.deactivate();
        if (election != null) {
            election.halt();
        }
        if (follower != null) {
            follower.close();
        }
        metadataThread.halt();
        if (session != null) {
            session.abandon();
        }
    }
}
