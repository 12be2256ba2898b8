package io.mds.master.metadata;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.zookeeper.Op;

/**
 * Gathers changes that do not depend on each other, and writes them as one multi: one round through ZooKeeper, and one
 * entry of the OpLog, for all that came while the multi before was under way.
 *
 * <p>A change is added by one task of the metadata thread, and written after the last of the tasks that wait then. Until
 * then the memory stays as it is, and who added the change does not go on with what it is about. Any other write comes
 * after those that were added before it.
 *
 * <p>Thread: the metadata thread's.
 */
public final class GroupCommit {
    /** An estimate for the multi and its entry together; the writer's own limit comes after it. */
    private static final int MAX_BYTES = MetadataWriter.MAX_MULTI_BYTES * 9 / 10;

    private final MetadataWriter writer;
    private final TermTasks tasks;
    private List<Change> gathered = new ArrayList<>();
    private Set<String> touched = new HashSet<>();
    private int bytes;

    /** What becomes of a change. */
    public interface Outcome {
        /** It is written: the memory follows now. */
        void landed(long zxid) throws InterruptedException;

        /** It is not written, or nobody knows. */
        void failed(MdsException e);

        /** Some time after the same has been said to all that were written with it: time to go on. */
        void settled() throws InterruptedException;
    }

    private record Change(String what, List<Op> operations, Outcome outcome) {}

    private GroupCommit(MetadataWriter writer, TermTasks tasks) {
        this.writer = writer;
        this.tasks = tasks;
    }

    /** The one of this writer, whose other writes come after what was gathered from now on. */
    public static GroupCommit of(MetadataWriter writer, TermTasks tasks) {
        GroupCommit group = new GroupCommit(writer, tasks);
        writer.beforeOthers(group);
        return group;
    }

    /**
     * Adds a change. No two that are written together may touch the same znode, but for counters that are set without a
     * version.
     *
     * @param shared paths that others may set, too
     */
    public void add(String what, List<Op> operations, Set<String> shared, Outcome outcome) throws InterruptedException {
        int size = 2 * MetadataWriter.sizeOf(operations);
        List<String> paths = operations.stream()
                .map(Op::getPath)
                .filter(path -> !shared.contains(path))
                .toList();
        if (paths.stream().anyMatch(touched::contains)) {
            throw new IllegalStateException(what + ": what it changes is being changed already");
        }
        if (bytes + size > MAX_BYTES) {
            flush();
        }
        gathered.add(new Change(what, List.copyOf(operations), outcome));
        touched.addAll(paths);
        bytes += size;
        if (gathered.size() == 1) {
            tasks.execute("group commit", this::flush);
        }
    }

    /** Writes what was gathered, if anything was. */
    public void flush() throws InterruptedException {
        if (gathered.isEmpty()) {
            return;
        }
        List<Change> batch = gathered;
        gathered = new ArrayList<>();
        touched = new HashSet<>();
        bytes = 0;
        write(batch);
        // Later: whoever goes on may write, and this may have been called in the middle of another write, which was put
        // together before it and must not come after it.
        for (Change change : batch) {
            tasks.execute(change.what(), () -> change.outcome().settled());
        }
    }

    /** Writes those of them that can be written, whatever is wrong with the others. */
    private void write(List<Change> batch) throws InterruptedException {
        List<Op> operations =
                batch.stream().flatMap(change -> change.operations().stream()).toList();
        String what =
                batch.size() == 1 ? batch.get(0).what() : batch.get(0).what() + " and " + (batch.size() - 1) + " more";
        long zxid;
        try {
            zxid = writer.writeTogether(what, operations);
        } catch (MetadataWriter.Refused e) {
            writeOthers(batch, indexOf(batch, e.operation()), e);
            return;
        } catch (MdsException e) {
            if (e.code() == ErrorCode.INVALID_ARGUMENT && batch.size() > 1) {
                // Too large together, where the estimate was wrong: in their order, because of the counters.
                write(batch.subList(0, batch.size() / 2));
                write(batch.subList(batch.size() / 2, batch.size()));
                return;
            }
            batch.forEach(change -> change.outcome().failed(e));
            return;
        }
        for (Change change : batch) {
            change.outcome().landed(zxid);
        }
    }

    /** The others first: one that does not fit what ZooKeeper holds ends the leadership. */
    private void writeOthers(List<Change> batch, int index, MetadataWriter.Refused refusal)
            throws InterruptedException {
        List<Change> others = new ArrayList<>(batch);
        Change refused = others.remove(index);
        if (!others.isEmpty()) {
            write(others);
        }
        refused.outcome().failed(writer.refused(refused.what(), refusal));
    }

    /** Which of the changes an operation belongs to. */
    private static int indexOf(List<Change> batch, int operation) {
        int index = 0;
        int after = batch.get(0).operations().size();
        while (operation >= after) {
            index++;
            after += batch.get(index).operations().size();
        }
        return index;
    }
}
