package io.mds.table;

import java.util.Objects;

/**
 * One column of a table.
 *
 * @param id from 1; never reused within a table; the field number of the column in an encoded row
 */
public record Column(int id, String name, ColumnType type, boolean nullable) {
    public Column {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
    }
}
