package io.mds.testkit;

import io.mds.table.Column;
import io.mds.table.ColumnType;
import io.mds.table.Index;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What users of a table see of its columns and indexes: the plain model that MDS is compared with.
 *
 * @param columns in the order of their declaration; all INT64, the first is the key
 * @param indexes the columns of each, by its name
 * @param version one more with every change
 */
record TableShape(List<ColumnShape> columns, Map<String, List<String>> indexes, long version) {
    static final String KEY = "k";
    static final long DEFAULT = 7;

    TableShape {
        columns = List.copyOf(columns);
        indexes = Map.copyOf(indexes);
    }

    /** @param fallback what rows without it have, null for NULL */
    record ColumnShape(String name, boolean nullable, Long fallback) {
        static ColumnShape nullable(String name) {
            return new ColumnShape(name, true, null);
        }

        static ColumnShape withDefault(String name) {
            return new ColumnShape(name, false, DEFAULT);
        }

        private static ColumnShape of(Column column) {
            return new ColumnShape(column.name(), column.nullable(), (Long)
                    column.defaultValue().orElse(null));
        }
    }

    /** A table that has just been created. */
    static TableShape first() {
        return new TableShape(
                List.of(new ColumnShape(KEY, false, null), ColumnShape.nullable("c0"), ColumnShape.nullable("c1")),
                Map.of(),
                1);
    }

    static TableShape of(TableSchema schema) {
        Map<String, List<String>> indexes = new HashMap<>();
        for (Index index : schema.indexes()) {
            indexes.put(
                    index.name(),
                    index.columns().stream()
                            .map(id -> schema.columnOrNull(id).name())
                            .toList());
        }
        return new TableShape(schema.columns().stream().map(ColumnShape::of).toList(), indexes, schema.version());
    }

    /** What creates {@link #first()}. */
    static TableSchema schema(String name) {
        TableSchema.Builder schema =
                TableSchema.named(name).column(KEY, ColumnType.INT64).primaryKey(KEY);
        first().values().forEach(column -> schema.nullableColumn(column, ColumnType.INT64));
        return schema.shards(1).replicas(1).build();
    }

    /** The names of all columns but the key. */
    List<String> values() {
        return columns.stream().map(ColumnShape::name).skip(1).toList();
    }

    /** Those that a column may be dropped of: not in an index. */
    List<String> unindexed() {
        return values().stream()
                .filter(name -> indexes.values().stream().noneMatch(index -> index.contains(name)))
                .toList();
    }

    TableShape add(ColumnShape column) {
        List<ColumnShape> more = new ArrayList<>(columns);
        more.add(column);
        return new TableShape(more, indexes, version + 1);
    }

    TableShape rename(String from, String to) {
        UnaryOperator<String> renamed = name -> name.equals(from) ? to : name;
        Map<String, List<String>> others = new HashMap<>();
        indexes.forEach(
                (name, names) -> others.put(name, names.stream().map(renamed).toList()));
        return new TableShape(
                columns.stream()
                        .map(each -> new ColumnShape(renamed.apply(each.name()), each.nullable(), each.fallback()))
                        .toList(),
                others,
                version + 1);
    }

    TableShape drop(String name) {
        return new TableShape(
                columns.stream().filter(each -> !each.name().equals(name)).toList(), indexes, version + 1);
    }

    TableShape withIndex(String name, List<String> names) {
        Map<String, List<String>> more = new HashMap<>(indexes);
        more.put(name, List.copyOf(names));
        return new TableShape(columns, more, version + 1);
    }

    TableShape withoutIndex(String name) {
        Map<String, List<String>> fewer = new HashMap<>(indexes);
        fewer.remove(name);
        return new TableShape(columns, fewer, version + 1);
    }
}
