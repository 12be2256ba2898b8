package io.mds.master.testing;

import io.mds.id.Epoch;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.Leadership;
import io.mds.master.metadata.MetadataLayout;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.Versioned;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.master.oplog.DigestHistory;
import io.mds.master.oplog.Follower;
import io.mds.master.oplog.OpLog;
import io.mds.master.oplog.OpLogRetention;
import io.mds.master.oplog.Takeover;
import io.mds.znode.EpochRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.List;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/** The writing half of an active master: an epoch, a writer and the OpLog; without an election, regions or clients. */
public final class TestingActive implements AutoCloseable {
    public static final ZnodePaths PATHS = new ZnodePaths("/mds");
    public static final AccessControl ACCESS = AccessControl.open();

    public final ZooKeeperSession session;
    public final Follower follower;
    private Leadership leadership;
    private MetadataWriter writer;
    private OpLog opLog;
    private Takeover takeover;

    public TestingActive(TestingZooKeeper zooKeeper) throws Exception {
        session = zooKeeper.session(ACCESS, Duration.ofSeconds(10));
        session.awaitConnected(Duration.ofSeconds(10));
        var unused = new MetadataLayout(session, PATHS, ACCESS).ensure();
        follower = new Follower(session, PATHS);
        follower.start();
    }

    /** Raises the epoch, and takes over what is there. */
    public TestingActive lead() throws Exception {
        Versioned<byte[]> before = session.read(PATHS.epoch());
        EpochRecord predecessor = ZnodeJson.read("epoch", before.value(), EpochRecord.class);
        long epoch = predecessor.epoch() + 1;
        long since = predecessor.opLogSince() > 0 ? predecessor.opLogSince() : epoch;
        List<OpResult> raised = session.multi(List.of(Op.setData(
                PATHS.epoch(), ZnodeJson.write(new EpochRecord(epoch, "test", "now", since)), before.version())));
        int version = ((OpResult.SetDataResult) raised.get(0)).getStat().getVersion();
        leadership = new Leadership(
                new Epoch(epoch), version, since, System.nanoTime(), Duration.ofMinutes(5), System::nanoTime);
        MetadataWriter plain = new MetadataWriter(session, leadership, PATHS, System::nanoTime);
        takeover = follower.takeOver(plain);
        opLog = new OpLog(
                PATHS,
                ACCESS,
                epoch,
                takeover.sequence(),
                takeover.first(),
                takeover.followed().image(),
                takeover.digests());
        writer = plain.journaled(opLog);
        return this;
    }

    public MetadataWriter writer() {
        return writer;
    }

    public OpLog opLog() {
        return opLog;
    }

    public Leadership leadership() {
        return leadership;
    }

    public Takeover takeover() {
        return takeover;
    }

    public DigestHistory.Digested digest() {
        return takeover.digests().newest().orElseThrow();
    }

    public OpLogRetention retention(int retained) {
        return new OpLogRetention(opLog, writer, PATHS, retained, System::nanoTime);
    }

    @Override
    public void close() {
        follower.close();
        session.close();
    }
}
