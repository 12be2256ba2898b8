package io.mds.master.election;

import io.mds.error.MdsException;
import io.mds.id.Epoch;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.LayoutException;
import io.mds.master.metadata.Leadership;
import io.mds.master.metadata.MetadataLayout;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.Versioned;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.ActiveMaster;
import io.mds.znode.ClusterRecord;
import io.mds.znode.EpochRecord;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop of a master's life: stand by, take over, lead, step down, and again.
 *
 * <p>Thread: its own, the election thread; the state and the leadership are read by any.
 *
 * <p>On SUSPENDED: the leadership goes on without writes. On LOST: it ends. On neither, when ZooKeeper is silent: it
 * ends when its last proof is too old, which a stopped process finds out by its own clock.
 */
public final class Election implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Election.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration TELL_EVERY = Duration.ofSeconds(5);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(500);

    private final ZooKeeperSession session;
    private final ZnodePaths paths;
    private final AccessControl access;
    private final MasterInfo me;
    private final String connectString;
    private final Supplier<Term> terms;
    private final Consumer<ClusterRecord> onCluster;
    private final MasterPresence presence;
    private final ActiveMasterWatch activeWatch;
    private final Thread thread;

    private volatile MasterState state = MasterState.STARTING;
    private volatile Leadership leadership;
    private volatile String problem;
    private volatile boolean closed;
    private volatile boolean sessionLost;
    private volatile boolean abrupt;

    /**
     * @param terms makes the term for the next leadership
     * @param onCluster told the cluster's record as soon as it is known
     * @param progress of this master as a standby
     */
    public Election(
            ZooKeeperSession session,
            ZnodePaths paths,
            AccessControl access,
            MasterInfo me,
            String connectString,
            Supplier<Term> terms,
            Consumer<ClusterRecord> onCluster,
            Supplier<StandbyProgress> progress) {
        this.session = session;
        this.paths = paths;
        this.access = access;
        this.me = me;
        this.connectString = connectString;
        this.terms = terms;
        this.onCluster = onCluster;
        this.presence = new MasterPresence(session, paths, access, me, progress);
        this.activeWatch = new ActiveMasterWatch(session, paths);
        this.thread = new Thread(this::run, "mds-master-election");
        session.onStateChange((curator, change) -> connectionChanged(change));
    }

    public void start() {
        thread.start();
    }

    public MasterState state() {
        return state;
    }

    /** What keeps this master from standing by or serving, for /status; null when nothing does. */
    public String problem() {
        return problem;
    }

    /** The leadership at this moment, or null. */
    public Leadership leadership() {
        return leadership;
    }

    /** Where the active master answers, as far as this one knows; null when it does not or is it itself. */
    public ActiveMaster activeMaster() {
        ActiveMaster active = activeWatch.active();
        return active == null || active.id().equals(me.id()) ? null : active;
    }

    private void connectionChanged(ConnectionState change) {
        Leadership now = leadership;
        switch (change) {
            case LOST -> {
                sessionLost = true;
                if (now != null) {
                    now.revoke("the ZooKeeper session was lost");
                }
            }
            case SUSPENDED, READ_ONLY -> {
                if (now != null) {
                    now.suspended(true);
                }
            }
            case CONNECTED, RECONNECTED -> {
                if (now != null) {
                    now.suspended(false);
                }
            }
        }
        log.info("ZooKeeper at {}: {}", connectString, change);
    }

    private void run() {
        while (!closed) {
            try {
                awaitZooKeeper();
                if (closed) {
                    break;
                }
                sessionLost = false;
                ClusterRecord cluster = new MetadataLayout(session, paths, access).ensure();
                onCluster.accept(cluster);
                problem = null;
                stand();
            } catch (KeeperException | MdsException e) {
                failed(e.getMessage());
            } catch (LayoutException | ZnodeFormatException e) {
                log.error("{}", e.getMessage());
                failed(e.getMessage());
            } catch (InterruptedException e) {
                if (!closed) {
                    log.error("the election thread was interrupted");
                }
                Thread.currentThread().interrupt();
                break;
            } catch (RuntimeException e) {
                log.error("the election failed; trying again", e);
                failed(e.toString());
            }
            if (!closed && state != MasterState.STARTING) {
                transition(MasterState.STARTING, "start over");
            }
        }
        transition(MasterState.CLOSED, "closed");
    }

    private void failed(String what) {
        problem = what;
        if (closed) {
            return;
        }
        log.warn("{}; trying again", what);
        try {
            Thread.sleep(PAUSE_AFTER_FAILURE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitZooKeeper() throws InterruptedException {
        long since = System.nanoTime();
        long toldAt = since;
        while (!closed && !session.awaitConnected(POLL)) {
            long now = System.nanoTime();
            if (now - toldAt >= TELL_EVERY.toNanos()) {
                toldAt = now;
                problem = "no answer from ZooKeeper at " + connectString + " for "
                        + TimeUnit.NANOSECONDS.toSeconds(now - since) + " s";
                log.warn("{}; waiting for it", problem);
            }
        }
    }

    /** Waits in the latch's queue, and leads when it is this master's turn. */
    private void stand() throws KeeperException, InterruptedException {
        transition(MasterState.STANDBY, "connected to ZooKeeper");
        LeaderLatch latch = new LeaderLatch(session.curator(), paths.latch(), me.id());
        try {
            startLatch(latch);
            presence.showStandby();
            LatchCheck check = new LatchCheck(session, paths, latch);
            while (!closed && !sessionLost) {
                activeWatch.poll();
                presence.renewStandby();
                if (latch.await(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                    lead(latch);
                    return;
                }
                String inVain = check.waitsInVain();
                if (inVain != null) {
                    log.warn("{}; queueing again", inVain);
                    return;
                }
            }
        } finally {
            close(latch);
        }
    }

    /** The takeover, from top to bottom. */
    private void lead(LeaderLatch latch) throws KeeperException, InterruptedException {
        transition(MasterState.TAKING_OVER, "first in the latch's queue");
        StepTimer timer = new StepTimer();
        Term term = null;
        Leadership mine = takeEpoch();
        leadership = mine;
        try {
            mine.suspended(!session.isConnected());
            if (sessionLost) {
                mine.revoke("the ZooKeeper session was lost");
            }
            timer.done("epoch");
            MetadataWriter writer = new MetadataWriter(session, mine, paths, System::nanoTime);
            term = terms.get();
            term.load(writer);
            timer.done("load");
            presence.showActive(mine);
            activeWatch.poll();
            timer.done("publish");
            if (mine.isRevoked()) {
                return;
            }
            term.serve();
            transition(MasterState.ACTIVE, "epoch " + mine.epoch() + ", takeover took " + timer);
            watch(latch, mine, term, writer);
        } catch (RuntimeException e) {
            mine.revoke(e.getMessage());
            throw e;
        } finally {
            String reason = mine.isRevoked() ? mine.revocation() : closed ? "closed" : "takeover failed";
            mine.revoke(reason);
            transition(MasterState.STEPPING_DOWN, reason);
            if (term != null) {
                term.end(reason);
            }
            leadership = null;
            if (!sessionLost && !abrupt) {
                presence.hideActive();
            }
        }
    }

    /** Raises the epoch by compare-and-set: from here on the predecessor cannot write. */
    private Leadership takeEpoch() throws KeeperException, InterruptedException {
        Duration granted = session.grantedSessionTimeout();
        session.sync(paths.epoch());
        Versioned<byte[]> before = session.read(paths.epoch());
        if (before == null) {
            throw KeeperException.create(Code.NONODE, paths.epoch());
        }
        EpochRecord predecessor = ZnodeJson.read(paths.epoch(), before.value(), EpochRecord.class);
        Epoch epoch = new Epoch(predecessor.epoch()).next();
        long opLogSince = predecessor.opLogSince() > 0 ? predecessor.opLogSince() : epoch.value();
        byte[] record = ZnodeJson.write(new EpochRecord(
                epoch.value(),
                me.id(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS).toString(),
                opLogSince));
        long sentAt = System.nanoTime();
        List<OpResult> results = session.multi(List.of(Op.setData(paths.epoch(), record, before.version())));
        int version = ((OpResult.SetDataResult) results.get(0)).getStat().getVersion();
        // A tenth off for clocks that run at different speeds.
        Duration validFor = granted.multipliedBy(9).dividedBy(10);
        return new Leadership(epoch, version, opLogSince, sentAt, validFor, System::nanoTime);
    }

    /** Leads until something ends it: proves the epoch again and again, and looks for what is stuck. */
    private void watch(LeaderLatch latch, Leadership mine, Term term, MetadataWriter writer)
            throws InterruptedException {
        Duration interval = mine.validFor().dividedBy(6);
        while (!closed && !mine.awaitEnd(interval)) {
            if (!latch.hasLeadership()) {
                mine.revoke("another master is first in the latch's queue");
            } else if (!mine.isValid()) {
                mine.revoke("no answer from ZooKeeper for " + mine.sinceProof().toMillis() + " ms");
            } else if (!mine.isSuspended()) {
                String stuck = term.stuck();
                if (stuck != null) {
                    mine.revoke(stuck);
                } else {
                    probe(writer);
                }
            }
        }
    }

    private static void probe(MetadataWriter writer) throws InterruptedException {
        try {
            writer.probe();
        } catch (MdsException e) {
            // The leadership's own state says whether this ended it.
            log.debug("probe: {}", e.getMessage());
        }
    }

    private void startLatch(LeaderLatch latch) throws KeeperException, InterruptedException {
        try {
            latch.start();
        } catch (KeeperException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("the latch did not start", e);
        }
    }

    private void close(LeaderLatch latch) {
        if (abrupt) {
            return;
        }
        try {
            latch.close(LeaderLatch.CloseMode.SILENT);
        } catch (IOException | IllegalStateException e) {
            log.debug("closing the latch: {}", e.toString());
        }
    }

    private void transition(MasterState next, String reason) {
        MasterState before = state;
        if (before == next) {
            return;
        }
        if (!before.canBecome(next)) {
            throw new IllegalStateException("master state " + before + " -> " + next + " (" + reason + ")");
        }
        state = next;
        log.info("{} -> {}: {}", before, next, reason);
    }

    /** Leaves in order: the next master need not wait for the session to expire. */
    @Override
    public void close() {
        stop(false);
    }

    /** Stops without a word to ZooKeeper, as a killed process would. */
    public void halt() {
        stop(true);
    }

    private void stop(boolean withoutAWord) {
        abrupt = withoutAWord;
        closed = true;
        Leadership now = leadership;
        if (now != null) {
            now.revoke("closed");
        }
        if (withoutAWord) {
            thread.interrupt();
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
            if (thread.isAlive()) {
                thread.interrupt();
                thread.join(TimeUnit.SECONDS.toMillis(2));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
