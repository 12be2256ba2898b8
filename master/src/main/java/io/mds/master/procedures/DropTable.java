package io.mds.master.procedures;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.master.membership.Member;
import io.mds.master.metadata.Leadership;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.master.state.TableRecords;
import io.mds.master.state.TableState;
import io.mds.proto.DropTableReply;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.ProcedureStatus;
import io.mds.proto.Reply;
import io.mds.znode.ProcedureRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.zookeeper.Op;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops a table, in three steps.
 *
 * <ol>
 *   <li>The table becomes DROPPING. Die before: nothing happened. Die after: the next master resumes here.
 *   <li>Regions that are there remove the shards' data. Repeated after a takeover, which is harmless.
 *   <li>The table's and its shards' znodes are deleted in one multi. A region that was away and returns with data of a
 *       shard that has no znode is told to remove it then.
 * </ol>
 */
final class DropTable implements Procedure {
    private static final Logger log = LoggerFactory.getLogger(DropTable.class);

    private final ProcedureContext context;
    private final String name;
    private final boolean ifExists;
    private final Answer answer;
    private final StepWriter writer;
    private Long droppingSinceNanos;
    private boolean finished;
    /** Its first write may have been done, and nobody could say whether. */
    private boolean perhapsRecorded;
    /** Null before anything is recorded. */
    private ProcedureZnode znode;

    DropTable(ProcedureContext context, Progress progress, String name, boolean ifExists, Answer answer) {
        this.context = context;
        this.writer = new StepWriter(context, progress, name);
        this.name = name;
        this.ifExists = ifExists;
        this.answer = answer;
    }

    /** The rest of a drop that a predecessor left behind. */
    static DropTable resume(ProcedureContext context, Progress progress, Table table, Optional<ProcedureRecord> found) {
        DropTable procedure = new DropTable(context, progress, table.name(), true, Answer.NOBODY);
        procedure.znode = found.map(record -> ProcedureZnode.found(context, record))
                .orElseGet(() -> procedure.firstZnode(table.versioned().value()));
        return procedure;
    }

    /** Takes back a creation. */
    static DropTable inPlaceOf(ProcedureContext context, Progress progress, Table table, ProcedureZnode creation)
            throws InterruptedException {
        DropTable procedure = new DropTable(context, progress, table.name(), true, Answer.NOBODY);
        procedure.beginInPlaceOf(table, creation);
        return procedure;
    }

    /** Begins at once, and in the same multi ends what was under way: there is always a record of what was half done. */
    void beginInPlaceOf(Table table, ProcedureZnode before) throws InterruptedException {
        Marking marking = new Marking(table, Optional.of(before));
        try {
            marking.written(context.writer().write(describe(), marking.operations()));
        } catch (MdsException e) {
            perhapsRecorded = e.outcome() == Outcome.UNKNOWN;
            throw e;
        }
    }

    private ProcedureZnode firstZnode(TableRecord table) {
        return ProcedureZnode.first(
                context, ProcedureZnode.Kind.DROP_TABLE, describe(), ProcedureZnode.Step.REMOVE_DATA, table, null);
    }

    @Override
    public String table() {
        return name;
    }

    @Override
    public boolean advance() throws InterruptedException {
        if (finished || writer.isBusy()) {
            return finished;
        }
        Table table = context.state().table(name);
        if (table == null) {
            return answerMissing();
        }
        if (droppingSinceNanos == null) {
            if (table.state() != TableState.DROPPING) {
                return begin(table);
            }
            removeData(table);
        }
        if (!isRemovedEverywhere(table)) {
            Duration taken = Duration.ofNanos(context.nanoClock().getAsLong() - droppingSinceNanos);
            if (taken.compareTo(context.limit()) < 0) {
                return false;
            }
            log.warn(
                    "{}: some regions did not remove its data within {} ms; they will later",
                    describe(),
                    taken.toMillis());
        }
        delete(table);
        return false;
    }

    /** Nobody waits for it any more, and so it does not begin. */
    boolean isLate() {
        return answer.isLate();
    }

    /** True when there is nothing to do. */
    private boolean begin(Table table) throws InterruptedException {
        if (isLate()) {
            return true;
        }
        Marking marking = new Marking(table, Optional.empty());
        writer.write(describe(), marking.operations(), marking);
        return false;
    }

