package io.mds.master.procedures;

import io.mds.znode.ProcedureRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeJson;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;

/**
 * Where a procedure is recorded, from its first write to its last. Its znode is written in the multi of the step that it
 * tells of, so that it is never ahead of what was done, and never behind.
 *
 * <p>Thread: the metadata thread's.
 */
final class ProcedureZnode {
    /** What is done now. */
    enum Step {
        OPEN_SHARDS("opening shards"),
        REMOVE_DATA("removing data"),
        APPLY_SCHEMA("applying the schema"),
        BUILD_INDEXES("building indexes");

        private final String text;

        Step(String text) {
            this.text = text;
        }

        /** For people. */
        String text() {
            return text;
        }
    }

    private final ProcedureContext context;
    private ProcedureRecord record;
    private boolean present;

    private ProcedureZnode(ProcedureContext context, ProcedureRecord record, boolean present) {
        this.context = context;
        this.record = record;
        this.present = present;
    }

    /** Of a procedure that begins; to be written by {@link #begin}. */
    static ProcedureZnode first(
            ProcedureContext context, Kind kind, String what, Step step, TableRecord table, TableRecord after) {
        // One procedure of a table runs at a time, and each schema version comes once.
        String id = kind.prefix + "-" + table.id() + (after == null ? "" : "-" + after.schemaVersion());
        String now = Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
        return new ProcedureZnode(
                context, new ProcedureRecord(id, kind.name(), table.name(), what, step.name(), now, after), false);
    }

    /** What a predecessor has left. */
    static ProcedureZnode found(ProcedureContext context, ProcedureRecord record) {
        return new ProcedureZnode(context, record, true);
    }

    /** What kind of procedure it is. */
    enum Kind {
        CREATE_TABLE("create"),
        DROP_TABLE("drop"),
        CHANGE_SCHEMA("schema");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }
    }

    ProcedureRecord record() {
        return record;
    }

    Step step() {
        return Step.valueOf(record.step());
    }

    Duration age() {
        Duration age = Duration.between(Instant.parse(record.since()), Instant.now());
        return age.isNegative() ? Duration.ZERO : age;
    }

    private String path() {
        return context.paths().procedure(record.id());
    }

    Op begin() {
        return Op.create(path(), ZnodeJson.write(record), context.access().masters(), CreateMode.PERSISTENT);
    }

    void begun() {
        present = true;
    }

    Op next(Step step) {
        return Op.setData(path(), ZnodeJson.write(record.withStep(step.name())), -1);
    }

    void at(Step step) {
        record = record.withStep(step.name());
    }

    /** Adds the deletion, unless a predecessor of an earlier version left no znode. */
    void end(List<Op> operations) {
        if (present) {
            operations.add(Op.delete(path(), -1));
        }
    }
}
