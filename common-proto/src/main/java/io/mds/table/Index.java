package io.mds.table;

import java.util.List;
import java.util.Objects;

/**
 * An index of a table: each shard finds its rows by the values of these columns.
 *
 * @param id from 1; never reused within a table
 * @param columns ids, in the order of the index
 */
public record Index(int id, String name, List<Integer> columns) {
    public Index {
        Objects.requireNonNull(name, "name");
        columns = List.copyOf(columns);
    }
}
