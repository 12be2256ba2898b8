package io.mds.master.metadata;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.proto.SetDataRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only way to change metadata: one ZooKeeper multi that begins with the check of the epoch znode's version.
 *
 * <p>Invariant: a write of a deposed master fails in ZooKeeper, whatever this process believes.
 *
 * <p>When the connection breaks while a write is under way, its fate is found out (the same session reads back what the
 * write would have left) before anything else happens, for as long as the leadership can be valid; after that the
 * leadership ends, and the next master reads the truth.
 *
 * <p>Thread: any that may block. Writes that depend on each other are the metadata thread's.
 */
public final class MetadataWriter {
    /** ZooKeeper's limit for a request is 1 MiB (jute.maxbuffer); what is asked for here stays well below. */
    public static final int MAX_MULTI_BYTES = 900 * 1024;

    private static final Logger log = LoggerFactory.getLogger(MetadataWriter.class);
    private static final Duration RECONNECT_POLL = Duration.ofMillis(20);
    /** What ZooKeeper says of operations that do not fit what it holds. */
    private static final Set<Code> REFUSALS = Set.of(Code.BADVERSION, Code.NONODE, Code.NODEEXISTS, Code.NOTEMPTY);

    private final ZooKeeperSession session;
    private final Leadership leadership;
    private final ZnodePaths paths;
    private final LongSupplier nanoClock;
    private final Journal journal;
    private GroupCommit group;

    /** A writer that writes nothing down: for probes and reads. */
    public MetadataWriter(ZooKeeperSession session, Leadership leadership, ZnodePaths paths, LongSupplier nanoClock) {
        this(session, leadership, paths, nanoClock, Journal.NONE);
    }

    private MetadataWriter(
            ZooKeeperSession session,
            Leadership leadership,
            ZnodePaths paths,
            LongSupplier nanoClock,
            Journal journal) {
        this.session = session;
        this.leadership = leadership;
        this.paths = paths;
        this.nanoClock = nanoClock;
        this.journal = journal;
    }

    /** The same, with everything that changes written down. */
    public MetadataWriter journaled(Journal other) {
        return new MetadataWriter(session, leadership, paths, nanoClock, other);
    }

    /** Has what was gathered written before any other change. */
    void beforeOthers(GroupCommit value) {
        group = value;
    }

    private void flushGroup() throws InterruptedException {
        if (group != null) {
            group.flush();
        }
    }

    public Leadership leadership() {
        return leadership;
    }

    /**
     * Does all of it or nothing.
     *
     * @param what for the log and for error messages: "create table files"
     * @return the id of the ZooKeeper transaction, or 0 when the operations only delete
     * @throws MdsException UNAVAILABLE when this master may not write now; INTERNAL when ZooKeeper holds something else
     *     than this master's memory, which ends the leadership
     */
    public long write(String what, List<Op> operations) throws InterruptedException {
        if (operations.isEmpty()) {
            throw new IllegalArgumentException(what + ": nothing to write");
        }
        flushGroup();
        List<OpResult> results = performOrEnd(what, operations);
        return results == null ? zxidReadBack(what, operations) : zxidOf(what, operations, results);
    }

    /**
     * Does all of it or nothing, where others than the active master may have had their hands on the znodes.
     *
     * @param tolerated refusals that are an answer and not a sign that the memory is wrong
     * @return false when it was refused so, and nothing was changed
     */
    public boolean attempt(String what, List<Op> operations, Set<Code> tolerated) throws InterruptedException {
        flushGroup();
        try {
            perform(what, operations, tolerated);
            return true;
        } catch (Refused e) {
            log.debug("{}: {}", what, e.getMessage());
            return false;
        }
    }

    /**
     * Does all of several changes or nothing.
     *
     * @return the id of the ZooKeeper transaction, or 0 when the operations only delete
     * @throws Refused by ZooKeeper because of one operation, which is for the caller to deal with
     */
    long writeTogether(String what, List<Op> operations) throws InterruptedException, Refused {
        List<OpResult> results = perform(what, operations, REFUSALS);
        return results == null ? zxidReadBack(what, operations) : zxidOf(what, operations, results);
    }

    /** What a change is told that ZooKeeper refused; the leadership ends with it. */
    MdsException refused(String what, Refused refusal) {
        return refused(what, refusal.refusal());
    }

