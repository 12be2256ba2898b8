package io.mds.master.procedures;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.master.membership.Member;
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
    private Long droppingSinceNanos;
    /** Its first write may have been done, and nobody could say whether. */
    private boolean perhapsRecorded;
    /** Null before anything is recorded. */
    private ProcedureZnode znode;

    DropTable(ProcedureContext context, String name, boolean ifExists, Answer answer) {
        this.context = context;
        this.name = name;
        this.ifExists = ifExists;
        this.answer = answer;
    }

    /** The rest of a drop that a predecessor left behind. */
    static DropTable resume(ProcedureContext context, Table table, Optional<ProcedureRecord> found) {
        DropTable procedure = new DropTable(context, table.name(), true, Answer.NOBODY);
        procedure.znode = found.map(record -> ProcedureZnode.found(context, record))
                .orElseGet(() -> procedure.firstZnode(table.versioned().value()));
        return procedure;
    }

    /** Takes back a creation. */
    static DropTable inPlaceOf(ProcedureContext context, Table table, ProcedureZnode creation)
            throws InterruptedException {
        DropTable procedure = new DropTable(context, table.name(), true, Answer.NOBODY);
        procedure.markDropping(table, Optional.of(creation));
        return procedure;
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
        Table table = context.state().table(name);
        if (table == null) {
            return answerMissing();
        }
        if (droppingSinceNanos == null) {
            if (answer.isLate()) {
                return true;
            }
            markDropping(table, Optional.empty());
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
        answer.reply(Reply.newBuilder().setDropTable(DropTableReply.newBuilder().setExisted(true)));
        return true;
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

    /** Records that the table goes, hides it from clients, and sets its regions to work. */
    private void markDropping(Table table, Optional<ProcedureZnode> before) throws InterruptedException {
        if (table.state() != TableState.DROPPING) {
            TableRecord dropping = TableRecords.withState(table.versioned().value(), TableState.DROPPING);
            ProcedureZnode first = firstZnode(table.versioned().value());
            List<Op> operations = new ArrayList<>();
            operations.add(Op.setData(
                    context.paths().table(name),
                    ZnodeJson.write(dropping),
                    table.versioned().version()));
            operations.add(first.begin());
            before.ifPresent(each -> each.end(operations));
            long zxid = record(operations);
            first.begun();
            znode = first;
            context.state().replaceTable(table, dropping, zxid);
            context.publisher().changed(table);
        }
        droppingSinceNanos = context.nanoClock().getAsLong();
        for (Member member : membersOf(context, table)) {
            context.reconciler().reconcile(member);
        }
    }

    private long record(List<Op> operations) throws InterruptedException {
        try {
            return context.writer().write(describe(), operations);
        } catch (MdsException e) {
            perhapsRecorded = e.outcome() == Outcome.UNKNOWN;
            throw e;
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
        context.writer().write("delete table " + name, operations);
        context.state().removeTable(table);
        context.publisher().removed(name);
        log.info("table {} ({} shards) is dropped", name, table.shards().size());
    }

    @Override
    public void abandon(String reason) {
        MdsException.Builder failure = MdsException.builder(
                        ErrorCode.UNAVAILABLE,
                        describe() + ": this master is no longer active (" + reason + "); try again")
                .withoutStackTrace();
        answer.fail(
                droppingSinceNanos == null && !perhapsRecorded
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
