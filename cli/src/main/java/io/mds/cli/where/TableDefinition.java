package io.mds.cli.where;

import io.mds.table.ColumnType;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The columns and keys of a table to be, from the options of the command line or from one text such as
 * {@code dir STRING, size INT64 NULL, PRIMARY KEY (dir), PARTITION BY (dir)}.
 */
public final class TableDefinition {
    private static final Pattern ADDITION =
            Pattern.compile("(\\w+)\\s+(\\w+)(?:\\s+(?i:NOT\\s+NULL))?\\s+(?i:NULL|DEFAULT\\s+(.+))");

    private final List<ColumnText> columns = new ArrayList<>();
    private final List<String> key = new ArrayList<>();
    private final List<String> partition = new ArrayList<>();

    private record ColumnText(String name, ColumnType type, boolean nullable) {}

    /** A definition without columns. */
    public TableDefinition() {}

    /**
     * Reads {@code column TYPE [[NOT] NULL], ..., PRIMARY KEY (a, b) [, PARTITION BY (a)]}.
     *
     * @throws SyntaxException naming the place
     */
    public static TableDefinition parse(String text) {
        TableDefinition definition = new TableDefinition();
        Tokens tokens = new Tokens(text);
        do {
            Token first = tokens.expectName("a column, PRIMARY KEY or PARTITION BY");
            if (first.isKeyword("PRIMARY") && tokens.takeKeyword("KEY")) {
                names(tokens, "PRIMARY KEY", definition.key);
            } else if (first.isKeyword("PARTITION") && tokens.takeKeyword("BY")) {
                names(tokens, "PARTITION BY", definition.partition);
            } else {
                definition.columns.add(column(tokens, first));
            }
        } while (tokens.takeSymbol(","));
        if (tokens.peek().kind() != Token.Kind.END) {
            throw tokens.unexpected("',' or the end");
        }
        return definition;
    }

    private static ColumnText column(Tokens tokens, Token name) {
        Token type = tokens.expectName("a type after '" + name.text() + "'");
        ColumnType parsed;
        try {
            parsed = type(type.text());
        } catch (IllegalArgumentException e) {
            throw tokens.error(type, e.getMessage());
        }
        if (tokens.takeKeyword("NOT")) {
            tokens.expectKeyword("NULL", "NOT");
            return new ColumnText(name.text(), parsed, false);
        }
        return new ColumnText(name.text(), parsed, tokens.takeKeyword("NULL"));
    }

    private static void names(Tokens tokens, String what, List<String> into) {
        if (!into.isEmpty()) {
            throw tokens.error(tokens.peek(), what + " is given twice");
        }
        tokens.expectSymbol("(", "after " + what);
        do {
            into.add(tokens.expectName("a column").text());
        } while (tokens.takeSymbol(","));
        tokens.expectSymbol(")", "or ',' in " + what);
    }

    /**
     * Adds a column from {@code name:TYPE}, or {@code name:TYPE?} for one that may be NULL.
     *
     * @throws IllegalArgumentException saying what is expected
     */
    public TableDefinition column(String text) {
        int colon = text.indexOf(':');
        if (colon <= 0 || colon == text.length() - 1) {
            throw new IllegalArgumentException(
                    "'" + text + "' (expected: name:TYPE, or name:TYPE? for a column that may be NULL)");
        }
        boolean nullable = text.endsWith("?");
        String type = text.substring(colon + 1, nullable ? text.length() - 1 : text.length());
        columns.add(new ColumnText(text.substring(0, colon), type(type), nullable));
        return this;
    }

    /**
     * A column to be added, from {@code name TYPE NULL} or {@code name TYPE DEFAULT value}.
     *
     * @throws IllegalArgumentException saying what is expected
     */
    public static TableChange addition(String text) {
        Matcher column = ADDITION.matcher(text.strip());
        if (!column.matches()) {
            throw new IllegalArgumentException("'" + text
                    + "' (expected: name TYPE NULL, or name TYPE DEFAULT value, for the rows that are there)");
        }
        String name = column.group(1);
        ColumnType type = type(column.group(2));
        String value = column.group(3);
        return value == null
                ? TableChange.addNullableColumn(name, type)
                : TableChange.addColumn(
                        name, type, type.parse(value.matches("'.*'") ? value.substring(1, value.length() - 1) : value));
    }

    /** Adds columns to the primary key. */
    public TableDefinition primaryKey(List<String> names) {
        key.addAll(names);
        return this;
    }

    /** Adds columns to the partition key. */
    public TableDefinition partitionBy(List<String> names) {
        partition.addAll(names);
        return this;
    }

    public boolean hasColumns() {
        return !columns.isEmpty();
    }

    public boolean hasKey() {
        return !key.isEmpty();
    }

    /** A builder that knows the columns and keys; shards and replicas are left to the caller. */
    public TableSchema.Builder toSchema(String table) {
        TableSchema.Builder schema = TableSchema.named(table);
        for (ColumnText column : columns) {
            if (column.nullable) {
                schema.nullableColumn(column.name, column.type);
            } else {
                schema.column(column.name, column.type);
            }
        }
        schema.primaryKey(key.toArray(String[]::new));
        if (!partition.isEmpty()) {
            schema.partitionBy(partition.toArray(String[]::new));
        }
        return schema;
    }

    private static ColumnType type(String text) {
        try {
            return ColumnType.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            String known = Arrays.stream(ColumnType.values()).map(Enum::name).collect(Collectors.joining(", "));
            throw new IllegalArgumentException("'" + text + "' is not a type (expected: " + known + ")", e);
        }
    }
}
