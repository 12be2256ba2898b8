package io.mds.torture;

import io.mds.client.Batch;
import io.mds.client.Consistency;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.client.WriteResult;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.torture.check.HistoryWriter;
import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Level;
import io.mds.torture.check.Operation.Refusal;
import io.mds.torture.check.Operation.Result;
import io.mds.torture.check.Operation.Seen;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends operations to a table and records each before it is sent and after its answer.
 *
 * <p>Thread: any.
 */
final class Recorder {
    private final HistoryWriter history;
    private final AtomicLong nextId = new AtomicLong();
    private final Map<String, Integer> errors = new TreeMap<>();

    Recorder(HistoryWriter history) {
        this.history = history;
    }

    long nextId() {
        return nextId.incrementAndGet();
    }

    Result send(Table table, Call call) {
        history.begin(call);
        Result result;
        try {
            result = answer(table, call);
        } catch (MdsException e) {
            result = failure(call, e);
        }
        history.end(call, result);
        return result;
    }

    /** Errors that no fault explains, with how often each came. */
    Map<String, Integer> unexpected() {
        synchronized (errors) {
            return Map.copyOf(errors);
        }
    }

    private static Result answer(Table table, Call call) {
        return call.kind().isRead() ? read(table, call) : write(table, call);
    }

    private static Result read(Table table, Call call) {
        Table view = table.with(consistency(call));
        if (call.level() == Level.STRONG) {
            return Result.seen(seen(look(view, call)));
        }
        Age age = new Age();
        List<Row> rows = look(view.observing(age), call);
        return Result.seen(seen(rows), age.millis());
    }

    private static List<Seen> seen(List<Row> rows) {
        return rows.stream()
                .map(row -> new Seen(Rows.name(row), row.getLong("value"), row.version()))
                .toList();
    }

    private static Consistency consistency(Call call) {
        return switch (call.level()) {
            case STRONG -> Consistency.strong();
            case SESSION -> Consistency.session();
            case EVENTUAL -> Consistency.eventual();
            case BOUNDED -> Consistency.bounded(Duration.ofMillis(call.boundMs()));
        };
    }

    private static List<Row> look(Table table, Call call) {
        return switch (call.kind()) {
            case READ -> table.get(Rows.key(call.key())).stream().toList();
            case SCAN -> scan(table, call);
            case MULTI_GET ->
                table.getAll(call.rows().stream().map(Rows::key).toList()).stream()
                        .flatMap(Optional::stream)
                        .toList();
            case INSERT, UPSERT, UPDATE_IF, INCREMENT, DELETE, BATCH ->
                throw new IllegalStateException("not a read: " + call.kind());
        };
    }

    private static List<Row> scan(Table table, Call call) {
        String first = call.rows().get(0);
        String partition = first.substring(0, first.indexOf('/'));
        try (RowStream rows = table.scan(Scan.prefix(partition))) {
            return rows.stream().toList();
        }
    }

    private static Result write(Table table, Call call) {
        return switch (call.kind()) {
            case INSERT -> written(table.insert(Rows.row(call.key(), call.value())));
            case UPSERT -> written(table.upsert(Rows.row(call.key(), call.value())));
            case UPDATE_IF ->
                written(table.update(
                        Rows.key(call.key()), Update.set("value", call.value()).ifVersion(call.expected())));
            case INCREMENT -> written(table.update(Rows.key(call.key()), Update.increment("value", call.value())));
            case DELETE -> written(table.delete(Rows.key(call.key())));
            case BATCH -> batch(table, call);
            case READ, SCAN, MULTI_GET -> throw new IllegalStateException("not a write: " + call.kind());
        };
    }

    private static Result written(WriteResult result) {
        return Result.written(result.version(), result.existed());
    }

    private static Result batch(Table table, Call call) {
        Batch batch = Batch.atomic();
        call.rows().forEach(row -> batch.upsert(Rows.row(row, call.value())));
        return written(table.write(batch).get(0));
    }

    private Result failure(Call call, MdsException e) {
        if (e.code() == ErrorCode.INTERNAL || e.code() == ErrorCode.INVALID_ARGUMENT) {
            synchronized (errors) {
                errors.merge(e.code() + ": " + e.getMessage(), 1, Integer::sum);
            }
        }
        boolean write = !call.kind().isRead();
        if (write && e.outcome() != Outcome.NOT_APPLIED) {
            return Result.unknown(e.code() + ": " + e.getMessage());
        }
        Refusal refusal = write ? refusal(e.code()) : null;
        return refusal == null ? Result.failed(e.code() + ": " + e.getMessage()) : Result.refused(refusal);
    }

    private static Refusal refusal(ErrorCode code) {
        return switch (code) {
            case ALREADY_EXISTS -> Refusal.EXISTS;
            case NOT_FOUND -> Refusal.ABSENT;
            case CONDITION_FAILED -> Refusal.CONDITION;
            case INVALID_ARGUMENT,
                    UNAUTHENTICATED,
                    PERMISSION_DENIED,
                    DEADLINE_EXCEEDED,
                    INTERNAL,
                    NOT_LEADER,
                    STALE_ROUTE,
                    RESOURCE_EXHAUSTED,
                    UNAVAILABLE,
                    ERROR_CODE_UNSPECIFIED,
                    UNRECOGNIZED -> null;
        };
    }
}
