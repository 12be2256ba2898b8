package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.Filters;
import io.mds.client.MdsClient;
import io.mds.client.Row;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.client.TableDescription;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A table that only one client changes, which therefore knows what it must be: one thing, or one of two while the outcome
 * of the last change is unknown.
 *
 * <p>Thread: its client's; another's while that one stands still.
 */
final class OwnTable {
    private static final int REMEMBERED = 12;
    /** Values of rows are none of the defaults. */
    private static final long VALUES = 1_000;

    private final String name;
    private final Deque<String> history = new ArrayDeque<>();
    private Optional<TableShape> acknowledged = Optional.empty();
    /** What it may have become instead; null when that is known. */
    private Optional<TableShape> maybe;

    private long rows;

    OwnTable(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    /** Empty while there is no such table. */
    Optional<TableShape> shape() {
        return acknowledged;
    }

    boolean isDecided() {
        return maybe == null;
    }

    void intends(SchemaStep step) {
        remember(step.what());
        if (acknowledged.isEmpty()) {
            rows = 0;
        }
    }

    void done(SchemaStep step) {
        remember("done");
        acknowledged = step.after();
    }

    void notDone(String why) {
        remember("not done: " + why);
    }

    void perhapsDone(SchemaStep step, String why) {
        remember("perhaps done: " + why);
        maybe = step.after();
    }

    private void remember(String what) {
        history.add(what);
        if (history.size() > REMEMBERED) {
            history.remove();
        }
    }

    /** Fails unless the master knows it as it was acknowledged. */
    void requireAcknowledged(MdsClient client) {
        Optional<TableDescription> found = find(client);
        assertThat(found.map(TableDescription::schema).map(TableShape::of))
                .as("what the master says of %s", this)
                .isEqualTo(acknowledged);
        assertThat(found.map(TableDescription::state).orElse("ACTIVE"))
                .as("the state of %s", this)
                .isEqualTo("ACTIVE");
    }

    /** Finds out what it is, after all changes have come to an end; fails when it is something between. */
    Optional<TableDescription> settle(MdsClient client) {
        Optional<TableDescription> found = find(client);
        Optional<TableShape> shape = found.map(TableDescription::schema).map(TableShape::of);
        if (maybe != null && shape.equals(maybe)) {
            acknowledged = maybe;
            remember("was done");
        }
        maybe = null;
        requireAcknowledged(client);
        return found;
    }

    private Optional<TableDescription> find(MdsClient client) {
        try {
            return Optional.of(client.describeTable(name));
        } catch (MdsException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Writes a row with all its columns, and reads it in each way that there is. */
    void use(MdsClient client) {
        Table table = client.table(name);
        List<String> values = acknowledged.orElseThrow().values();
        long key = ++rows;
        Map<String, Object> row = new HashMap<>();
        row.put(TableShape.KEY, key);
        values.forEach(column -> row.put(column, VALUES + key));
        table.insert(Row.of(row));
        assertThat(table.get(key).orElseThrow().toMap()).as("a row of %s", this).isEqualTo(row);
        assertThat(table.count(Scan.all())).as("rows of %s", this).isEqualTo(rows);
        acknowledged
                .orElseThrow()
                .indexes()
                .forEach((index, columns) -> assertThat(
                                table.count(Scan.all().where(Filters.eq(columns.get(0), VALUES + key))))
                        .as("rows that index %s of %s finds", index, this)
                        .isEqualTo(1));
    }

    @Override
    public String toString() {
        return "table " + name + " after " + history;
    }
}
