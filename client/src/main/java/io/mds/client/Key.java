package io.mds.client;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The values of a primary key, or of its leading columns, in key order: {@code Key.of("/etc", "hosts")}. Immutable.
 */
public final class Key {
    private final Object[] values;

    private Key(Object[] values) {
        this.values = values;
    }

    public static Key of(Object... values) {
        return new Key(CellValues.keyValues(values));
    }

    public static Key of(List<?> values) {
        return of(values.toArray());
    }

    public int size() {
        return values.length;
    }

    /** The value at this position of the key, from 0. */
    public Object get(int position) {
        return CellValues.copy(values[position]);
    }

    public List<Object> values() {
        return Arrays.stream(values).map(CellValues::copy).toList();
    }

    /** The values themselves: not to be changed or handed to a user. */
    Object[] array() {
        return values;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Key that && Arrays.deepEquals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(values);
    }

    @Override
    public String toString() {
        return Arrays.stream(values).map(CellValues::describe).collect(Collectors.joining(", ", "(", ")"));
    }
}
