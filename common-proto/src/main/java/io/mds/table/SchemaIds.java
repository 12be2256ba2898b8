package io.mds.table;

import java.util.List;

/** What the next column and the next index of a table will be called; ids that went are not given again. */
record SchemaIds(int column, int index) {
    /** One more than the largest there are. */
    static final SchemaIds SMALLEST = new SchemaIds(0, 0);

    static SchemaIds after(List<Column> columns, List<Index> indexes) {
        return new SchemaIds(
                columns.stream().mapToInt(Column::id).max().orElse(0) + 1,
                indexes.stream().mapToInt(Index::id).max().orElse(0) + 1);
    }

    SchemaIds atLeast(SchemaIds least) {
        return new SchemaIds(Math.max(column, least.column), Math.max(index, least.index));
    }
}
