package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.proto.Error;
import io.mds.proto.ErrorCode;
import io.mds.proto.Operation;
import io.mds.proto.Outcome;
import io.mds.proto.RequestId;
import io.mds.proto.WriteRequest;
import io.mds.region.store.RequestRecords.Recorded;
import io.mds.region.store.RowChanges.Change;
import io.mds.region.store.ShardJournal.Position;
import io.mds.region.store.ShardRowCache.Known;
import io.mds.region.wal.EntryType;
import io.mds.region.wal.LogEntry;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Applies log entries to one shard: evaluates them, and writes rows, journal and position in one transaction.
 *
 * <p><em>Thread:</em> one at a time, under the shard's apply lock; {@link #position} any.
 */
final class ShardApplier {
    private static final int CLIENT_ID_BYTES = 16;

    private final ShardId id;
    private final Database database;
    private final ShardTable table;
    private final ShardRowCache cache;
    private final ShardJournal journal;
    private final WriteEvaluator evaluator;

    /** True when memory may differ from the database, because a transaction failed. */
    private boolean uncertain;

    private volatile Position applied;

    ShardApplier(
            ShardId id,
            TableSchema schema,
            Database database,
            ShardTable table,
            ShardRowCache cache,
            ShardJournal journal) {
        this.id = id;
        this.database = database;
        this.table = table;
        this.cache = cache;
        this.journal = journal;
        this.evaluator = new WriteEvaluator(schema);
        this.applied = journal.position();
    }

    /** How far the shard is applied and can be read. */
    Position position() {
        return applied;
    }