    private boolean answerMissing() {
        if (ifExists) {
            answer.reply(
                    Reply.newBuilder().setDropTable(DropTableReply.newBuilder().setExisted(false)));
        } else {
            answer.fail(MdsException.builder(ErrorCode.NOT_FOUND, "table '" + name + "' does not exist")
                    .withoutStackTrace()
                    .build());
        }
        return true;
    }

    /** Records that the table goes, and hides it from clients. */
    private final class Marking implements StepWriter.Step {
        private final Table table;
        private final TableRecord dropping;
        private final ProcedureZnode first;
        private final Optional<ProcedureZnode> before;

        Marking(Table table, Optional<ProcedureZnode> before) {
            this.table = table;
            this.dropping = TableRecords.withState(table.versioned().value(), TableState.DROPPING);
            this.first = firstZnode(table.versioned().value());
            this.before = before;
        }

        List<Op> operations() {
            List<Op> operations = new ArrayList<>();
            operations.add(Op.setData(
                    context.paths().table(name),
                    ZnodeJson.write(dropping),
                    table.versioned().version()));
            operations.add(first.begin());
            before.ifPresent(each -> each.end(operations));
            return operations;
        }

        @Override
        public void written(long zxid) throws InterruptedException {
            first.begun();
            znode = first;
            context.state().replaceTable(table, dropping, zxid);
            context.publisher().changed(table);
        }

        @Override
        public void failed(MdsException e) {
            perhapsRecorded = e.outcome() == Outcome.UNKNOWN;
            log.warn("{}: {}; it goes on later", describe(), e.getMessage());
        }
    }

    private void removeData(Table table) throws InterruptedException {
        droppingSinceNanos = context.nanoClock().getAsLong();
        for (Member member : membersOf(context, table)) {
            context.reconciler().reconcile(member);
        }
    }

    private boolean isRemovedEverywhere(Table table) {
        Set<Member> members = membersOf(context, table);
        for (Member member : context.membership().members()) {
            if (member.isUsable() && !member.hasReportedInFull() && members.contains(member)) {
                return false;
            }
        }
        return table.shards().stream().allMatch(this::isRemoved);
    }

    private boolean isRemoved(Shard shard) {
        return context.membership().members().stream()
                .noneMatch(member -> member.isUsable() && member.reported().containsKey(shard.id()));
    }

    /** Those that have, get or still need data of it. Others that have some are told by its absence in ZooKeeper. */
    private static Set<Member> membersOf(ProcedureContext context, Table table) {
        Set<Member> members = new LinkedHashSet<>();
        for (Shard shard : table.shards()) {
            for (long region : shard.record().holders()) {
                Member member = context.membership().member(region);
                if (member != null) {
                    members.add(member);
                }
            }
        }
        return members;
    }

    private void delete(Table table) throws InterruptedException {
        List<Op> operations = new ArrayList<>();
        operations.add(Op.delete(context.paths().table(name), table.versioned().version()));
        for (Shard shard : table.shards()) {
            operations.add(Op.delete(
                    context.paths().shard(new ShardId(shard.id())),
                    shard.versioned().version()));
        }
        znode.end(operations);
        writer.write("delete table " + name, operations, new StepWriter.Step() {
            @Override
            public void written(long zxid) {
                finished = true;
                context.state().removeTable(table);
                context.publisher().removed(name);
                log.info("table {} ({} shards) is dropped", name, table.shards().size());
                answer.reply(Reply.newBuilder()
                        .setDropTable(DropTableReply.newBuilder().setExisted(true)));
            }

            @Override
            public void failed(MdsException e) {
                log.warn("delete table {}: {}; it goes on later", name, e.getMessage());
            }
        });
    }

    @Override
    public boolean isFinished() {
        return finished;
    }

    @Override
    public void giveUp(MdsException why) {
        answer.fail(why);
    }

    @Override
    public void abandon(String reason) {
        if (finished) {
            return;
        }
        MdsException.Builder failure = Leadership.ended(describe(), reason);
        answer.fail(
                znode == null && !perhapsRecorded && !writer.isBusy()
                        ? failure.build()
                        : failure.outcomeUnknown().build());
    }

    @Override
    public ProcedureStatus status() {
        Table table = context.state().table(name);
        if (znode == null || table == null) {
            return Procedure.waiting(this);
        }
        return Procedure.running(this, znode)
                .setDone((int) table.shards().stream().filter(this::isRemoved).count())
                .setTotal(table.shards().size())
                .build();
    }

    @Override
    public String describe() {
        return "drop table " + name;
    }
}
