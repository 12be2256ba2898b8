package io.mds.master;

import io.mds.id.RegionId;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.ZnodePaths;
import java.util.function.Consumer;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;

/**
 * Hears of regions' session znodes that come or go: one recursive watch for all of them.
 *
 * <p>An event says only which region to look at. Thread: ZooKeeper's event thread calls the consumer, which must not
 * block.
 */
final class SessionWatch implements Watcher {
    private final ZnodePaths paths;
    private volatile Consumer<RegionId> consumer = region -> {};

    SessionWatch(ZnodePaths paths) {
        this.paths = paths;
    }

    /** Sends events here from now on. The same watcher is set once per session, whatever the number of leaderships. */
    void listen(ZooKeeperSession session, Consumer<RegionId> next) throws KeeperException, InterruptedException {
        consumer = next;
        session.watchTree(paths.regions(), this);
    }

    void stop() {
        consumer = region -> {};
    }

    @Override
    public void process(WatchedEvent event) {
        String path = event.getPath();
        if (path == null || !path.startsWith(paths.regions() + "/") || !path.endsWith("/session")) {
            return;
        }
        String id = path.substring(paths.regions().length() + 1, path.length() - "/session".length());
        if (id.matches("[1-9][0-9]{0,17}")) {
            consumer.accept(new RegionId(Long.parseLong(id)));
        }
    }
}
