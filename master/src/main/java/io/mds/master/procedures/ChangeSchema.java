package io.mds.master.procedures;

import io.mds.error.MdsException;
import io.mds.master.membership.Member;
import io.mds.master.metadata.Leadership;
import io.mds.master.procedures.ProcedureZnode.Step;
import io.mds.master.routes.TableSnapshot;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.master.state.TableRecords;
import io.mds.master.state.TableState;
import io.mds.master.views.ShardReconciler;
import io.mds.proto.ErrorCode;
import io.mds.proto.ProcedureStatus;
import io.mds.proto.ShardReport;
import io.mds.proto.TableSchema;
import io.mds.znode.ProcedureRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.zookeeper.Op;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes a table's columns or indexes, in steps; forward only, because shards that have the new schema cannot go back.
 *
 * <ol>
 *   <li>The procedure is recorded with the table as it will be. Die before: nothing happened. Die after: the next master goes
 *       on here.
 *   <li>The leaders of the shards put the schema into their logs. One that has it already leaves it alone, so that asking
 *       again, also after a takeover, is harmless; what one replica has applied is committed, and every later leader has it.
 *       Clients go on meanwhile: shards take requests by older schemas.
 *   <li>One multi makes the table's record the new one, and ends the procedure, or goes to the last step. Clients are told.
 *   <li>Of a new index: the leaders fill it, each in its own store, after whatever crash; until one has, it scans.
 * </ol>
 */
final class ChangeSchema implements Procedure {
    private static final Logger log = LoggerFactory.getLogger(ChangeSchema.class);

    private final ProcedureContext context;
    private final SchemaRequest request;
    private final Answer answer;
    private final SchemaOrders orders;
    private final StepWriter writer;
    /** Null before anything is recorded. */
    private ProcedureZnode znode;

    private boolean finished;
    private TableSchema target;
    private long sinceNanos;

    ChangeSchema(ProcedureContext context, Progress progress, SchemaRequest request, Answer answer) {
        this.context = context;
        this.request = request;
        this.answer = answer;
        this.orders = new SchemaOrders(context);
        this.writer = new StepWriter(context, progress, request.table());
        this.sinceNanos = context.nanoClock().getAsLong();
    }

    /** The rest of a change that a predecessor left behind. */
    static ChangeSchema resume(ProcedureContext context, Progress progress, ProcedureRecord record) {
        ChangeSchema procedure = new ChangeSchema(
                context, progress, SchemaRequest.resumed(record.table(), record.what()), Answer.NOBODY);
        procedure.znode = ProcedureZnode.found(context, record);
        procedure.target = TableRecords.schemaOf(record.after());
        return procedure;
    }

    @Override
    public String table() {
        return request.table();
    }

    @Override
    public boolean advance() throws InterruptedException {
        if (finished || writer.isBusy()) {
            return finished;
        }
        Table table = context.state().table(table());
        if (znode == null) {
            return begin(table);
        }
        if (znode.step() == Step.APPLY_SCHEMA) {
            List<Shard> lacking = lacking(table);
            if (lacking.isEmpty()) {
                publish(table);
            } else {
                orders.send(target, lacking);
            }
        } else if (done(table) == table.shards().size()) {
            end("its indexes are complete");
        }
        return false;
    }

    /** True when there is nothing to do, which was answered. */
    private boolean begin(Table table) throws InterruptedException {
        if (answer.isLate()) {
            return true;
        }
        try {
            if (table == null || table.state() != TableState.ACTIVE) {
                throw MdsException.builder(ErrorCode.NOT_FOUND, "table '" + table() + "' does not exist")
                        .withoutStackTrace()
                        .build();
            }
            io.mds.table.TableSchema before = io.mds.table.TableSchema.fromProto(table.schema());
            if (request.isDone(before)) {
                answer.reply(request.answer(context.publisher().changed(table).route(), false));
                return true;
            }
            target = request.edit(before).toProto();
        } catch (MdsException e) {
            answer.fail(e);
            return true;
        }
        record(table);
        return false;
    }

    private void record(Table table) throws InterruptedException {
        TableRecord after = TableRecords.withSchema(table.versioned().value(), target);
        ProcedureZnode first = ProcedureZnode.first(
                context,
                ProcedureZnode.Kind.CHANGE_SCHEMA,
                describe(),
                Step.APPLY_SCHEMA,
                table.versioned().value(),
                after);
        writer.write(describe(), List.of(first.begin()), new StepWriter.Step() {
            @Override
            public void written(long zxid) {
                first.begun();
                znode = first;
                log.info(
                        "{}: schema version {} goes to {} shards",
                        describe(),
                        after.schemaVersion(),
                        table.shards().size());
            }

            @Override
            public void failed(MdsException e) {
                finished = true;
                answer.fail(e);
            }
        });
    }

