package io.mds.master.oplog;

import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.OpLogLatest;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A standby's copy of the state, kept up with the OpLog, and handed over when the standby becomes the active master.
 *
 * <p>It always reads from the entry after the last one that it took to the end of the log. A watch says when that is worth
 * while, and a slow look does without a hint, so that watches that are lost, late or doubled change nothing but the delay.
 * An entry that is missing is never skipped: the state is read again instead.
 *
 * <p>Thread: its own, the follower thread, which owns the replica until it is handed over. What others ask is answered
 * from published numbers.
 */
public final class Follower implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Follower.class);
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(200);
    /** A state that differs from the active master's is read again, but not time after time. */
    private static final Duration BETWEEN_DIFFERENCES = Duration.ofMinutes(10);

    /** The lag of one that has no replica, or could not look at the log for some time. */
    public static final long UNKNOWN_LAG = -1;

    private final ZooKeeperSession session;
    private final ZnodePaths paths;
    private final OpLogReader reader;
    private final Watcher watcher = event -> wake();
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition worthLooking = lock.newCondition();
    /** Guarded by the lock. */
    private boolean hinted;
    /** Guarded by the lock: who waits for the replica, or null. */
    private TakeoverRequest request;
    /** Guarded by the lock: the replica was handed over, and is another's. */
    private boolean handedOver;

    private volatile boolean closed;
    private volatile Standing standing = Standing.WITHOUT_REPLICA;
    private volatile DigestHistory digests = new DigestHistory();
    private Replica replica;
    private long lookedAtNanos;
    private long watchedSession;
    private String lastFailure = "";
    /** When the replica was last given up for its digest; null for never. */
    private Long differedAtNanos;

    public Follower(ZooKeeperSession session, ZnodePaths paths) {
        this.session = session;
        this.paths = paths;
        this.reader = new OpLogReader(session, paths);
        this.thread = new Thread(this::run, "mds-master-follower");
        thread.setDaemon(true);
    }

    public void start() {
        thread.start();
    }

    /** The last entry taken; 0 while there is no replica. */
    public long appliedSequence() {
        return standing.applied();
    }

    /** Whether the whole state has been read, and not been given up or handed over since. */
    public boolean hasReplica() {
        return standing.hasReplica();
    }

    /**
     * Entries that are known to be there and have not been taken; {@link #UNKNOWN_LAG} without a replica, and when the last
     * successful look at the log was some time ago.
     */
    public long lag() {
        return standing.lag(System.nanoTime());
    }

    /** The digests of this replica; empty while there is none. */
    public DigestHistory digests() {
        return digests;
    }

    /**
     * Brings the replica to the end of the log, and gives it away.
     *
     * <p>To be called after the epoch was raised: no entry of a predecessor can land any more, so what is the end then
     * stays the end.
     *
     * @param writer one that writes nothing down, to prove the leadership while all is read
     * @throws io.mds.error.MdsException UNAVAILABLE when ZooKeeper does not answer for as long as the leadership can be valid
     * @throws ZnodeFormatException when the state in ZooKeeper cannot be read
     */
    public Takeover takeOver(MetadataWriter writer) throws InterruptedException {
        TakeoverRequest mine = new TakeoverRequest(writer);
        lock.lock();
        try {
            request = mine;
            handedOver = false;
            worthLooking.signalAll();
        } finally {
            lock.unlock();
        }
        return mine.await();
    }

    /** Begins anew, after a leadership: what was handed over is not taken back. */
    public void follow() {
        lock.lock();
        try {
            handedOver = false;
            worthLooking.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        lock.lock();
        try {
            hinted = true;
            worthLooking.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- the follower thread ----

    private void run() {
        while (!closed) {
            try {
                TakeoverRequest asked = awaitWork();
                if (closed) {
                    return;
                }
                if (asked != null) {
                    handOver(asked);
                } else if (session.isConnected()) {
                    keepUp();
                } else {
                    pause();
                }
            } catch (KeeperException e) {
                log.debug("not following the OpLog for now: {}", e.getMessage());
                if (e.code() != Code.CONNECTIONLOSS && e.code() != Code.OPERATIONTIMEOUT) {
                    refuse(e);
                }
                pause();
            } catch (OpLogBrokenException e) {
                startOver(e.getMessage());
                pause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                startOver(e.toString());
                refuse(e);
                pause();
            }
        }
    }

    /** The takeover that waits, or null when it is time to look at the log. */
    private TakeoverRequest awaitWork() throws InterruptedException {
        lock.lock();
        try {
            while (!closed && (handedOver || (request == null && !hinted && replica != null && !isTimeToLook()))) {
                boolean unused = worthLooking.await(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            }
            hinted = false;
            if (request != null && request.isOver()) {
                request = null;
            }
            return request;
        } finally {
            lock.unlock();
        }
    }

    private boolean isTimeToLook() {
        return System.nanoTime() - lookedAtNanos >= LOOK.toNanos();
    }

    private void keepUp() throws KeeperException, InterruptedException, OpLogBrokenException {
        if (replica == null) {
            replica = new ReplicaLoader(session, paths).load();
            digests = replica.digests();
            publish(replica.applied(), System.nanoTime());
            lastFailure = "";
        }
        watch();
        if (isTimeToLook()) {
            lookedAtNanos = System.nanoTime();
            look();
        }
        if (replica != null) {
            catchUp();
        }
    }

    private void watch() throws KeeperException, InterruptedException {
        long now = session.sessionId();
        if (now != watchedSession) {
            session.watchTree(paths.oplogEntries(), watcher);
            watchedSession = now;
        }
    }

    /** Compares with what is known of the log's ends, which tells of all that a reader of the next entry does not see. */
    private void look() throws KeeperException, InterruptedException, OpLogBrokenException {
        OpLogLatest latest = reader.latest();
        publish(latest.sequence(), System.nanoTime());
        long since = reader.epoch().opLogSince();
        if (replica.since() == 0 && since > 0) {
            // The first master that writes one: there is something to follow from now on.
            forget();
            return;
        }
        if (since != replica.since()) {
            throw new OpLogBrokenException("a master that writes no OpLog was active meanwhile");
        }
        if (latest.first() > replica.applied() + 1) {
            throw new OpLogBrokenException(
                    "entries up to " + (latest.first() - 1) + " of the OpLog are removed already");
        }
        if (latest.sequence() + OpLog.LATEST_EVERY < replica.applied()) {
            throw new OpLogBrokenException("the OpLog ends at " + latest.sequence() + ": ZooKeeper was set back");
        }
        if (latest.sequence() > replica.applied()) {
            catchUp();
            if (latest.sequence() > replica.applied()) {
                reader.sync();
                catchUp();
            }
            if (latest.sequence() > replica.applied()) {
                throw new OpLogBrokenException("entry " + (replica.applied() + 1) + " of the OpLog is missing");
            }
        }
        compare(latest);
    }

    /** With the digest that the active master wrote down beside the number of the entry. */
    private void compare(OpLogLatest latest) throws OpLogBrokenException {
        String own = replica.digests()
                .at(latest.sequence())
                .map(found -> found.digest().text())
                .orElse(null);
        if (latest.digest() == null || own == null || own.equals(latest.digest())) {
            return;
        }
        long now = System.nanoTime();
        if (differedAtNanos == null || now - differedAtNanos >= BETWEEN_DIFFERENCES.toNanos()) {
            differedAtNanos = now;
            throw new OpLogBrokenException("after entry " + latest.sequence() + " the state has the digest " + own
                    + " here and " + latest.digest() + " on the active master");
        }
    }

    private long catchUp() throws KeeperException, InterruptedException, OpLogBrokenException {
        long before = replica.applied();
        try {
            long last = new OpLogTail(reader, replica.entries()).find(this::take);
            return last - before;
        } catch (ZnodeFormatException e) {
            throw new OpLogBrokenException(e.getMessage());
        }
    }

    private void take(OpLogReader.Read read) {
        Replica mine = replica;
        // Should it not fit, the replica is of no use; the queue has it as taken.
        replica = null;
        mine.apply(read);
        replica = mine;
        publish(standing.latest(), standing.seenAtNanos());
    }

    private void publish(long latest, long seenAtNanos) {
        standing = new Standing(true, replica.applied(), latest, seenAtNanos);
    }

    /** Has no replica from now on, and says so. */
    private void forget() {
        replica = null;
        standing = Standing.WITHOUT_REPLICA;
        digests = new DigestHistory();
    }

    /** Up to the end of the log, which the raised epoch has fixed, and not an entry less. */
    private void handOver(TakeoverRequest asked) throws KeeperException, InterruptedException {
        boolean complete = replica != null && replica.since() == asked.opLogSince() && asked.opLogSince() > 0;
        long caughtUp = 0;
        if (complete) {
            try {
                reader.sync();
                caughtUp = catchUp();
                new OpLogTail(reader, replica.entries()).requireEnd();
            } catch (OpLogBrokenException | RuntimeException e) {
                log.warn("the replica cannot be brought to the end of the OpLog: {}", e.getMessage());
                complete = false;
            }
        }
        if (!complete) {
            forget();
            replica = new ReplicaLoader(session, paths).loadAtEnd();
            digests = replica.digests();
        }
        publish(replica.applied(), System.nanoTime());
        Takeover takeover = new Takeover(
                replica.followed(),
                replica.routes(),
                replica.digests(),
                replica.applied(),
                reader.latest().first(),
                asked.found(replica),
                caughtUp);
        lock.lock();
        try {
            request = null;
            if (asked.answer(takeover)) {
                handedOver = true;
                forget();
            }
        } finally {
            lock.unlock();
        }
    }

    private void startOver(String why) {
        if (!why.equals(lastFailure)) {
            lastFailure = why;
            log.warn("following the OpLog: {}; reading the state again", why);
        }
        forget();
    }

    /** Tells the takeover that waits, if one does, that nothing will come of it. */
    private void refuse(Exception e) {
        lock.lock();
        try {
            if (request != null) {
                request.refuse(e);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A takeover that comes ends it. */
    private void pause() {
        lock.lock();
        try {
            TakeoverRequest before = request;
            long left = PAUSE_AFTER_FAILURE.toNanos();
            while (left > 0 && !closed && Objects.equals(request, before)) {
                left = worthLooking.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        closed = true;
        wake();
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
