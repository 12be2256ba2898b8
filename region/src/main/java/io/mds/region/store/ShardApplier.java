package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.proto.Operation;
import io.mds.proto.WriteRequest;
import io.mds.region.store.ShardJournal.Addition;
import io.mds.region.store.ShardJournal.Loaded;
import io.mds.region.store.ShardJournal.Position;
import io.mds.region.store.ShardRows.DirtyRow;
import io.mds.region.store.ShardRows.Known;
import io.mds.region.wal.EntryType;
import io.mds.region.wal.LogEntry;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Applies log entries to the rows of one shard in memory, and cuts out what a flush is to write.
 *
 * <p><em>Thread:</em> one at a time, under the shard's apply lock; {@link #position} any. <em>Invariant:</em> rows, records
 * of requests and position change together, as seen under that lock.
 */
final class ShardApplier {
    private final ShardId id;
    private final Database database;
    private final ShardTable table;
    private final ShardRows rows;
    private final RequestFilter requests;
    private final Consumer<TableSchema> onSchema;
    private TableSchema schema;
    private WriteEvaluator evaluator;

    /** Null when nobody is to be told of changes. */
    private final ShardChanges told;

    /** True while an apply changes what is in memory; still true at the next one when it failed midway. */
    private boolean changing;

    private volatile Position position;

    ShardApplier(
            ShardId id,
            TableSchema schema,
            Database database,
            ShardTable table,
            ShardRows rows,
            Loaded loaded,
            Optional<ShardChanges> told,
            Consumer<TableSchema> onSchema) {
        this.onSchema = onSchema;
        this.schema = schema;
        this.told = told.orElse(null);
        this.id = id;
        this.database = database;
        this.table = table;
        this.rows = rows;
        this.requests = new RequestFilter(loaded.requests());
        this.evaluator = new WriteEvaluator(schema);
        this.position = loaded.position();
    }

    /** How far the shard is applied and can be read. */
    Position position() {
        return position;
    }

    /** What a flush writes in one transaction: the rows changed since the last one, and where the log then is. */
    record Cut(List<DirtyRow> dirty, Position position, Addition addition, TableSchema schema) {}

    Cut cut(ShardJournal journal) {
        return new Cut(rows.startFlush(), position, requests.takeAddition(journal), schema);
    }

    /** An entry and the request in it; null when it is not a write. */
    private record Step(LogEntry entry, WriteRequest request) {}