    /** Removes the shard's record and its journal. */
    void drop() {
        database.transact("drop shard " + id, connection -> {
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM mds_shards WHERE shard_id = ?")) {
                delete.setLong(1, id.value());
                delete.executeUpdate();
            }
            journal.deleteAll(connection);
            return null;
        });
    }

    private void reload() {
        database.read("find out how far shard " + id + " is applied", connection -> {
            journal.reload(connection);
            return null;
        });
        applied = journal.position();
        uncertain = false;
    }

    /** An entry and the request in it; null for a barrier. */
    private record Step(LogEntry entry, WriteRequest request) {}

    /** See {@link ShardStore#apply}. */
    List<ApplyResult> apply(List<LogEntry> entries) {
        if (uncertain) {
            reload();
        }
        List<ApplyResult> results = new ArrayList<>(entries.size());
        List<Step> steps = new ArrayList<>(entries.size());
        long expected = applied.appliedIndex() + 1;
        for (LogEntry entry : entries) {
            Step step = new Step(entry, entry.type() == EntryType.WRITE ? parse(entry) : null);
            long index = entry.index().value();
            if (index < expected) {
                results.add(recordedAnswer(step));
                continue;
            }
            if (index != expected) {
                throw new IllegalArgumentException(
                        "shard " + id + ": log index " + index + " where " + expected + " is next");
            }
            expected++;
            steps.add(step);
        }
        if (steps.isEmpty()) {
            return results;
        }
        uncertain = true;
        List<Change> changes = new ArrayList<>();
        boolean committed = false;
        try {
            Position position = database.transact("apply to shard " + id, connection -> {
                RowChanges rows = load(connection, steps);
                for (Step step : steps) {
                    results.add(evaluate(step, rows));
                }
                changes.addAll(rows.changed());
                table.write(connection, changes);
                Position to = positionAfter(steps.get(steps.size() - 1).entry(), changes);
                journal.write(connection, to);
                cache.hide(changes);
                return to;
            });
            applied = position;
            committed = true;
            uncertain = false;
            cache.publish(changes);
        } finally {
            if (!committed) {
                cache.giveUp(changes);
            }
        }
        return results;
    }

    private Position positionAfter(LogEntry last, List<Change> changes) {
        long rows = applied.rowCount();
        for (Change change : changes) {
            rows += (change.after() == null ? 0 : 1) - (change.existed() ? 1 : 0);
        }
        return new Position(last.index().value(), last.view().value(), rows);
    }

    private static WriteRequest parse(LogEntry entry) {
        try {
            // The request's byte strings are slices of the entry, not copies.
            CodedInputStream in = entry.payload().newCodedInput();
            in.enableAliasing(true);
            return WriteRequest.parseFrom(in);
        } catch (IOException e) {
            throw new UncheckedIOException("log entry " + entry.index() + " does not hold a write", e);
        }
    }

    private ApplyResult recordedAnswer(Step step) {
        LogIndex index = step.entry().index();
        Optional<RequestId> request = requestId(step);
        if (request.isPresent()) {
            Optional<Recorded> recorded = journal.requests().find(request.get());
            if (recorded.isPresent()
                    && recorded.get().sequence() == request.get().getSequence()) {
                return answer(index, recorded.get(), false);
            }
        }
        return new ApplyResult.Done(index);
    }

    private static Optional<RequestId> requestId(Step step) {
        WriteRequest request = step.request();
        return request != null && request.getRequestId().getClientId().size() == CLIENT_ID_BYTES
                ? Optional.of(request.getRequestId())
                : Optional.empty();
    }

    private static ApplyResult answer(LogIndex index, Recorded recorded, boolean duplicate) {
        return recorded.success()
                ? new ApplyResult.Written(
                        index,
                        recorded.reply().toBuilder().setDuplicate(duplicate).build())
                : new ApplyResult.Refused(index, recorded.error());
    }

    private ApplyResult evaluate(Step step, RowChanges rows) {
        LogIndex index = step.entry().index();
        if (step.request() == null) {
            return new ApplyResult.Done(index);
        }
        Optional<RequestId> request = requestId(step);
        if (request.isEmpty()) {
            return evaluator.evaluate(step.request(), index, rows);
        }
        long sequence = request.get().getSequence();
        Optional<Recorded> recorded = journal.requests().find(request.get());
        if (recorded.isPresent() && recorded.get().sequence() >= sequence) {
            return recorded.get().sequence() == sequence
                    ? answer(index, recorded.get(), true)
                    : new ApplyResult.Refused(index, outdated(request.get(), recorded.get()));
        }
        ApplyResult result = evaluator.evaluate(step.request(), index, rows);
        Recorded made = Recorded.of(sequence, step.entry().timestampMillis(), result);
        journal.requests().put(request.get(), made);
        journal.note(RequestRecords.encode(request.get(), made));
        return result;
    }

    private static Error outdated(RequestId request, Recorded recorded) {
        return Error.newBuilder()
                .setCode(ErrorCode.INVALID_ARGUMENT)
                .setMessage("write " + request.getSequence() + " of the client's slot " + request.getSlot()
                        + " comes after write " + recorded.sequence()
                        + "; a slot has one write under way, and its numbers only grow")
                .setOutcome(Outcome.UNKNOWN)
                .build();
    }

    /** The rows that the steps meet, from the cache or the database. */
    private RowChanges load(Connection connection, List<Step> steps) throws SQLException {
        Map<ByteString, Boolean> needed = new LinkedHashMap<>();
        for (Step step : steps) {
            if (step.request() != null) {
                for (Operation operation : step.request().getOperationsList()) {
                    needed.merge(operation.getKey(), WriteEvaluator.needsRow(operation), Boolean::logicalOr);
                }
            }
        }
        RowChanges rows = new RowChanges();
        List<byte[]> wholeRows = new ArrayList<>();
        List<byte[]> existence = new ArrayList<>();
        Map<ByteString, byte[]> missing = new LinkedHashMap<>();
        needed.forEach((key, wholeRow) -> {
            byte[] bytes = key.toByteArray();
            Optional<Known> known = cache.find(bytes);
            if (known.isPresent()) {
                rows.load(key, bytes, known.get().rowOrNull());
            } else {
                missing.put(key, bytes);
                (wholeRow ? wholeRows : existence).add(bytes);
            }
        });
        if (missing.isEmpty()) {
            return rows;
        }
        Map<ByteString, StoredRow> found = new LinkedHashMap<>();
        table.find(connection, wholeRows, (key, row) -> {
            found.put(ByteString.copyFrom(key), row);
            return true;
        });
        Set<ByteString> existing = new HashSet<>();
        table.existing(connection, existence, existing);
        existing.forEach(key -> found.put(key, RowChanges.SOME_ROW));
        missing.forEach((key, bytes) -> rows.load(key, bytes, found.get(key)));
        return rows;
    }
}
