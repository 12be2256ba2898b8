package io.mds.master.procedures;

import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.TableId;
import io.mds.master.membership.Member;
import io.mds.master.metadata.Leadership;
import io.mds.master.metadata.Versioned;
import io.mds.master.placement.Placement;
import io.mds.master.routes.TableSnapshot;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.master.state.TableRecords;
import io.mds.master.state.TableState;
import io.mds.master.views.ShardReconciler;
import io.mds.master.views.ShardViews;
import io.mds.proto.CreateTableReply;
import io.mds.proto.ErrorCode;
import io.mds.proto.ProcedureStatus;
import io.mds.proto.Reply;
import io.mds.proto.TableSchema;
import io.mds.znode.IdCounters;
import io.mds.znode.ProcedureRecord;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates a table, in three steps.
 *
 * <ol>
 *   <li>One multi writes the counters, the table as CREATING and all its shards with their places. The most shards that
 *       a table may have fit; so there is never a table with some of its shards. Die before: nothing happened, though
 *       never under an id that is used again. Die after: the next master resumes here.
 *   <li>The regions open the shards. While the table is CREATING nobody can have written to it, so that a shard that
 *       waits for a lost region is simply replaced by another shard, with an id of its own, on regions that are there.
 *   <li>The table becomes ACTIVE and is routed. When that is not reached in time, it becomes DROPPING instead and is
 *       rolled back like a dropped table.
 * </ol>
 */
final class CreateTable implements Procedure {
    private static final Logger log = LoggerFactory.getLogger(CreateTable.class);

    /** How long regions are waited for when none is there, or some of the known ones are still coming back. */
    private static final Duration PATIENCE_FOR_REGIONS = Duration.ofSeconds(5);

    private static final Duration PATIENCE_FOR_RETURNS = Duration.ofSeconds(1);

    private final ProcedureContext context;
    private final String name;
    private final TableSchema wanted;
    private final boolean ifNotExists;
    private final Answer answer;
    private final long sinceNanos;
    private final Progress progress;
    private final StepWriter writer;
    /** Null before anything is recorded. */
    private ProcedureZnode znode;

    private boolean finished;
    private DropTable rollback;

    CreateTable(ProcedureContext context, Progress progress, TableSchema wanted, boolean ifNotExists, Answer answer) {
        this.context = context;
        this.progress = progress;
        this.name = wanted.getName();
        this.writer = new StepWriter(context, progress, name);
        this.wanted = wanted;
        this.ifNotExists = ifNotExists;
        this.answer = answer;
        this.sinceNanos = context.nanoClock().getAsLong();
    }

    /** The rest of a creation that a predecessor left behind. */
    static CreateTable resume(
            ProcedureContext context, Progress progress, Table table, Optional<ProcedureRecord> found) {
        CreateTable procedure = new CreateTable(context, progress, table.schema(), false, Answer.NOBODY);
        procedure.znode = found.map(record -> ProcedureZnode.found(context, record))
                .orElseGet(() -> procedure.firstZnode(table.versioned().value()));
        return procedure;
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
        if (rollback != null) {
            return rollback.advance();
        }
        if (znode == null) {
            return begin();
        }
        Table table = context.state().table(name);
        if (isServed(table)) {
            activate(table);
            return false;
        }
        if (taken().compareTo(context.limit()) >= 0) {
            return rollBack(table);
        }
        replaceLostRegions(table);
        return false;
    }

    private ProcedureZnode firstZnode(TableRecord table) {
        return ProcedureZnode.first(
                context, ProcedureZnode.Kind.CREATE_TABLE, describe(), ProcedureZnode.Step.OPEN_SHARDS, table, null);
    }

    private Duration taken() {
        return Duration.ofNanos(context.nanoClock().getAsLong() - sinceNanos);
    }

    /** True when there is nothing more to do. */
    private boolean begin() throws InterruptedException {
        Table existing = context.state().table(name);
        if (existing != null) {
            answerExisting(existing);
            return true;
        }
        if (answer.isLate()) {
            return true;
        }
        List<Member> usable = usable();
        boolean waitForMore = context.membership().isAwaitingReturns() && taken().compareTo(PATIENCE_FOR_RETURNS) < 0;
        if (usable.isEmpty() || waitForMore) {
            if (waitForMore
                    || (!context.membership().members().isEmpty() && taken().compareTo(PATIENCE_FOR_REGIONS) < 0)) {
                return false;
            }
            answer.fail(MdsException.builder(
                            ErrorCode.UNAVAILABLE,
                            "create table " + name + ": no live regions"
                                    + (context.membership().members().isEmpty()
                                            ? "; start at least one region"
                                            : " (of "
                                                    + context.membership()
                                                            .members()
                                                            .size() + " known); start one or wait for one to return"))
                    .retryAfter(Duration.ofSeconds(1))
                    .withoutStackTrace()
                    .build());
            return true;
        }
        try {
            record(usable);
        } catch (MdsException e) {
            answer.fail(e);
            return true;
        }
        return false;
    }

    private void answerExisting(Table existing) throws InterruptedException {
        if (ifNotExists && TableRecords.sameDefinition(existing.schema(), wanted)) {
            answer.reply(created(context.publisher().changed(existing)));
            return;
        }
        answer.fail(MdsException.builder(
                        ErrorCode.ALREADY_EXISTS,
                        "table '" + name + "' exists already"
                                + (ifNotExists ? ", with other columns, keys, shards or replicas" : ""))
                .withoutStackTrace()
                .build());
    }

    private List<Member> usable() {
        return context.eligibility().usable();
    }

