package io.mds.table;

import java.util.Objects;
import java.util.Optional;

/**
 * One column of a table.
 *
 * @param id from 1; never reused within a table; the field number of the column in an encoded row
 * @param defaultValue what rows have that were written without the column; only of columns that are NOT NULL and came by a
 *     change of the table
 */
public record Column(int id, String name, ColumnType type, boolean nullable, Optional<Object> defaultValue) {
    public Column {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        defaultValue = defaultValue.map(type::normalize);
    }

    public Column(int id, String name, ColumnType type, boolean nullable) {
        this(id, name, type, nullable, Optional.empty());
    }

    /** Whether a row must come with a value of it. */
    boolean isRequired() {
        return !nullable && defaultValue.isEmpty();
    }

    boolean mayHaveDefault() {
        return !nullable && type != ColumnType.BYTES && type != ColumnType.JSON;
    }

    /** What a row has that does not have the column. */
    Object absentValue() {
        return defaultValue.orElse(null);
    }
}
