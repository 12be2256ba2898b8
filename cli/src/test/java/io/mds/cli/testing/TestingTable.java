package io.mds.cli.testing;

import io.mds.client.Change;
import io.mds.client.ChangeStream;
import io.mds.client.Condition;
import io.mds.client.Consistency;
import io.mds.client.Freshness;
import io.mds.client.Key;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.client.WatchFrom;
import io.mds.client.WriteResult;
import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.proto.ErrorCode;
import io.mds.table.Column;
import io.mds.table.KeyCodec;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Rows in the order of their encoded keys. Filters are taken and not evaluated. */
public final class TestingTable {
    private final TableSchema schema;
    private final KeyCodec codec;
    private final Map<byte[], Row> rows = new TreeMap<>(Arrays::compareUnsigned);
    private Consistency consistency = Consistency.strong();
    private Consumer<Freshness> observer = ignored -> {};
    private long version;

    TestingTable(TableSchema schema) {
        this.schema = schema;
        this.codec = new KeyCodec(schema);
    }

    public Table with(Consistency wanted) {
        consistency = wanted;
        return TestingClient.proxy(Table.class, this);
    }

    public Table observing(Consumer<Freshness> wanted) {
        observer = wanted;
        return TestingClient.proxy(Table.class, this);
    }

    /** Tells of each row that it was written and deleted, whatever the position. */
    public ChangeStream watch(WatchFrom from) {
        List<Change> changes = new ArrayList<>();
        for (Row row : rows.values()) {
            for (Optional<Row> left : List.of(Optional.of(row), Optional.<Row>empty())) {
                Instant time = Instant.ofEpochSecond(1_700_000_000L + changes.size());
                changes.add(new Change(new ShardId(5), Key.of(keyValues(row)), left, changes.size(), time));
            }
        }
        return new TestingChanges(changes);
    }

    /** Nobody knows how old what a session reads is; the others read what is 12 ms old. */
    private void observe() {
        boolean known = consistency.level() != Consistency.Level.SESSION;
        observer.accept(
                new Freshness(new ShardId(1), version, known ? Optional.of(Duration.ofMillis(12)) : Optional.empty()));
    }

    public TableSchema schema() {
        return schema;
    }

    public WriteResult insert(Row row) {
        if (rows.containsKey(key(row))) {
            throw MdsException.of(ErrorCode.ALREADY_EXISTS, "row exists");
        }
        return upsert(row);
    }

    public WriteResult upsert(Row row) {
        for (Column column : schema.columns()) {
            if (!row.has(column.name())) {
                row = row.with(column.name(), null);
            }
        }
        boolean existed = rows.put(key(row), row) != null;
        return new WriteResult(++version, existed);
    }

    public WriteResult upsert(Row row, Condition condition) {
        throw MdsException.of(ErrorCode.CONDITION_FAILED, "not " + condition);
    }

    public WriteResult update(Key key, Update update) {
        Row row = rows.get(codec.encode(key.values().toArray()));
        if (row == null) {
            throw MdsException.of(ErrorCode.NOT_FOUND, "no row " + key);
        }
        for (Update.Assignment assignment : update.changes().assignments()) {
            Object value = assignment.increment()
                    ? row.getLong(assignment.column()) + ((Number) assignment.value()).longValue()
                    : assignment.value();
            row = row.with(assignment.column(), value);
        }
        return upsert(row);
    }

    public WriteResult delete(Key key) {
        return new WriteResult(++version, rows.remove(codec.encode(key.values().toArray())) != null);
    }

    public long upsertAll(Iterable<Row> all) {
        long count = 0;
        for (Row row : all) {
            upsert(row);
            count++;
        }
        return count;
    }

    public Optional<Row> get(Key key) {
        observe();
        return Optional.ofNullable(rows.get(codec.encode(key.values().toArray())));
    }

    public long count(Scan scan) {
        return select(scan).size();
    }

    public CompletableFuture<Long> countAsync(Scan scan) {
        return CompletableFuture.completedFuture(count(scan));
    }

    public RowStream scan(Scan scan) {
        List<Row> selected = select(scan);
        if (scan.isReverse()) {
            Collections.reverse(selected);
        }
        Iterator<Row> iterator = selected.stream()
                .limit(scan.limit() == 0 ? Long.MAX_VALUE : scan.limit())
                .iterator();
        return new RowStream() {
            @Override
            public boolean hasNext() {
                return iterator.hasNext();
            }

            @Override
            public Row next() {
                return iterator.next();
            }

            @Override
            public Optional<Duration> staleness() {
                return Optional.empty();
            }

            @Override
            public void close() {}
        };
    }

    private List<Row> select(Scan scan) {
        observe();
        List<Object> prefix = scan.prefix().map(Key::values).orElse(List.of());
        List<Row> selected = new ArrayList<>();
        for (Row row : rows.values()) {
            List<Object> key = keyValues(row);
            if (key.subList(0, prefix.size()).equals(prefix)) {
                selected.add(row);
            }
        }
        return selected;
    }

    private byte[] key(Row row) {
        return codec.encode(keyValues(row).toArray());
    }

    private List<Object> keyValues(Row row) {
        return schema.primaryKey().stream()
                .map(column -> row.get(column.name()))
                .toList();
    }
}
