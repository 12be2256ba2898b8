package io.mds.master.procedures;

import io.mds.error.MdsException;
import io.mds.proto.ProcedureStatus;
import java.util.Optional;

/**
 * One change of one table, from its first write to its last.
 *
 * <p>Thread: the metadata thread's. The procedures of one table run one after the other.
 */
interface Procedure {
    /** The table's name, which is what procedures queue by. */
    String table();

    /**
     * Goes as far as it can now; called again whenever something may have changed, and on a timer.
     *
     * @return true when it has finished, and answered
     */
    boolean advance() throws InterruptedException;

    /** It is done and answered, though it may still stand in its queue. */
    boolean isFinished();

    /** The leadership has ended: answers who waits; what is recorded is resumed by the next master. */
    void abandon(String reason);

    /** For people: "create table files". */
    String describe();

    ProcedureStatus status();

    /** What is recorded of it, when it takes so long that a drop of its table may end it. */
    default Optional<ProcedureZnode> stuck() {
        return Optional.empty();
    }

    /** It has ended without being done, in the write of another if it was recorded: answers who waits. */
    void giveUp(MdsException why);

    /** Of one that has recorded nothing yet. */
    static ProcedureStatus waiting(Procedure procedure) {
        return ProcedureStatus.newBuilder()
                .setWhat(procedure.describe())
                .setTable(procedure.table())
                .setStep("waiting")
                .build();
    }

    /** Of one that is recorded. */
    static ProcedureStatus.Builder running(Procedure procedure, ProcedureZnode znode) {
        return ProcedureStatus.newBuilder()
                .setId(znode.record().id())
                .setWhat(procedure.describe())
                .setTable(procedure.table())
                .setStep(znode.step().text())
                .setAgeMs(znode.age().toMillis());
    }
}
