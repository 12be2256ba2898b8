package io.mds.master.oplog;

import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.Journal;
import io.mds.master.state.Change;
import io.mds.master.state.StateImage;
import io.mds.znode.OpLogLatest;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.proto.SetDataRequest;

/**
 * The active master's end of the OpLog: numbers each change, and keeps the digest of the state up to it.
 *
 * <p>A number is taken when its entry has landed, so that a change that is refused leaves no gap. Should two masters
 * ever try the same number, the second finds the entry's znode there, and its whole multi fails.
 *
 * <p>Thread: the metadata thread's (before the takeover is complete, the election thread's); the sequence is read by any.
 */
public final class OpLog implements Journal {
    /** Entries after which what /mds/oplog/latest says is renewed, whatever the time. */
    public static final int LATEST_EVERY = 100;

    private final ZnodePaths paths;
    private final AccessControl access;
    private final long epoch;
    private final StateImage image;
    private final DigestHistory digests;
    private volatile long sequence;
    private volatile long first;
    private long announced;
    private List<Change> pending = List.of();

    /**
     * @param sequence of the last entry that was written
     * @param first the oldest entry that is still kept
     * @param image of the state after that entry
     */
    public OpLog(
            ZnodePaths paths,
            AccessControl access,
            long epoch,
            long sequence,
            long first,
            StateImage image,
            DigestHistory digests) {
        this.paths = paths;
        this.access = access;
        this.epoch = epoch;
        this.sequence = sequence;
        this.first = first;
        this.image = image;
        this.digests = digests;
        this.announced = -1;
    }

    /** The last entry that was written. */
    public long sequence() {
        return sequence;
    }

    /** The oldest entry that is still kept. */
    public long first() {
        return first;
    }

    void removedBefore(long newFirst) {
        first = newFirst;
    }

    /** Whether /mds/oplog/latest names another entry than the last one. */
    boolean isAnnounced() {
        return announced == sequence;
    }

    void announced(long value) {
        announced = value;
    }

    /** What renews /mds/oplog/latest, with the digest of the state after that entry as far as that is known already. */
    Op announcement(long latest, long oldest) {
        String digest = digests.at(latest).map(found -> found.digest().text()).orElse(null);
        return Op.setData(paths.oplogLatest(), ZnodeJson.write(new OpLogLatest(latest, oldest, digest)), -1);
    }

    @Override
    public Entry entryFor(List<Op> operations) {
        List<Change> changes = new ArrayList<>();
        for (Op operation : operations) {
            Change change = changeOf(operation);
            if (change != null) {
                changes.add(change);
            }
        }
        if (changes.isEmpty()) {
            return null;
        }
        pending = changes;
        long next = sequence + 1;
        String path = paths.oplogEntry(next);
        byte[] data = new OpLogEntry(
                        next,
                        epoch,
                        Instant.now().truncatedTo(ChronoUnit.MILLIS).toString(),
                        changes)
                .encoded();
        List<Op> writes = new ArrayList<>();
        writes.add(Op.create(path, data, access.masters(), CreateMode.PERSISTENT));
        if (next % LATEST_EVERY == 0) {
            writes.add(announcement(next, first));
        }
        return new Entry(path, data, writes);
    }

    @Override
    public void landed(Entry entry) {
        long next = sequence + 1;
        if (!entry.path().equals(paths.oplogEntry(next))) {
            throw new IllegalStateException(entry.path() + " landed (expected: entry " + next + ")");
        }
        image.apply(pending, 0);
        pending = List.of();
        digests.add(next, image.digest());
        if (next % LATEST_EVERY == 0) {
            announced = next;
        }
        sequence = next;
    }

    private Change changeOf(Op operation) {
        String path = paths.relative(operation.getPath());
        if (!Change.isState(path)) {
            return null;
        }
        return switch (operation.getType()) {
            case OpCode.delete -> Change.delete(path);
            case OpCode.setData -> Change.set(path, data(((SetDataRequest) operation.toRequestRecord()).getData()));
            case OpCode.create, OpCode.create2 ->
                Change.set(path, data(((CreateRequest) operation.toRequestRecord()).getData()));
            case OpCode.check -> null;
            default ->
                throw new IllegalArgumentException(
                        path + ": an operation of type " + operation.getType() + " cannot be written down");
        };
    }

    private static byte[] data(byte[] data) {
        return data == null ? "".getBytes(StandardCharsets.UTF_8) : data;
    }
}
