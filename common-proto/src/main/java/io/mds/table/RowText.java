package io.mds.table;

import io.mds.error.MdsException;
import java.util.List;

/**
 * The values of one table as text, for command lines and files of any format: reads them by the columns' types and says
 * which column a bad one is for. A null text is NULL.
 *
 * <p>Immutable; any thread.
 */
public final class RowText {
    private final TableSchema schema;

    public RowText(TableSchema schema) {
        this.schema = schema;
    }

    /**
     * The value of a column.
     *
     * @param text null for NULL
     * @throws MdsException INVALID_ARGUMENT, naming table and column, when the text is not of the column's type, or is
     *     NULL in a NOT NULL column
     */
    public Object parse(Column column, String text) {
        if (text == null) {
            if (!column.nullable()) {
                throw Problems.notNull(schema, column);
            }
            return null;
        }
        try {
            return column.type().parse(text);
        } catch (IllegalArgumentException e) {
            throw Problems.invalid(schema, column, e.getMessage());
        }
    }

    /** As {@link #parse(Column, String)}; unknown columns are refused with the names of those there are. */
    public Object parse(String columnName, String text) {
        return parse(schema.column(columnName), text);
    }

    /**
     * The values of a key, or of its first columns.
     *
     * @throws MdsException INVALID_ARGUMENT when there are more texts than key columns, or one is not of its column's type
     */
    public Object[] parseKey(List<String> texts) {
        List<Column> key = schema.primaryKey();
        if (texts.size() > key.size()) {
            throw Problems.invalid(
                    schema,
                    "a key of " + texts.size() + " values (expected: at most " + key.size() + ": " + Problems.names(key)
                            + ")");
        }
        Object[] values = new Object[texts.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = parse(key.get(i), texts.get(i));
        }
        return values;
    }

    /** The text that {@link #parse(Column, String)} reads back as an equal value; null for NULL. */
    public String format(Column column, Object value) {
        return value == null ? null : column.type().format(value);
    }
}
