package io.mds.client;

import io.mds.client.internal.ColumnNames;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Named values: a row to write, or one that was read. Immutable.
 *
 * <p>Two rows are equal when the same columns have equal values, in whatever order. The version tells when a row was
 * written, not what it holds, and plays no part; nor does the staleness.
 *
 * <p>The typed getters fail with INVALID_ARGUMENT on a column that the row does not have, and on a value of another type.
 * For NULL, those that answer objects answer null, and those that answer primitives fail; ask {@link #isNull} first.
 */
public final class Row {
    private final ColumnNames columns;
    private final Object[] values;
    private final long version;
    private final int stalenessMs;

    /** Takes the array as it is: its values must be of stored types and belong to nobody else. */
    Row(ColumnNames columns, Object[] values, long version, int stalenessMs) {
        this.columns = columns;
        this.values = values;
        this.version = version;
        this.stalenessMs = stalenessMs;
    }

    /** {@code Row.of("dir", "/etc", "name", "hosts", "size", 220L)}: names and values in turn. */
    public static Row of(Object... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT,
                    "row of " + namesAndValues.length + " names and values (expected: a value after each name)");
        }
        List<String> names = new ArrayList<>(namesAndValues.length / 2);
        Object[] values = new Object[namesAndValues.length / 2];
        for (int i = 0; i < values.length; i++) {
            if (!(namesAndValues[2 * i] instanceof String name)) {
                throw MdsException.of(
                        ErrorCode.INVALID_ARGUMENT,
                        "row: " + namesAndValues[2 * i] + " at position " + (2 * i) + " (expected: a column name)");
            }
            names.add(CellValues.columnName(name));
            values[i] = CellValues.checked(name, namesAndValues[2 * i + 1]);
        }
        return new Row(new ColumnNames(names), values, 0, ReadSettings.UNKNOWN_STALENESS);
    }

    /** The map's entries in its order. */
    public static Row of(Map<String, ?> values) {
        Object[] checked = new Object[values.size()];
        int position = 0;
        for (Map.Entry<String, ?> entry : values.entrySet()) {
            checked[position++] = CellValues.checked(CellValues.columnName(entry.getKey()), entry.getValue());
        }
        return new Row(new ColumnNames(new ArrayList<>(values.keySet())), checked, 0, ReadSettings.UNKNOWN_STALENESS);
    }

    /** Which write of its shard wrote the row last; 0 for a row that was not read from a table. */
    public long version() {
        return version;
    }

    /**
     * At most so long before it was read this was the newest state of the row; zero after a strong read. Absent when the
     * replica that answered does not know, and for a row that was not read from a table.
     */
    public Optional<Duration> staleness() {
        return ReadSettings.duration(stalenessMs);
    }

    public List<String> columns() {
        return columns.names();
    }

    public boolean has(String column) {
        return columns.find(column) >= 0;
    }

    public boolean isNull(String column) {
        return values[columns.require(column)] == null;
    }

    /** The value, or null for NULL. */
    public Object get(String column) {
        return CellValues.copy(values[columns.require(column)]);
    }

    public String getString(String column) {
        return object(column, String.class);
    }

    public boolean getBoolean(String column) {
        return primitive(column, Boolean.class);
    }

    public int getInt(String column) {
        return primitive(column, Integer.class);
    }

    /** For INT64 columns, and INT32 ones. */
    public long getLong(String column) {
        Object value = values[columns.require(column)];
        return value instanceof Integer number ? number : primitive(column, Long.class);
    }

    public double getDouble(String column) {
        return primitive(column, Double.class);
    }

    public BigDecimal getDecimal(String column) {
        return object(column, BigDecimal.class);
    }

    public byte[] getBytes(String column) {
        byte[] bytes = object(column, byte[].class);
        return bytes == null ? null : bytes.clone();
    }

    public Instant getInstant(String column) {
        return object(column, Instant.class);
    }

    public UUID getUuid(String column) {
        return object(column, UUID.class);
    }

    /** The text of a JSON column, as it was written. */
    public String getJson(String column) {
        return object(column, String.class);
    }

    /** A row like this one with one column more, or with another value in it. The version stays. */
    public Row with(String column, Object value) {
        Map<String, Object> map = toMap();
        map.put(CellValues.columnName(column), value);
        Row changed = of(map);
        return new Row(changed.columns, changed.values, version, stalenessMs);
    }

    /** Names and values in the order of the columns; the map is the caller's. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            map.put(columns.names().get(i), CellValues.copy(values[i]));
        }
        return map;
    }

    /** The values in the order of the columns. */
    public List<Object> values() {
        List<Object> list = new ArrayList<>(values.length);
        for (Object value : values) {
            list.add(CellValues.copy(value));
        }
        return Collections.unmodifiableList(list);
    }

    /** The value itself: not to be changed or handed to a user. */
    Object cell(int position) {
        return values[position];
    }

    ColumnNames names() {
        return columns;
    }

    private <T> T object(String column, Class<T> type) {
        Object value = values[columns.require(column)];
        if (value == null || type.isInstance(value)) {
            return type.cast(value);
        }
        throw MdsException.of(
                ErrorCode.INVALID_ARGUMENT,
                "column '" + column + "' holds the " + value.getClass().getSimpleName() + " "
                        + CellValues.describe(value) + ", not a " + type.getSimpleName());
    }

    private <T> T primitive(String column, Class<T> type) {
        T value = object(column, type);
        if (value == null) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT,
                    "column '" + column + "' is NULL; ask isNull(\"" + column + "\") first");
        }
        return value;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Row that) || values.length != that.values.length) {
            return false;
        }
        for (int i = 0; i < values.length; i++) {
            int there = that.columns.find(columns.names().get(i));
            if (there < 0 || !Objects.deepEquals(values[i], that.values[there])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        int hash = 0;
        for (int i = 0; i < values.length; i++) {
            hash += columns.names().get(i).hashCode() ^ CellValues.hash(values[i]);
        }
        return hash;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < values.length; i++) {
            text.append(i == 0 ? "" : ", ")
                    .append(columns.names().get(i))
                    .append('=')
                    .append(values[i] instanceof String string ? string : CellValues.describe(values[i]));
        }
        text.append('}');
        return version == 0
                ? text.toString()
                : text.append(" version ").append(version).toString();
    }
}
