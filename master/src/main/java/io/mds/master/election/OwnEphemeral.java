package io.mds.master.election;

import io.mds.master.metadata.Versioned;
import io.mds.master.metadata.ZooKeeperSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An ephemeral znode of this instance, put where an older one may still stand.
 *
 * <p>Whose the older one is, is told by its session, not by its being there: one of this session is updated, one of an
 * earlier session of the same master is replaced at once, and one of somebody else is waited for, because it goes with
 * its session. One that outlives the wait belongs to a process that lost the epoch and did not notice; with the guard
 * (the epoch's check) in the same multi it may be replaced.
 */
final class OwnEphemeral {
    private static final Logger log = LoggerFactory.getLogger(OwnEphemeral.class);
    private static final Duration POLL = Duration.ofMillis(20);

    private final ZooKeeperSession session;
    private final String path;
    private final List<ACL> acl;
    private final Predicate<byte[]> isMine;

    /** @param isMine whether the content of a znode found there names this master */
    OwnEphemeral(ZooKeeperSession session, String path, List<ACL> acl, Predicate<byte[]> isMine) {
        this.session = session;
        this.path = path;
        this.acl = acl;
        this.isMine = isMine;
    }

    /**
     * Puts it there.
     *
     * @param guard operations that must hold in the same multi
     * @param patience how long another session's znode is waited for
     * @param replaceAfterwards whether it is replaced after that; otherwise the attempt fails
     * @return false when somebody else's znode was still there after the wait
     */
    boolean put(byte[] content, List<Op> guard, Duration patience, boolean replaceAfterwards)
            throws KeeperException, InterruptedException {
        long start = System.nanoTime();
        boolean told = false;
        while (true) {
            try {
                session.multi(with(guard, Op.create(path, content, acl, CreateMode.EPHEMERAL)));
                return true;
            } catch (KeeperException e) {
                if (e.code() != Code.NODEEXISTS) {
                    throw e;
                }
            }
            Stat stat = session.exists(path);
            if (stat == null) {
                continue;
            }
            Versioned<byte[]> found = session.read(path);
            if (found == null) {
                continue;
            }
            if (stat.getEphemeralOwner() == session.sessionId()) {
                session.multi(with(guard, Op.setData(path, content, -1)));
                return true;
            }
            boolean late = System.nanoTime() - start > patience.toNanos();
            if (isMine.test(found.value()) || (late && replaceAfterwards)) {
                log.info(
                        "replacing {} of session 0x{}: {}",
                        path,
                        Long.toHexString(stat.getEphemeralOwner()),
                        late ? "its owner has lost the epoch" : "left by an earlier session of this master");
                replace(content, guard, stat);
                return true;
            }
            if (late) {
                return false;
            }
            if (!told) {
                told = true;
                log.info("waiting for {} of session 0x{} to go", path, Long.toHexString(stat.getEphemeralOwner()));
            }
            Thread.sleep(POLL.toMillis());
        }
    }

    private void replace(byte[] content, List<Op> guard, Stat stat) throws KeeperException, InterruptedException {
        List<Op> operations = with(guard, Op.delete(path, stat.getVersion()));
        operations.add(Op.create(path, content, acl, CreateMode.EPHEMERAL));
        try {
            session.multi(operations);
        } catch (KeeperException e) {
            if (e.code() != Code.NONODE && e.code() != Code.BADVERSION) {
                throw e;
            }
            // It went by itself in between; a failed guard shows again in this attempt.
            session.multi(with(guard, Op.create(path, content, acl, CreateMode.EPHEMERAL)));
        }
    }

    /** Removes it when it is of this session; nobody else's is touched. */
    void remove() throws KeeperException, InterruptedException {
        Stat stat = session.exists(path);
        if (stat == null || stat.getEphemeralOwner() != session.sessionId()) {
            return;
        }
        try {
            session.multi(List.of(Op.delete(path, stat.getVersion())));
        } catch (KeeperException e) {
            if (e.code() != Code.NONODE && e.code() != Code.BADVERSION) {
                throw e;
            }
        }
    }

    private static List<Op> with(List<Op> guard, Op operation) {
        List<Op> operations = new ArrayList<>(guard);
        operations.add(operation);
        return operations;
    }
}
