package io.mds.master.metadata;

import java.io.IOException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

/** ZooKeeper's client, which can also stop without ending its session: what a killed process looks like to the server. */
final class AbandonableZooKeeper extends ZooKeeper {
    AbandonableZooKeeper(String connect, int sessionTimeout, Watcher watcher, boolean canBeReadOnly)
            throws IOException {
        super(connect, sessionTimeout, watcher, canBeReadOnly);
    }

    void abandon() {
        cnxn.disconnect();
    }
}
