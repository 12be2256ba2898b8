package io.mds.master.procedures;

import io.mds.error.MdsException;
import io.mds.master.membership.Member;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.master.state.TableState;
import io.mds.proto.CreateTableRequest;
import io.mds.proto.DropTableRequest;
import io.mds.proto.ErrorCode;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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

    private final ProcedureContext context;
    private final int maxQueued;
    private final Map<String, Queue<Procedure>> byTable = new HashMap<>();
    private int count;

    /** @param maxQueued procedures that run or wait; more are refused */
    public TableProcedures(ProcedureContext context, int maxQueued) {
        this.context = context;
        this.maxQueued = maxQueued;
    }

    /** Takes up what the predecessor left unfinished. */
    public void resume() {
        for (Table table : context.state().unfinishedTables()) {
            Procedure procedure = unfinished(table);
            if (procedure != null) {
                log.info("resuming: {}", procedure.describe());
                add(procedure);
            }
        }
    }

    private Procedure unfinished(Table table) {
        return switch (table.state()) {
            case CREATING -> CreateTable.resume(context, this::advance, table);
            case DROPPING -> new DropTable(context, table.name(), true, Answer.NOBODY);
            case ACTIVE -> null;
        };
    }

    public void create(CreateTableRequest request, Replier replier, Deadline deadline) throws InterruptedException {
        // Its constructor is the check: a schema that exists is valid.
        TableSchema schema = TableSchema.fromProto(request.getSchema());
        start(new CreateTable(
                context, this::advance, schema.toProto(), request.getIfNotExists(), new Answer(replier, deadline)));
    }

    public void drop(DropTableRequest request, Replier replier, Deadline deadline) throws InterruptedException {
        start(new DropTable(context, request.getName(), request.getIfExists(), new Answer(replier, deadline)));
    }

    private void start(Procedure procedure) throws InterruptedException {
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
        if (table.state() == TableState.ACTIVE) {
            return false;
        }
        for (Shard shard : table.shards()) {
            if (shard.isOn(member.id())) {
                return true;
            }
        }
        return false;
    }

    private void advance(String table) throws InterruptedException {
        Queue<Procedure> queue = byTable.get(table);
        while (queue != null && !queue.isEmpty() && advance(queue.peek())) {
            queue.remove();
            count--;
        }
        if (queue != null && queue.isEmpty()) {
            byTable.remove(table, queue);
        }
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

    /** The leadership has ended. */
    public void abandon(String reason) {
        byTable.values().forEach(queue -> queue.forEach(p -> p.abandon(reason)));
        byTable.clear();
        count = 0;
    }
}
