package io.mds.cli;

import io.mds.client.Key;
import io.mds.client.Row;
import io.mds.client.Update;
import io.mds.table.Column;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Keys and values as they are given on a command line, in the types of a table's columns. */
final class RowArguments {
    private RowArguments() {}

    /** A whole key. */
    static Key key(TableSchema schema, List<String> texts) {
        if (texts.size() != schema.primaryKey().size()) {
            throw CommandException.usage("the key of table '" + schema.name() + "' is " + keyNames(schema) + ": "
                    + schema.primaryKey().size() + " values wanted, " + texts.size() + " given");
        }
        return Key.of(keyValues("key", schema, texts));
    }

    /** The values of a key's leading columns. */
    static Key leadingKey(String option, TableSchema schema, List<String> texts) {
        if (texts.size() > schema.primaryKey().size()) {
            throw CommandException.usage(option + ": " + texts.size() + " values, but the key of table '"
                    + schema.name() + "' is " + keyNames(schema)
                    + "; put a value with commas in it in double quotes");
        }
        return Key.of(keyValues(option, schema, texts));
    }

    private static List<Object> keyValues(String where, TableSchema schema, List<String> texts) {
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            values.add(value(where, schema.primaryKey().get(i), texts.get(i)));
        }
        return values;
    }

    static String keyNames(TableSchema schema) {
        return schema.primaryKey().stream().map(Column::name).collect(Collectors.joining(", ", "(", ")"));
    }

    /** A row from column=value texts; columns that are left out are NULL. */
    static Row row(TableSchema schema, List<String> assignments) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (String text : assignments) {
            Assignment assignment = assignment("put", schema, text);
            if (values.put(assignment.column.name(), assignment.value) != null) {
                throw CommandException.usage("column '" + assignment.column.name() + "' is given twice");
            }
        }
        List<String> missing = schema.columns().stream()
                .filter(column -> !column.nullable() && !values.containsKey(column.name()))
                .map(Column::name)
                .toList();
        if (!missing.isEmpty()) {
            throw CommandException.usage(String.join(", ", missing) + " missing, and never NULL in table '"
                    + schema.name() + "' (add " + missing.get(0) + "=VALUE)");
        }
        return Row.of(values);
    }

    /** The changes of an update, at least one. */
    static Update.Changes changes(TableSchema schema, List<String> sets, List<String> increments, List<String> nulls) {
        Update.Changes changes = null;
        for (String text : sets) {
            Assignment set = assignment("--set", schema, text);
            changes = changes == null
                    ? Update.set(set.column.name(), set.value)
                    : changes.set(set.column.name(), set.value);
        }
        for (String text : increments) {
            Assignment increment = assignment("--increment", schema, text);
            String column = increment.column.name();
            if (!(increment.value instanceof Number difference)) {
                throw CommandException.usage("--increment: column '" + column + "' is of type "
                        + increment.column.type() + " (expected: INT32, INT64, DOUBLE or DECIMAL)");
            }
            changes = changes == null ? Update.increment(column, difference) : changes.increment(column, difference);
        }
        for (String name : nulls) {
            String column = CommandException.checked("--null", () -> schema.column(name))
                    .name();
            changes = changes == null ? Update.set(column, null) : changes.set(column, null);
        }
        if (changes == null) {
            throw CommandException.usage("nothing to change: give --set, --increment or --null");
        }
        return changes;
    }

    private record Assignment(Column column, Object value) {}

    private static Assignment assignment(String where, TableSchema schema, String text) {
        int equals = text.indexOf('=');
        if (equals <= 0) {
            throw CommandException.usage(where + ": '" + text + "' (expected: column=value)");
        }
        Column column = CommandException.checked(where, () -> schema.column(text.substring(0, equals)));
        return new Assignment(column, value(where, column, text.substring(equals + 1)));
    }

    private static Object value(String where, Column column, String text) {
        return CommandException.checked(
                where + ": column '" + column.name() + "'", () -> column.type().parse(text));
    }
}
