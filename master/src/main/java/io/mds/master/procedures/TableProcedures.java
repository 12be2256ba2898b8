package io.mds.master.procedures;

import io.mds.error.MdsException;
import io.mds.master.membership.Member;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.proto.AlterTableRequest;
import io.mds.proto.CreateIndexRequest;
import io.mds.proto.CreateTableRequest;
import io.mds.proto.DropIndexRequest;
import io.mds.proto.DropTableRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.ListProceduresReply;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import io.mds.table.TableSchema;
import io.mds.znode.ProcedureRecord;
import io.mds.znode.ZnodeJson;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All procedures of one leadership, queued first come first served for each table.
 *
 * <p>Thread: the metadata thread's.
 */
public final class TableProcedures {
    private static final Logger log = LoggerFactory.getLogger(TableProcedures.class);

    private static final int MAX_QUEUED_PER_TABLE = 64;

    private final ProcedureContext context;
    private final ShardMoves moves;
    private final int maxQueued;
    private final Map<String, Queue<Procedure>> byTable = new HashMap<>();
    private int count;

    /** @param maxQueued procedures that run or wait; more are refused */
    public TableProcedures(ProcedureContext context, int maxQueued) {
        this.context = context;
        this.moves = new ShardMoves(context);
        this.maxQueued = maxQueued;
    }

    /** Takes up what the predecessor left unfinished. */
    public void resume() throws InterruptedException {
        Map<String, ProcedureRecord> recorded = recorded();
        Set<Table> unfinished = new LinkedHashSet<>(context.state().unfinishedTables());
        for (String name : recorded.keySet()) {
            Table table = context.state().table(name);
            if (table != null) {
                unfinished.add(table);
            }
        }
        for (Table table : unfinished) {
            Procedure procedure = unfinished(table, Optional.ofNullable(recorded.remove(table.name())));
            if (procedure != null) {
                log.info("resuming: {}", procedure.describe());
                add(procedure);
            }
        }
        if (!recorded.isEmpty()) {
            log.warn("procedures of tables that do not exist: {}; left alone", recorded.values());
        }
    }

    /** What the predecessor recorded, by table: one of each at most. */
    private Map<String, ProcedureRecord> recorded() throws InterruptedException {
        ZooKeeperSession session = context.writer().session();
        String parent = context.paths().procedures();
        return context.writer().read("read the procedures", () -> {
            List<String> paths = session.children(parent).stream()
                    .map(name -> parent + "/" + name)
                    .toList();
            Map<String, ProcedureRecord> found = new HashMap<>();
            for (ZooKeeperSession.Found each : session.readAll(paths)) {
                ProcedureRecord record =
                        ZnodeJson.read(each.path(), each.value().value(), ProcedureRecord.class);
                found.put(record.table(), record);
            }
            return found;
        });
    }

    private Procedure unfinished(Table table, Optional<ProcedureRecord> found) {
        return switch (table.state()) {
            case CREATING -> CreateTable.resume(context, this::advance, table, found);
            case DROPPING -> DropTable.resume(context, this::advance, table, found);
            case ACTIVE ->
                found.map(record -> ChangeSchema.resume(context, this::advance, record))
                        .orElse(null);
        };
    }

    public void create(CreateTableRequest request, Replier replier, Deadline deadline) throws InterruptedException {
        // Its constructor is the check: a schema that exists is valid.
        TableSchema schema = TableSchema.fromProto(request.getSchema());
        requireFirst(schema);
        start(new CreateTable(
                context, this::advance, schema.toProto(), request.getIfNotExists(), new Answer(replier, deadline)));
    }

    /** The log of a shard begins with the columns alone, each of which every row has to tell. */
    private static void requireFirst(TableSchema schema) {
        boolean hasDefaults = schema.columns().stream()
                .anyMatch(column -> column.defaultValue().isPresent());
        if (hasDefaults || !schema.indexes().isEmpty()) {
            throw MdsException.builder(
                            ErrorCode.INVALID_ARGUMENT,
                            "create table " + schema.name()
                                    + ": a new table has neither indexes nor columns with defaults; add them to it"
                                    + " once it is there")
                    .withoutStackTrace()
                    .build();
        }
    }

    public void drop(DropTableRequest request, Replier replier, Deadline deadline) throws InterruptedException {
        start(new DropTable(
                context, this::advance, request.getName(), request.getIfExists(), new Answer(replier, deadline)));
    }

    public void alter(AlterTableRequest request, Replier replier, Deadline deadline) throws InterruptedException {
        start(SchemaRequest.alter(request), replier, deadline);
    }

    public void createIndex(CreateIndexRequest request, Replier replier, Deadline deadline)
            throws InterruptedException {
        start(SchemaRequest.createIndex(request), replier, deadline);
    }

    public void dropIndex(DropIndexRequest request, Replier replier, Deadline deadline) throws InterruptedException {
        start(SchemaRequest.dropIndex(request), replier, deadline);
    }

    private void start(SchemaRequest request, Replier replier, Deadline deadline) throws InterruptedException {
        start(new ChangeSchema(context, this::advance, request, new Answer(replier, deadline)));
    }

