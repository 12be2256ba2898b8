package io.mds.master.election;

import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.zookeeper.KeeperException;

/**
 * Looks now and then whether a latch that waits has reason to.
 *
 * <p>Curator's latch looks at the queue when an event says that the one before it has gone, and at no other time while it is
 * connected: one event that is lost would leave the cluster without a master. So the truth is looked up here, too.
 *
 * <p>Thread: the election thread.
 */
final class LatchCheck {
    private static final Duration EVERY = Duration.ofSeconds(1);
    /** Before the sequence number in the names of the latch's znodes. */
    private static final String NUMBER_AFTER = "latch-";

    private final ZooKeeperSession session;
    private final ZnodePaths paths;
    private final LeaderLatch latch;
    private long lookedAtNanos = System.nanoTime();
    private boolean wasFirst;

    LatchCheck(ZooKeeperSession session, ZnodePaths paths, LeaderLatch latch) {
        this.session = session;
        this.paths = paths;
        this.latch = latch;
    }

    /** Why the latch waits in vain, or null; looks when it is time to. */
    String waitsInVain() throws KeeperException, InterruptedException {
        String path = latch.getOurPath();
        if (path == null || System.nanoTime() - lookedAtNanos < EVERY.toNanos() || !session.isConnected()) {
            return null;
        }
        lookedAtNanos = System.nanoTime();
        List<String> queue = session.children(paths.latch());
        String own = ZnodePaths.nameOf(path);
        if (!queue.contains(own)) {
            return "the latch's znode " + path + " is gone";
        }
        boolean first = own.equals(Collections.min(queue, Comparator.comparing(LatchCheck::number)));
        // Twice, because at the first time the event may be on its way.
        boolean missed = first && wasFirst && !latch.hasLeadership();
        wasFirst = first;
        return missed ? "first in the latch's queue, and the latch has not heard of it" : null;
    }

    private static String number(String name) {
        return name.substring(name.lastIndexOf(NUMBER_AFTER) + NUMBER_AFTER.length());
    }
}
