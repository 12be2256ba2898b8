package io.mds.table;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.List;
import java.util.stream.Collectors;

/** The refusals of this package: INVALID_ARGUMENT, naming the table, without a stack trace because callers are at fault. */
final class Problems {
    private static final int SHOWN_COLUMNS = 20;

    private Problems() {}

    static MdsException invalid(TableSchema schema, String problem) {
        return invalid(schema.name(), problem);
    }

    static MdsException invalid(String table, String problem) {
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, "table " + ValueText.shown(table) + ": " + problem)
                .withoutStackTrace()
                .build();
    }

    static MdsException invalid(TableSchema schema, Column column, String problem) {
        return invalid(schema, "column '" + column.name() + "': " + problem);
    }

    static MdsException invalidColumn(String column, String problem) {
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, "column " + ValueText.shown(column) + ": " + problem)
                .withoutStackTrace()
                .build();
    }

    static MdsException notNull(TableSchema schema, Column column) {
        return invalid(
                schema,
                column,
                "is NULL or missing, and the column is NOT NULL; give it a value of type " + column.type());
    }

    static String names(List<Column> columns) {
        String names = columns.stream().limit(SHOWN_COLUMNS).map(Column::name).collect(Collectors.joining(", "));
        return columns.size() > SHOWN_COLUMNS ? names + ", and " + (columns.size() - SHOWN_COLUMNS) + " more" : names;
    }
}