    /** Proves, by a write that changes nothing, that the epoch is still this master's. */
    public void probe() throws InterruptedException {
        performOrEnd("probe", List.of());
    }

    /** Any refusal ends the leadership. */
    private List<OpResult> performOrEnd(String what, List<Op> operations) throws InterruptedException {
        try {
            return perform(what, operations, Set.of());
        } catch (Refused e) {
            throw refused(what, e);
        }
    }

    /** Null results: the write landed, and its answer was lost. */
    private List<OpResult> perform(String what, List<Op> operations, Set<Code> tolerated)
            throws InterruptedException, Refused {
        if (!leadership.mayWrite()) {
            throw notNow(what);
        }
        Journal.Entry entry = operations.isEmpty() ? null : journal.entryFor(operations);
        List<Op> checked = new ArrayList<>(operations.size() + 3);
        checked.add(Op.check(paths.epoch(), leadership.epochZnodeVersion()));
        checked.addAll(operations);
        if (entry != null) {
            checked.addAll(entry.operations());
        }
        requireSize(what, checked);
        while (true) {
            long sentAt = nanoClock.getAsLong();
            try {
                List<OpResult> results = session.multi(checked);
                leadership.prove(sentAt);
                if (entry != null) {
                    journal.landed(entry);
                }
                return results.subList(1, operations.size() + 1);
            } catch (KeeperException e) {
                int failed = ZooKeeperSession.failedOperation(e);
                if (failed > 0 && failed <= operations.size() && tolerated.contains(e.code())) {
                    throw new Refused(e, failed - 1);
                }
                if (e.code() == Code.SESSIONEXPIRED) {
                    // Said of what is under way, too, when the client finds its session over before the answer comes.
                    throw unknown(what, e);
                }
                if (!isUncertain(e)) {
                    throw refused(what, e);
                }
                log.warn("{}: {} while writing; finding out what became of it", what, e.code());
            }
            if (landed(what, operations, entry)) {
                if (entry != null) {
                    journal.landed(entry);
                }
                return null;
            }
        }
    }

    private static boolean isUncertain(KeeperException e) {
        return e.code() == Code.CONNECTIONLOSS || e.code() == Code.OPERATIONTIMEOUT;
    }

    private MdsException refused(String what, KeeperException e) {
        int failed = ZooKeeperSession.failedOperation(e);
        if (failed == 0 && (e.code() == Code.BADVERSION || e.code() == Code.NONODE)) {
            leadership.revoke("deposed: the epoch in ZooKeeper is no longer " + leadership.epoch());
            return notNow(what);
        }
        if (failed > 0) {
            leadership.revoke(what + ": ZooKeeper holds something else than this master's memory (" + e.code()
                    + " at operation " + failed + ")");
            return MdsException.builder(
                            ErrorCode.INTERNAL,
                            what + ": the metadata in ZooKeeper was changed by somebody else than the active master ("
                                    + e.code() + "); it is read again")
                    .cause(e)
                    .build();
        }
        leadership.revoke(what + ": " + e.code());
        return notNow(what);
    }

