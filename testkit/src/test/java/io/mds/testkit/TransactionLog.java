package io.mds.testkit;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.TxnLog;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.DeleteTxn;
import org.apache.zookeeper.txn.MultiTxn;
import org.apache.zookeeper.txn.SetACLTxn;
import org.apache.zookeeper.txn.SetDataTxn;
import org.apache.zookeeper.txn.Txn;

/** What a ZooKeeper has written down of who changed what, in order: the one witness that cannot be fooled. */
final class TransactionLog {
    private static final Set<Integer> CHANGES = Set.of(
            OpCode.create,
            OpCode.create2,
            OpCode.createContainer,
            OpCode.createTTL,
            OpCode.setData,
            OpCode.setACL,
            OpCode.delete,
            OpCode.deleteContainer);

    private TransactionLog() {}

    /** One znode was created, changed or deleted by this session. Znodes that went with their session are not listed. */
    record Change(long session, String path) {
        boolean isBelow(String parent) {
            return path.startsWith(parent + "/");
        }

        @Override
        public String toString() {
            return path + " by session " + Long.toHexString(session);
        }
    }

    /** All changes that the ZooKeeper of a cluster of processes has on its disk. */
    static List<Change> of(MdsCluster cluster) {
        Path directory =
                cluster.directory().resolve("zookeeper").resolve("data").resolve("version-2");
        List<Change> changes = new ArrayList<>();
        try (TxnLog.TxnIterator entries = new FileTxnLog(directory.toFile()).read(0)) {
            while (entries.getHeader() != null) {
                long session = entries.getHeader().getClientId();
                for (String path : paths(entries.getTxn())) {
                    changes.add(new Change(session, path));
                }
                if (!entries.next()) {
                    break;
                }
            }
        } catch (EOFException e) {
            // The server is in the middle of writing the next one.
            return changes;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the transactions in " + directory + ": " + e.getMessage(), e);
        }
        return changes;
    }

    private static List<String> paths(Record entry) throws IOException {
        if (entry instanceof MultiTxn multi) {
            List<String> paths = new ArrayList<>();
            for (Txn part : multi.getTxns()) {
                if (CHANGES.contains(part.getType())) {
                    paths.add(firstString(part.getData()));
                }
            }
            return paths;
        }
        if (entry instanceof CreateTxn created) {
            return List.of(created.getPath());
        }
        if (entry instanceof SetDataTxn set) {
            return List.of(set.getPath());
        }
        if (entry instanceof DeleteTxn deleted) {
            return List.of(deleted.getPath());
        }
        return entry instanceof SetACLTxn acl ? List.of(acl.getPath()) : List.of();
    }

    /** Every change in a multi begins with its path. */
    private static String firstString(byte[] change) throws IOException {
        return BinaryInputArchive.getArchive(new ByteArrayInputStream(change)).readString("path");
    }
}
