package io.mds.cli.load;

import io.mds.table.Column;
import io.mds.table.TableSchema;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Whether names from a file fit a table. */
final class RowChecks {
    private RowChecks() {}

    static Column column(TableSchema schema, String name, String place) {
        return schema.findColumn(name).orElseThrow(() -> {
            String known = schema.columns().stream().map(Column::name).collect(Collectors.joining(", "));
            return new BadRowException(
                    place + ": table '" + schema.name() + "' has no column '" + name + "' (it has: " + known + ")");
        });
    }

    /** Every column that is never NULL must be named, the key's among them. */
    static void requireComplete(TableSchema schema, Collection<Column> named, String place) {
        List<String> missing = schema.columns().stream()
                .filter(column -> !column.nullable() && !named.contains(column))
                .map(Column::name)
                .toList();
        if (!missing.isEmpty()) {
            throw new BadRowException(place + ": " + String.join(", ", missing) + " missing, and never NULL in table '"
                    + schema.name() + "'");
        }
    }
}