    /** See {@link ShardStore#apply}. */
    List<ApplyResult> apply(List<LogEntry> entries) {
        List<ApplyResult> results = new ArrayList<>(entries.size());
        int from = 0;
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).type() == EntryType.SCHEMA) {
                // What comes before it was written by the schema before it, what comes after it by this one.
                results.addAll(apply(entries.subList(from, i), true).orElseThrow());
                results.addAll(apply(entries.subList(i, i + 1), true).orElseThrow());
                if (position.appliedIndex() == entries.get(i).index().value()) {
                    take(entries.get(i));
                }
                from = i + 1;
            }
        }
        results.addAll(apply(entries.subList(from, entries.size()), true).orElseThrow());
        return results;
    }

    /** A schema that is not newer was put into the log twice, or was there already when the shard began here. */
    private void take(LogEntry entry) {
        TableSchema newer;
        try {
            newer = TableSchema.fromProto(io.mds.proto.TableSchema.parseFrom(entry.payload()));
        } catch (IOException e) {
            throw new UncheckedIOException("log entry " + entry.index() + " does not hold a schema", e);
        }
        if (newer.version() > schema.version()) {
            schema = newer;
            evaluator = new WriteEvaluator(newer);
            onSchema.accept(newer);
        }
    }

    /** See {@link ShardStore#applyIfCached}. */
    Optional<List<ApplyResult>> applyIfCached(List<LogEntry> entries) {
        return LogEntry.contains(entries, EntryType.SCHEMA) ? Optional.empty() : apply(entries, false);
    }

    private Optional<List<ApplyResult>> apply(List<LogEntry> entries, boolean mayRead) {
        if (changing) {
            throw new IllegalStateException("shard " + id + " failed while it applied an entry after "
                    + position.appliedIndex() + "; a restart reads it anew from the store and the log");
        }
        List<ApplyResult> results = new ArrayList<>(entries.size());
        List<Step> steps = new ArrayList<>(entries.size());
        long expected = position.appliedIndex() + 1;
        for (LogEntry entry : entries) {
            Step step = new Step(entry, entry.type() == EntryType.WRITE ? parse(entry) : null);
            long index = entry.index().value();
            if (index < expected) {
                results.add(answerAgain(step));
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
            return Optional.of(results);
        }
        RowChanges changes = load(steps, mayRead);
        if (changes == null) {
            return Optional.empty();
        }
        List<ShardChanges.Changed> tell = new ArrayList<>(told == null ? 0 : steps.size());
        changing = true;
        for (Step step : steps) {
            results.add(evaluate(step, changes, tell));
        }
        List<RowChanges.Change> changed = changes.changed();
        rows.apply(changed);
        LogEntry last = steps.get(steps.size() - 1).entry();
        position = positionAfter(last, changed);
        changing = false;
        if (told != null) {
            told.add(last.index(), tell);
        }
        return Optional.of(results);
    }

    private Position positionAfter(LogEntry last, List<RowChanges.Change> changes) {
        long count = position.rowCount();
        for (RowChanges.Change change : changes) {
            count += (change.after() == null ? 0 : 1) - (change.existed() ? 1 : 0);
        }
        return new Position(last.index().value(), last.view().value(), count);
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

    private ApplyResult answerAgain(Step step) {
        return step.request() == null
                ? new ApplyResult.Done(step.entry().index())
                : requests.again(step.entry(), step.request());
    }

    private ApplyResult evaluate(Step step, RowChanges changes, List<ShardChanges.Changed> tell) {
        LogIndex index = step.entry().index();
        if (step.request() == null) {
            return new ApplyResult.Done(index);
        }
        return requests.once(step.entry(), step.request(), () -> {
            ApplyResult result = evaluator.evaluate(step.request(), index, changes);
            if (told != null && result instanceof ApplyResult.Written) {
                // The bytes are slices of the entry, which they keep: its other parts are few.
                changes.tell((key, row) -> tell.add(new ShardChanges.Changed(
                        UnsafeByteOperations.unsafeWrap(key),
                        row == null ? null : row.bytes(),
                        index.value(),
                        step.entry().timestampMillis())));
            }
            return result;
        });
    }

    /**
     * The rows that the steps meet, from memory or the database. A row that is not in memory is not dirty, and only this
     * thread could make it so: what the database says of it stays true, also while a flush is under way. Null when the
     * database would have to be asked and may not.
     */
    private RowChanges load(List<Step> steps, boolean mayRead) {
        Map<ByteString, Boolean> needed = new LinkedHashMap<>();
        for (Step step : steps) {
            if (step.request() != null) {
                for (Operation operation : step.request().getOperationsList()) {
                    needed.merge(operation.getKey(), WriteEvaluator.needsRow(operation), Boolean::logicalOr);
                }
            }
        }
        RowChanges changes = new RowChanges();
        List<byte[]> wholeRows = new ArrayList<>();
        List<byte[]> existence = new ArrayList<>();
        Map<ByteString, byte[]> missing = new LinkedHashMap<>();
        needed.forEach((key, wholeRow) -> {
            byte[] bytes = key.toByteArray();
            Optional<Known> known = rows.find(bytes);
            if (known.isPresent()) {
                changes.load(key, bytes, known.get().rowOrNull());
            } else {
                missing.put(key, bytes);
                (wholeRow ? wholeRows : existence).add(bytes);
            }
        });
        if (!missing.isEmpty()) {
            if (!mayRead) {
                return null;
            }
            Map<ByteString, StoredRow> found = read(wholeRows, existence);
            missing.forEach((key, bytes) -> changes.load(key, bytes, found.get(key)));
        }
        return changes;
    }

    private Map<ByteString, StoredRow> read(List<byte[]> wholeRows, List<byte[]> existence) {
        Map<ByteString, StoredRow> found = new LinkedHashMap<>();
        database.read("read the rows that writes to shard " + id + " meet", connection -> {
            table.find(connection, wholeRows, (key, row) -> {
                found.put(UnsafeByteOperations.unsafeWrap(key), row);
                return true;
            });
            Set<ByteString> existing = new HashSet<>();
            table.existing(connection, existence, existing);
            existing.forEach(key -> found.put(key, RowChanges.SOME_ROW));
            return null;
        });
        return found;
    }
}
