package io.mds.master.election;

import io.mds.master.metadata.Versioned;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.ActiveMaster;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a standby knows of the active master: where it sends those who ask.
 *
 * <p>The watch is a hint that it is worth looking; a slow look without a hint repairs a watch that was lost.
 *
 * <p>Thread: {@link #poll} is the election thread's; the answer is anybody's.
 */
public final class ActiveMasterWatch {
    private static final Logger log = LoggerFactory.getLogger(ActiveMasterWatch.class);
    private static final Duration LOOK_ANYWAY = Duration.ofSeconds(2);

    private final ZooKeeperSession session;
    private final ZnodePaths paths;
    private final Watcher watcher = this::changed;
    private volatile ActiveMaster active;
    private volatile boolean worthLooking = true;
    private long lookedAtNanos;

    public ActiveMasterWatch(ZooKeeperSession session, ZnodePaths paths) {
        this.session = session;
        this.paths = paths;
    }

    /** As last read; null when there was none. */
    public ActiveMaster active() {
        return active;
    }

    private void changed(WatchedEvent event) {
        worthLooking = true;
    }

    void poll() throws KeeperException, InterruptedException {
        long now = System.nanoTime();
        if (!session.isConnected() || (!worthLooking && now - lookedAtNanos < LOOK_ANYWAY.toNanos())) {
            return;
        }
        worthLooking = false;
        lookedAtNanos = now;
        try {
            Versioned<byte[]> found = session.readAndWatch(paths.active(), watcher);
            active = found == null ? null : ZnodeJson.read(paths.active(), found.value(), ActiveMaster.class);
        } catch (ZnodeFormatException e) {
            log.warn("{}", e.getMessage());
            active = null;
        }
    }
}
