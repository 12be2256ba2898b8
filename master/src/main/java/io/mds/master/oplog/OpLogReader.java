package io.mds.master.oplog;

import io.mds.master.metadata.Versioned;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.EpochRecord;
import io.mds.znode.OpLogLatest;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;

/** Reads the OpLog from ZooKeeper. Thread: one that may block. */
final class OpLogReader {
    private final ZooKeeperSession session;
    private final ZnodePaths paths;

    OpLogReader(ZooKeeperSession session, ZnodePaths paths) {
        this.session = session;
        this.paths = paths;
    }

    /**
     * An entry as it was found.
     *
     * @param zxid of the transaction that wrote it, which is the one that made its changes
     */
    record Read(OpLogEntry entry, long zxid) {
        long sequence() {
            return entry.sequence();
        }
    }

    /** Makes the next reads as new as everything that was written before. */
    void sync() throws KeeperException, InterruptedException {
        session.sync(paths.root());
    }

    OpLogLatest latest() throws KeeperException, InterruptedException {
        return ZnodeJson.read(paths.oplogLatest(), required(paths.oplogLatest()), OpLogLatest.class);
    }

    EpochRecord epoch() throws KeeperException, InterruptedException {
        return ZnodeJson.read(paths.epoch(), required(paths.epoch()), EpochRecord.class);
    }

    private byte[] required(String path) throws KeeperException, InterruptedException {
        Versioned<byte[]> found = session.read(path);
        if (found == null) {
            throw KeeperException.create(Code.NONODE, path);
        }
        return found.value();
    }

    /** How many entries there are. */
    int count() throws KeeperException, InterruptedException {
        return session.statOf(paths.oplogEntries()).getNumChildren();
    }

    /** The largest number of an entry, found by asking for all names; 0 without entries. */
    long largest() throws KeeperException, InterruptedException {
        return session.children(paths.oplogEntries()).stream()
                .filter(name -> name.matches("[0-9]{20}"))
                .mapToLong(Long::parseLong)
                .max()
                .orElse(0);
    }

    /**
     * Those of the entries from this number on that are there now, all asked for at once.
     *
     * @throws ZnodeFormatException when one of them is damaged
     */
    List<Read> read(long from, int count) throws KeeperException, InterruptedException {
        List<String> wanted = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            wanted.add(paths.oplogEntry(from + i));
        }
        List<Read> entries = new ArrayList<>();
        for (ZooKeeperSession.Found found : session.readAll(wanted)) {
            OpLogEntry entry = OpLogEntry.decoded(found.path(), found.value().value());
            if (!paths.oplogEntry(entry.sequence()).equals(found.path())) {
                throw new ZnodeFormatException(found.path() + ": says that it is entry " + entry.sequence(), null);
            }
            entries.add(new Read(entry, found.value().zxid()));
        }
        return entries;
    }
}
