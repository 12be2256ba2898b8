package io.mds.master.testing;

import io.mds.master.election.Election;
import io.mds.master.election.MasterInfo;
import io.mds.master.election.MasterState;
import io.mds.master.election.StandbyProgress;
import io.mds.master.election.Term;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.Leadership;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A master that takes part in elections and does nothing else. */
public final class TestingCandidate implements AutoCloseable {
    public final ZnodePaths paths = new ZnodePaths("/mds");
    public final ZooKeeperSession session;
    public final Election election;
    public final List<String> events = new CopyOnWriteArrayList<>();
    private volatile MetadataWriter writer;
    private volatile String stuck;

    public TestingCandidate(TestingZooKeeper zooKeeper, String id, Duration sessionTimeout) {
        this(zooKeeper, id, sessionTimeout, AccessControl.digest("secret", true));
    }

    public TestingCandidate(TestingZooKeeper zooKeeper, String id, Duration sessionTimeout, AccessControl access) {
        session = zooKeeper.session(access, sessionTimeout);
        election = new Election(
                session,
                paths,
                access,
                new MasterInfo(id, "127.0.0.1", 1 + Math.floorMod(id.hashCode(), 60_000), 0),
                zooKeeper.connectString(),
                Recorded::new,
                cluster -> {},
                () -> new StandbyProgress(0, 0));
        election.start();
    }

    public boolean isActive() {
        return election.state() == MasterState.ACTIVE;
    }

    /** The writer of the last leadership, which a deposed master would still hold. */
    public MetadataWriter writer() {
        return writer;
    }

    public Leadership leadership() {
        return writer.leadership();
    }

    public void stuck(String value) {
        stuck = value;
    }

    @Override
    public void close() {
        election.close();
        session.close();
    }

    private final class Recorded implements Term {
        @Override
        public void load(MetadataWriter metadataWriter) {
            writer = metadataWriter;
            events.add("load " + metadataWriter.leadership().epoch());
        }

        @Override
        public void serve() {
            events.add("serve");
        }

        @Override
        public void end(String reason) {
            events.add("end: " + reason);
        }

        @Override
        public String stuck() {
            return stuck;
        }
    }
}