    private void record(List<Member> usable) throws InterruptedException {
        IdCounters counters = context.state().nextIds();
        int shardCount = wanted.getShards();
        TableId id = new TableId(counters.nextTable());
        IdCounters next = new IdCounters(
                counters.nextRegion(), id.next().value(), Math.addExact(counters.nextShard(), shardCount));
        List<List<RegionId>> places = Placement.place(
                shardCount, wanted.getReplicas(), context.eligibility().candidates(usable, null));
        List<ShardRecord> shards = new ArrayList<>(shardCount);
        for (int i = 0; i < shardCount; i++) {
            shards.add(ShardViews.first(counters.nextShard() + i, id.value(), places.get(i)));
        }
        TableSchema schema =
                wanted.toBuilder().setTableId(id.value()).setVersion(1).build();
        TableRecord table = TableRecords.recordOf(
                schema,
                TableState.CREATING,
                shards.stream().map(ShardRecord::id).toList());

        ProcedureZnode first = firstZnode(table);
        List<Op> operations = new ArrayList<>();
        // Without a version: what is written in one group with it gives away numbers, too.
        operations.add(Op.setData(context.paths().ids(), ZnodeJson.write(next), -1));
        operations.add(first.begin());
        operations.add(Op.create(
                context.paths().table(name),
                ZnodeJson.write(table),
                context.access().masters(),
                CreateMode.PERSISTENT));
        for (ShardRecord shard : shards) {
            operations.add(Op.create(
                    context.paths().shard(new ShardId(shard.id())),
                    ZnodeJson.write(shard),
                    context.access().masters(),
                    CreateMode.PERSISTENT));
        }
        context.state().give(next);
        writer.write(describe(), operations, new StepWriter.Step() {
            @Override
            public void written(long zxid) throws InterruptedException {
                context.state().ids(next, zxid);
                Table made = context.state()
                        .addTable(
                                new Versioned<>(table, 0, zxid),
                                shards.stream()
                                        .map(s -> new Versioned<>(s, 0, zxid))
                                        .toList());
                first.begun();
                znode = first;
                context.publisher().changed(made);
                log.info("table {} (id {}, {} shards) is being created", name, id, shardCount);
            }

            @Override
            public void failed(MdsException e) {
                finished = true;
                answer.fail(e);
            }

            @Override
            public void settled() throws InterruptedException {
                for (Member member : usable) {
                    context.reconciler().reconcile(member);
                }
            }
        });
    }

    private boolean isServed(Table table) {
        return table.shards().stream().allMatch(this::isServed);
    }

    private boolean isServed(Shard shard) {
        return ShardReconciler.serves(context.membership().member(shard.record().leader()), shard);
    }

    private void activate(Table table) throws InterruptedException {
        TableRecord active = TableRecords.withState(table.versioned().value(), TableState.ACTIVE);
        List<Op> operations = new ArrayList<>();
        operations.add(Op.setData(
                context.paths().table(name),
                ZnodeJson.write(active),
                table.versioned().version()));
        znode.end(operations);
        writer.write("activate table " + name, operations, new StepWriter.Step() {
            @Override
            public void written(long zxid) throws InterruptedException {
                finished = true;
                context.state().replaceTable(table, active, zxid);
                TableSnapshot snapshot = context.publisher().changed(table);
                log.info("table {} is active after {} ms", name, taken().toMillis());
                answer.reply(created(snapshot));
            }

            @Override
            public void failed(MdsException e) {
                log.warn("activate table {}: {}; it goes on later", name, e.getMessage());
            }
        });
    }

    private static Reply.Builder created(TableSnapshot snapshot) {
        return Reply.newBuilder().setCreateTable(CreateTableReply.newBuilder().setRoute(snapshot.route()));
    }

    /** Replaces the shards that wait for regions that were lost on the way. */
    private void replaceLostRegions(Table table) throws InterruptedException {
        List<Member> usable = usable();
        List<Shard> stranded = table.shards().stream().filter(this::isStranded).toList();
        if (!stranded.isEmpty() && !usable.isEmpty()) {
            ShardReplacement.replace(context, table, stranded, usable);
        }
    }

    private boolean isStranded(Shard shard) {
        if (isServed(shard)) {
            return false;
        }
        for (long region : shard.record().replicas()) {
            Member member = context.membership().member(region);
            boolean returning = member != null
                    && context.membership().isAwaitingReturns()
                    && taken().compareTo(PATIENCE_FOR_RETURNS) < 0;
            if ((member == null || !member.isUsable()) && !returning) {
                return true;
            }
        }
        return false;
    }

    private boolean rollBack(Table table) throws InterruptedException {
        log.warn(
                "table {} could not be opened within {} ms; rolling back",
                name,
                context.limit().toMillis());
        rollback = DropTable.inPlaceOf(context, progress, table, znode);
        answer.fail(MdsException.builder(
                        ErrorCode.UNAVAILABLE,
                        "create table " + name + ": its regions did not open it within "
                                + context.limit().toMillis() + " ms (master.procedure-timeout); rolled back")
                .withoutStackTrace()
                .build());
        return rollback.advance();
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
        answer.fail(znode != null || writer.isBusy() ? failure.outcomeUnknown().build() : failure.build());
    }

    @Override
    public ProcedureStatus status() {
        if (rollback != null) {
            return rollback.status();
        }
        if (znode == null) {
            return Procedure.waiting(this);
        }
        List<Shard> shards = context.state().table(name).shards();
        return Procedure.running(this, znode)
                .setDone((int) shards.stream().filter(this::isServed).count())
                .setTotal(shards.size())
                .build();
    }

    @Override
    public String describe() {
        return "create table " + name;
    }
}
