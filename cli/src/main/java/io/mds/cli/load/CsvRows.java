package io.mds.cli.load;

import io.mds.cli.text.CsvException;
import io.mds.cli.text.CsvReader;
import io.mds.client.Row;
import io.mds.table.Column;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The rows of a CSV file whose first line names columns of the table.
 *
 * <p>An empty field is NULL, {@code ""} the empty string; in a STRING column that is never NULL both are the empty string.
 */
public final class CsvRows implements RowSource {
    private final CountedInput input;
    private final CsvReader reader;
    private final List<Column> columns;

    /**
     * Reads the heading.
     *
     * @throws BadRowException when it does not fit the table
     */
    public CsvRows(TableSchema schema, CountedInput input) throws IOException {
        this.input = input;
        this.reader = new CsvReader(input.utf8());
        this.columns = heading(schema);
    }

    private List<Column> heading(TableSchema schema) throws IOException {
        CsvReader.Record record = record();
        if (record == null) {
            throw new BadRowException("the file is empty (expected: a first line with column names)");
        }
        List<Column> named = new ArrayList<>();
        for (CsvReader.Field field : record.fields()) {
            Column column = RowChecks.column(schema, field.text().strip(), "line " + record.line());
            if (named.contains(column)) {
                throw new BadRowException("line " + record.line() + ": column '" + column.name() + "' is named twice");
            }
            named.add(column);
        }
        RowChecks.requireComplete(schema, named, "line " + record.line());
        return named;
    }

    private CsvReader.Record record() throws IOException {
        try {
            return reader.next();
        } catch (CsvException e) {
            throw new BadRowException(e.getMessage());
        }
    }

    @Override
    public Row next() throws IOException {
        CsvReader.Record record = record();
        if (record == null) {
            return null;
        }
        List<CsvReader.Field> fields = record.fields();
        if (fields.size() != columns.size()) {
            throw new BadRowException("line " + record.line() + ": " + fields.size() + " fields (expected: "
                    + columns.size() + ", as the first line has)");
        }
        Map<String, Object> values = new LinkedHashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            String place = "line " + record.line() + ", column " + (i + 1) + " (" + column.name() + "): ";
            values.put(column.name(), value(column, fields.get(i), place));
        }
        return Row.of(values);
    }

    private static Object value(Column column, CsvReader.Field field, String place) {
        if (field.text().isEmpty() && !field.quoted()) {
            if (column.nullable()) {
                return null;
            }
            if (column.type() != ColumnType.STRING) {
                throw new BadRowException(
                        place + "empty, and the column is never NULL (expected: a " + column.type() + ")");
            }
        }
        try {
            return column.type().parse(field.text());
        } catch (IllegalArgumentException e) {
            throw new BadRowException(place + e.getMessage());
        }
    }

    @Override
    public double share() {
        return input.share();
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}
