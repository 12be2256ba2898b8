package io.mds.master.procedures;

import io.mds.error.MdsException;
import io.mds.master.metadata.GroupCommit.Outcome;
import java.util.List;
import java.util.Set;
import org.apache.zookeeper.Op;

/**
 * Writes the steps of one procedure through the group commit, one at a time: until it is known what became of one, the
 * procedure does not go on.
 *
 * <p>Thread: the metadata thread's.
 */
final class StepWriter {
    private final ProcedureContext context;
    private final Progress progress;
    private final String table;
    private boolean busy;

    StepWriter(ProcedureContext context, Progress progress, String table) {
        this.context = context;
        this.progress = progress;
        this.table = table;
    }

    /** What one write is for. */
    interface Step {
        /** It is written: the memory follows now. */
        void written(long zxid) throws InterruptedException;

        /** It is not written, or nobody knows, in which case the leadership has ended. What is left waits for the timer. */
        void failed(MdsException e);

        /** Some time after it was written; the procedure goes on after this. */
        default void settled() throws InterruptedException {}
    }

    /** A write is under way. */
    boolean isBusy() {
        return busy;
    }

    void write(String what, List<Op> operations, Step step) throws InterruptedException {
        busy = true;
        // Counters are set without a version: what is written in one group gives numbers away in its order.
        context.group().add(what, operations, Set.of(context.paths().ids()), new Outcome() {
            private boolean written;

            @Override
            public void landed(long zxid) throws InterruptedException {
                busy = false;
                written = true;
                step.written(zxid);
            }

            @Override
            public void failed(MdsException e) {
                busy = false;
                step.failed(e);
            }

            @Override
            public void settled() throws InterruptedException {
                if (written) {
                    step.settled();
                    progress.goOn(table);
                }
            }
        });
    }
}