    /** Shards of which no replica has applied the schema, as far as is known. */
    private List<Shard> lacking(Table table) {
        return table.shards().stream().filter(shard -> !isApplied(shard)).toList();
    }

    private boolean isApplied(Shard shard) {
        for (long region : shard.record().holders()) {
            Member member = context.membership().member(region);
            ShardReport report = member == null ? null : member.reported().get(shard.id());
            if (report != null && report.getSchemaVersion() >= target.getVersion()) {
                return true;
            }
        }
        return false;
    }

    private boolean isBuilt(Shard shard) {
        Member leader = context.membership().member(shard.record().leader());
        if (!ShardReconciler.serves(leader, shard)) {
            return false;
        }
        ShardReport report = leader.reported().get(shard.id());
        return report.getSchemaVersion() >= target.getVersion() && report.getIndexesLeft() == 0;
    }

    private int done(Table table) {
        boolean applies = znode.step() == Step.APPLY_SCHEMA;
        return (int) table.shards().stream()
                .filter(shard -> applies ? isApplied(shard) : isBuilt(shard))
                .count();
    }

    private void publish(Table table) throws InterruptedException {
        TableRecord after = TableRecords.withSchema(table.versioned().value(), target);
        boolean builds = target.getIndexesCount() > table.schema().getIndexesCount();
        List<Op> operations = new ArrayList<>();
        operations.add(Op.setData(
                context.paths().table(table()),
                ZnodeJson.write(after),
                table.versioned().version()));
        if (builds) {
            operations.add(znode.next(Step.BUILD_INDEXES));
        } else {
            znode.end(operations);
        }
        writer.write(describe() + ": schema version " + after.schemaVersion(), operations, new StepWriter.Step() {
            @Override
            public void written(long zxid) throws InterruptedException {
                context.state().replaceTable(table, after, zxid);
                TableSnapshot snapshot = context.publisher().changed(table);
                log.info("{}: done after {} ms", describe(), taken().toMillis());
                if (builds) {
                    znode.at(Step.BUILD_INDEXES);
                } else {
                    finished = true;
                    answer.reply(request.answer(snapshot.route(), true));
                }
            }

            @Override
            public void failed(MdsException e) {
                log.warn("{}: {}; it goes on later", describe(), e.getMessage());
            }
        });
    }

    private void end(String how) throws InterruptedException {
        List<Op> operations = new ArrayList<>();
        znode.end(operations);
        writer.write(describe() + ": " + how, operations, new StepWriter.Step() {
            @Override
            public void written(long zxid) throws InterruptedException {
                finished = true;
                log.info("{}: {} after {} ms", describe(), how, taken().toMillis());
                Table table = context.state().table(table());
                answer.reply(request.answer(context.publisher().changed(table).route(), true));
            }

            @Override
            public void failed(MdsException e) {
                log.warn("{}: {}; it goes on later", describe(), e.getMessage());
            }
        });
    }

    private Duration taken() {
        return Duration.ofNanos(context.nanoClock().getAsLong() - sinceNanos);
    }

    /** Shards that nobody leads for long must not keep their table from being dropped. */
    @Override
    public Optional<ProcedureZnode> stuck() {
        boolean late = taken().compareTo(context.limit()) >= 0;
        return late && !finished && !writer.isBusy() ? Optional.ofNullable(znode) : Optional.empty();
    }

    @Override
    public boolean isFinished() {
        return finished;
    }

    @Override
    public void giveUp(MdsException why) {
        finished = true;
        answer.fail(why);
    }

    @Override
    public void abandon(String reason) {
        if (finished) {
            return;
        }
        MdsException.Builder failure = Leadership.ended(describe(), reason);
        answer.fail(
                znode == null && !writer.isBusy()
                        ? failure.build()
                        : failure.outcomeUnknown().build());
    }

    @Override
    public String describe() {
        return request.what();
    }

    @Override
    public ProcedureStatus status() {
        Table table = context.state().table(table());
        if (znode == null || table == null) {
            return Procedure.waiting(this);
        }
        return Procedure.running(this, znode)
                .setDone(done(table))
                .setTotal(table.shards().size())
                .build();
    }
}
