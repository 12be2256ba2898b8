package io.mds.master.metadata;

import java.io.IOException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ZKConfig;

/** ZooKeeper's client, which can also stop without ending its session: what a killed process looks like to the server. */
final class AbandonableZooKeeper extends ZooKeeper {
    /**
     * The longest answer taken. Names of 100,000 tables are more than ZooKeeper's own megabyte, over which its client would
     * cut the connection and try again for ever.
     */
    private static final int MAX_ANSWER_BYTES = 64 << 20;

    private final Ears ears;

    AbandonableZooKeeper(String connect, int sessionTimeout, Watcher watcher, boolean canBeReadOnly)
            throws IOException {
        this(connect, sessionTimeout, new Ears(watcher), canBeReadOnly);
    }

    private AbandonableZooKeeper(String connect, int sessionTimeout, Ears ears, boolean canBeReadOnly)
            throws IOException {
        super(connect, sessionTimeout, ears, canBeReadOnly, limits());
        this.ears = ears;
    }

    /** Whoever hears that the session of an abandoned client is over would make another client. Any thread. */
    private static final class Ears implements Watcher {
        private final Watcher owner;
        private volatile boolean shut;

        private Ears(Watcher owner) {
            this.owner = owner;
        }

        @Override
        public void process(WatchedEvent event) {
            if (!shut) {
                owner.process(event);
            }
        }
    }

    private static ZKClientConfig limits() {
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty(ZKConfig.JUTE_MAXBUFFER, Integer.toString(MAX_ANSWER_BYTES));
        return config;
    }

    void abandon() {
        ears.shut = true;
        cnxn.disconnect();
    }
}
