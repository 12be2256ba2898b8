package io.mds.testkit;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
    private static final Set<Integer> WITH_DATA =
            Set.of(OpCode.create, OpCode.create2, OpCode.createContainer, OpCode.createTTL, OpCode.setData);
    private static final Set<Integer> WITHOUT_DATA = Set.of(OpCode.setACL, OpCode.delete, OpCode.deleteContainer);

    private TransactionLog() {}

    /**
     * One znode was created, changed or deleted by this session. Znodes that went with their session are not listed.
     *
     * @param data what it holds since then; null of a deletion, and of other rights
     */
    record Change(long session, String path, String data) {
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
                changes.addAll(changes(session, entries.getTxn()));
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

    private static List<Change> changes(long session, Record entry) throws IOException {
        if (entry instanceof MultiTxn multi) {
            List<Change> changes = new ArrayList<>();
            for (Txn part : multi.getTxns()) {
                if (WITH_DATA.contains(part.getType()) || WITHOUT_DATA.contains(part.getType())) {
                    changes.add(change(session, part));
                }
            }
            return changes;
        }
        if (entry instanceof CreateTxn created) {
            return List.of(new Change(session, created.getPath(), text(created.getData())));
        }
        if (entry instanceof SetDataTxn set) {
            return List.of(new Change(session, set.getPath(), text(set.getData())));
        }
        if (entry instanceof DeleteTxn deleted) {
            return List.of(new Change(session, deleted.getPath(), null));
        }
        return entry instanceof SetACLTxn acl ? List.of(new Change(session, acl.getPath(), null)) : List.of();
    }

    /** Every change in a multi begins with its path, and goes on with the data, if it has any. */
    private static Change change(long session, Txn part) throws IOException {
        BinaryInputArchive archive = BinaryInputArchive.getArchive(new ByteArrayInputStream(part.getData()));
        String path = archive.readString("path");
        return new Change(session, path, WITH_DATA.contains(part.getType()) ? text(archive.readBuffer("data")) : null);
    }

    private static String text(byte[] data) {
        return data == null ? "" : new String(data, StandardCharsets.UTF_8);
    }
}