    private MdsException notNow(String what) {
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE,
                        what + ": this master "
                                + (leadership.isRevoked()
                                        ? "is no longer active (" + leadership.revocation() + ")"
                                        : "cannot reach ZooKeeper now")
                                + "; try again")
                .withoutStackTrace()
                .build();
    }

    /**
     * Whether the write whose answer was lost was done.
     *
     * <p>This session's sync comes after everything it sent before, on whatever server that was queued, so that a write
     * not seen by the reads that follow it never lands.
     */
    private boolean landed(String what, List<Op> operations, Journal.Entry entry) throws InterruptedException {
        while (leadership.isValid()) {
            if (!session.isConnected()) {
                Thread.sleep(RECONNECT_POLL.toMillis());
                continue;
            }
            try {
                session.sync(paths.epoch());
                boolean landed = entry != null ? isThere(entry) : !operations.isEmpty() && isDone(operations.get(0));
                log.info("{}: the write {}", what, landed ? "was done" : "was not done; sending it again");
                return landed;
            } catch (KeeperException e) {
                if (!isUncertain(e)) {
                    throw unknown(what, e);
                }
            }
        }
        leadership.revoke(what + ": no answer from ZooKeeper within "
                + leadership.validFor().toMillis() + " ms");
        throw unknown(what);
    }

    /** What keeps this session from finding out does not tell that the write was not done. */
    private MdsException unknown(String what, KeeperException e) {
        leadership.revoke(what + ": " + e.code());
        return unknown(what);
    }

    private static MdsException unknown(String what) {
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE, what + ": ZooKeeper did not answer; the next master knows what was done")
                .outcomeUnknown()
                .withoutStackTrace()
                .build();
    }

    private boolean isThere(Journal.Entry entry) throws KeeperException, InterruptedException {
        Versioned<byte[]> now = session.read(entry.path());
        return now != null && Arrays.equals(now.value(), entry.data());
    }

    /** One operation tells for all: a multi is done wholly or not at all. */
    private boolean isDone(Op witness) throws KeeperException, InterruptedException {
        Versioned<byte[]> now = session.read(witness.getPath());
        switch (witness.getType()) {
            case OpCode.delete:
                return now == null;
            case OpCode.setData:
                SetDataRequest wanted = (SetDataRequest) witness.toRequestRecord();
                return now != null
                        && Arrays.equals(now.value(), wanted.getData())
                        && (wanted.getVersion() < 0 || now.version() == wanted.getVersion() + 1);
            default:
                return now != null;
        }
    }

    private long zxidOf(String what, List<Op> operations, List<OpResult> results) throws InterruptedException {
        for (OpResult result : results) {
            if (result instanceof OpResult.SetDataResult set) {
                return set.getStat().getMzxid();
            }
        }
        return zxidReadBack(what, operations);
    }

    private long zxidReadBack(String what, List<Op> operations) throws InterruptedException {
        for (Op operation : operations) {
            if (operation.getType() != OpCode.delete && operation.getType() != OpCode.check) {
                try {
                    return read(what, () -> session.statOf(operation.getPath())).getMzxid();
                } catch (MdsException e) {
                    // The leadership has ended, and the write was done: nobody may be told that it was not.
                    throw unknown(what);
                }
            }
        }
        return 0;
    }

    /** Reads with the patience of a write: through a lost connection, until the leadership cannot be valid any more. */
    public <T> T read(String what, Read<T> read) throws InterruptedException {
        while (true) {
            try {
                return read.get();
            } catch (KeeperException e) {
                if (!isUncertain(e)) {
                    throw refused(what, e);
                }
                if (!leadership.isValid()) {
                    leadership.revoke(what + ": " + e.code());
                    throw notNow(what);
                }
                Thread.sleep(RECONNECT_POLL.toMillis());
            }
        }
    }

    /** The zxid of the last child that came to or went from this znode. */
    public long childrenZxid(String path) throws InterruptedException {
        Stat stat = read("read " + path, () -> session.statOf(path));
        return stat.getPzxid();
    }

    public ZooKeeperSession session() {
        return session;
    }

    /** A refusal that the caller asked to be told of; nothing was changed. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        private final int operation;

        private Refused(KeeperException refusal, int operation) {
            super(refusal.getMessage(), refusal, false, false);
            this.operation = operation;
        }

        private KeeperException refusal() {
            return (KeeperException) getCause();
        }

        /** Which of the operations it is about, from 0. */
        int operation() {
            return operation;
        }
    }

    /** A read from ZooKeeper. */
    public interface Read<T> {
        T get() throws KeeperException, InterruptedException;
    }

    private static void requireSize(String what, List<Op> operations) {
        long bytes = sizeOf(operations);
        if (bytes > MAX_MULTI_BYTES) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT,
                    what + ": " + bytes + " bytes of metadata at once (limit: " + MAX_MULTI_BYTES
                            + "); use fewer shards or columns");
        }
    }

    static int sizeOf(List<Op> operations) {
        return operations.stream().mapToInt(MetadataWriter::sizeOf).sum();
    }

    /** A generous estimate of an operation's size on the wire. */
    private static int sizeOf(Op operation) {
        int overhead = 256 + operation.getPath().length();
        if (operation.getType() == OpCode.setData) {
            return overhead + ((SetDataRequest) operation.toRequestRecord()).getData().length;
        }
        if (operation.toRequestRecord() instanceof org.apache.zookeeper.proto.CreateRequest create) {
            return overhead + create.getData().length;
        }
        return overhead;
    }
}