    private void start(Procedure procedure) throws InterruptedException {
        Queue<Procedure> queue = byTable.get(procedure.table());
        if (queue != null && queue.size() >= MAX_QUEUED_PER_TABLE) {
            throw MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            procedure.describe() + ": " + queue.size() + " changes of this table are under way already"
                                    + " (limit: " + MAX_QUEUED_PER_TABLE + ", see 'mds procedures'); try again later")
                    .retryAfter(Duration.ofMillis(500))
                    .withoutStackTrace()
                    .build();
        }
        if (count >= maxQueued) {
            throw MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            procedure.describe() + ": " + maxQueued
                                    + " changes of tables are under way already (master.ddl-queue); try again later")
                    .retryAfter(Duration.ofMillis(500))
                    .withoutStackTrace()
                    .build();
        }
        add(procedure);
        advance(procedure.table());
    }

    private void add(Procedure procedure) {
        byTable.computeIfAbsent(procedure.table(), name -> new ArrayDeque<>()).add(procedure);
        count++;
    }

    /** Goes on with everything; called on a timer. */
    public void tick() throws InterruptedException {
        for (String table : new ArrayList<>(byTable.keySet())) {
            advance(table);
        }
    }

    /** Goes on with what may have waited for news of this region. */
    public void memberChanged(Member member) throws InterruptedException {
        if (byTable.isEmpty()) {
            return;
        }
        Set<String> concerned = new LinkedHashSet<>();
        for (Map.Entry<String, Queue<Procedure>> entry : byTable.entrySet()) {
            Table table = context.state().table(entry.getKey());
            if (table == null || isOn(table, member)) {
                concerned.add(entry.getKey());
            }
        }
        for (String table : concerned) {
            advance(table);
        }
    }

    private static boolean isOn(Table table, Member member) {
        for (Shard shard : table.shards()) {
            if (shard.isOn(member.id())) {
                return true;
            }
        }
        return false;
    }

    private void advance(String table) throws InterruptedException {
        Queue<Procedure> queue = byTable.get(table);
        while (queue != null && !queue.isEmpty()) {
            if (advance(queue.peek())) {
                queue.remove();
                count--;
            } else if (!givesWay(queue)) {
                break;
            }
        }
        if (queue != null && queue.isEmpty()) {
            byTable.remove(table, queue);
        }
    }

    /**
     * Has a drop that waits begin instead of a change that is stuck, which some shards may have made and others not: it
     * ends in the write by which the table goes. True when it has.
     */
    private boolean givesWay(Queue<Procedure> queue) throws InterruptedException {
        Procedure stuck = queue.peek();
        Optional<ProcedureZnode> recorded = stuck.stuck();
        Optional<DropTable> waiting = queue.stream()
                .skip(1)
                .filter(DropTable.class::isInstance)
                .map(DropTable.class::cast)
                .filter(each -> !each.isLate())
                .findFirst();
        if (recorded.isEmpty() || waiting.isEmpty()) {
            return false;
        }
        DropTable drop = waiting.get();
        try {
            drop.beginInPlaceOf(context.state().table(drop.table()), recorded.get());
        } catch (MdsException e) {
            log.warn("{}: {}; it goes on later", stuck.describe(), e.getMessage());
            return false;
        }
        while (queue.peek() != drop) {
            Procedure skipped = queue.remove();
            count--;
            String what = skipped.describe() + ": given up, because the table is to be dropped";
            log.warn(what);
            MdsException.Builder why = MdsException.builder(ErrorCode.UNAVAILABLE, what)
                    .retryable(false)
                    .withoutStackTrace();
            skipped.giveUp(skipped == stuck ? why.outcomeUnknown().build() : why.build());
        }
        return true;
    }

    /** One that is refused by ZooKeeper's absence stays, and goes on when ZooKeeper is back. */
    private boolean advance(Procedure procedure) throws InterruptedException {
        try {
            return procedure.advance();
        } catch (MdsException e) {
            log.warn("{}: {}; it goes on later", procedure.describe(), e.getMessage());
            return false;
        }
    }

    public int count() {
        return count;
    }

    /** What runs and waits, for people. */
    public List<String> describe() {
        List<String> all = new ArrayList<>();
        byTable.values().forEach(queue -> queue.forEach(p -> all.add(p.describe())));
        return all;
    }

    /** What runs and waits, those of one table in their order; then the shards whose replicas are being changed. */
    public ListProceduresReply list() {
        ListProceduresReply.Builder reply = ListProceduresReply.newBuilder();
        byTable.values()
                .forEach(queue -> queue.stream()
                        .filter(procedure -> !procedure.isFinished())
                        .forEach(procedure -> reply.addProcedures(procedure.status())));
        return reply.addAllProcedures(moves.list()).build();
    }

    /** The leadership has ended. */
    public void abandon(String reason) {
        byTable.values().forEach(queue -> queue.forEach(p -> p.abandon(reason)));
        byTable.clear();
        count = 0;
    }
}
