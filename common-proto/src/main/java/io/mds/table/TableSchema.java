package io.mds.table;

import io.mds.error.MdsException;
import io.mds.id.TableId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The columns and keys of a table, and how many shards and replicas it is to have.
 *
 * <p>Immutable. A schema that exists is valid: {@link Builder#build()} and {@link #fromProto} refuse others with
 * {@code INVALID_ARGUMENT}. Two schemas are equal when everything but the table id, the version and the ids to be given next is.
 */
public final class TableSchema {
    public static final int MAX_COLUMNS = 256;
    public static final int MAX_KEY_COLUMNS = 16;
    public static final int MAX_INDEXES = 16;
    public static final int MAX_INDEX_COLUMNS = 8;
    public static final int MAX_SHARDS = 1024;
    public static final int MAX_REPLICAS = 7;
    public static final int DEFAULT_REPLICAS = 3;
    /** Largest column id: field numbers of encoded rows stay clear of protobuf's reserved range. */
    static final int MAX_COLUMN_ID = 15_000;

    private static final String EXPECTED_NAME = "expected: a letter or _, then at most 63 letters, digits or _";
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,63}");

    private final long tableId;
    private final String name;
    private final long version;
    private final List<Column> columns;
    private final List<Column> primaryKey;
    private final List<Column> valueColumns;
    private final int partitionColumns;
    private final int shards;
    private final int replicas;
    private final List<Index> indexes;
    private final SchemaIds ids;
    private final Map<String, Column> byName = new HashMap<>();
    private final Column[] byId;
    private final int[] keyPositions;

    TableSchema(
            long tableId,
            String name,
            long version,
            List<Column> columns,
            List<Integer> primaryKeyIds,
            int partitionColumns,
            int shards,
            int replicas,
            List<Index> indexes,
            SchemaIds nextIds) {
        this.tableId = tableId;
        this.name = name;
        this.version = version;
        this.columns = List.copyOf(columns);
        this.partitionColumns = partitionColumns;
        this.shards = shards;
        this.replicas = replicas;
        this.indexes = List.copyOf(indexes);
        this.ids = nextIds.atLeast(SchemaIds.after(columns, indexes));
        require(NAME.matcher(name).matches(), "not a table name (" + EXPECTED_NAME + ")");
        require(tableId >= 0 && version >= 0, "table id " + tableId + ", version " + version + " (expected: >= 0)");
        require(
                !columns.isEmpty() && columns.size() <= MAX_COLUMNS,
                columns.size() + " columns (expected: 1 to " + MAX_COLUMNS + ")");
        int maxId = 0;
        for (Column column : columns) {
            require(
                    NAME.matcher(column.name()).matches(),
                    "column name " + ValueText.shown(column.name()) + " (" + EXPECTED_NAME + ")");
            require(
                    column.id() >= 1 && column.id() <= MAX_COLUMN_ID,
                    "column " + column.name() + ": id " + column.id() + " (expected: 1 to " + MAX_COLUMN_ID + ")");
            require(byName.put(column.name(), column) == null, "column '" + column.name() + "' is declared twice");
            require(
                    column.defaultValue().isEmpty() || column.mayHaveDefault(),
                    "column '" + column.name()
                            + "': only a NOT NULL column has a default, and none of type BYTES or JSON");
            maxId = Math.max(maxId, column.id());
        }
        this.byId = new Column[maxId + 1];
        for (Column column : columns) {
            require(byId[column.id()] == null, "column id " + column.id() + " is given twice");
            byId[column.id()] = column;
        }
        this.keyPositions = new int[maxId + 1];
        Arrays.fill(keyPositions, -1);
        this.primaryKey = keyColumns(primaryKeyIds);
        this.valueColumns =
                columns.stream().filter(c -> keyPositions[c.id()] < 0).toList();
        require(
                partitionColumns >= 1 && partitionColumns <= primaryKey.size(),
                "partition key of " + partitionColumns + " columns (expected: 1 to " + primaryKey.size()
                        + ", the length of the primary key)");
        require(shards >= 1 && shards <= MAX_SHARDS, "shards: " + shards + " (expected: 1 to " + MAX_SHARDS + ")");
        require(
                replicas >= 1 && replicas <= MAX_REPLICAS,
                "replicas: " + replicas + " (expected: 1 to " + MAX_REPLICAS + ")");
        requireIndexes();
    }

    private void requireIndexes() {
        require(indexes.size() <= MAX_INDEXES, indexes.size() + " indexes (limit: " + MAX_INDEXES + ")");
        Set<Object> given = new HashSet<>();
        for (Index index : indexes) {
            String what = "index " + ValueText.shown(index.name());
            require(NAME.matcher(index.name()).matches(), what + " (" + EXPECTED_NAME + ")");
            require(given.add(index.name()), what + " is declared twice");
            require(index.id() >= 1 && given.add(index.id()), what + ": id " + index.id());
            require(
                    !index.columns().isEmpty() && index.columns().size() <= MAX_INDEX_COLUMNS,
                    what + ": " + index.columns().size() + " columns (expected: 1 to " + MAX_INDEX_COLUMNS + ")");
            require(
                    new HashSet<>(index.columns()).size() == index.columns().size(),
                    what + ": a column is named twice");
            for (int id : index.columns()) {
                Column column = columnOrNull(id);
                require(column != null, what + ": column id " + id + " is not a column of the table");
                require(
                        column.type() != ColumnType.JSON,
                        what + ": column '" + column.name()
                                + "' of type JSON cannot be in an index: JSON has no order");
            }
        }
    }

    private List<Column> keyColumns(List<Integer> ids) {
        require(!ids.isEmpty(), "no primary key; name its columns with primaryKey(...)");
        require(
                ids.size() <= MAX_KEY_COLUMNS,
                "a primary key of " + ids.size() + " columns (limit: " + MAX_KEY_COLUMNS + ")");
        List<Column> key = new ArrayList<>();
        for (int id : ids) {
            require(
                    id >= 1 && id < byId.length && byId[id] != null,
                    "primary key column id " + id + " is not a column of the table");
            Column column = byId[id];
            require(keyPositions[id] < 0, "column '" + column.name() + "' is in the primary key twice");
            require(!column.nullable(), "column '" + column.name() + "' is in the primary key and cannot be nullable");
            require(
                    column.type() != ColumnType.JSON,
                    "column '" + column.name() + "' of type JSON cannot be in the primary key: JSON has no order");
            keyPositions[id] = key.size();
            key.add(column);
        }
        return List.copyOf(key);
    }

    private void require(boolean condition, String problem) {
        if (!condition) {
            throw Problems.invalid(name, problem);
        }
    }

    /** Starts a schema; the table's name is a letter or _, then at most 63 letters, digits or _. */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /** 0 until the master has given one. */
    public long tableId() {
        return tableId;
    }

    public String name() {
        return name;
    }

    /** 1 at creation, one more at every change of the columns. */
    public long version() {
        return version;
    }

    /** All columns, in the order of their declaration. */
    public List<Column> columns() {
        return columns;
    }

    /** The key's columns, in key order. */
    public List<Column> primaryKey() {
        return primaryKey;
    }

    /** The columns outside the key. */
    public List<Column> valueColumns() {
        return valueColumns;
    }

    /** How many leading key columns form the partition key. */
    public int partitionColumns() {
        return partitionColumns;
    }

    public int shards() {
        return shards;
    }

    /** Wanted copies of each shard. */
    public int replicas() {
        return replicas;
    }

    public List<Index> indexes() {
        return indexes;
    }

    SchemaIds ids() {
        return ids;
    }

    public Optional<Column> findColumn(String columnName) {
        return Optional.ofNullable(byName.get(columnName));
    }

    /**
     * @throws MdsException INVALID_ARGUMENT, listing the columns there are, when there is none of this name
     */
    public Column column(String columnName) {
        Column column = byName.get(columnName);
        if (column == null) {
            throw Problems.invalid(
                    name, "no column " + ValueText.shown(columnName) + " (it has: " + Problems.names(columns) + ")");
        }
        return column;
    }

    /** The column of this id, or null when the table has none. */
    public Column columnOrNull(int id) {
        return id > 0 && id < byId.length ? byId[id] : null;
    }

    /** The position of a column in the key, or -1 when it is outside the key. */
    public int keyPosition(int id) {
        return id > 0 && id < keyPositions.length ? keyPositions[id] : -1;
    }

    /** The same schema as the table of this id, at version 1. */
    public TableSchema withId(TableId id) {
        return new TableSchema(
                id.value(), name, 1, columns, keyIds(), partitionColumns, shards, replicas, indexes, ids);
    }

    /**
     * The next version, after these changes.
     *
     * @throws MdsException INVALID_ARGUMENT when one of them cannot be made
     */
    public TableSchema alter(List<TableChange> changes) {
        SchemaEdit edit = new SchemaEdit(this);
        changes.forEach(edit::alter);
        return edit.end();
    }

    /**
     * The next version, with one more index.
     *
     * @throws MdsException INVALID_ARGUMENT when there cannot be one of this name and these columns
     */
    public TableSchema withIndex(String indexName, List<String> columnNames) {
        return new SchemaEdit(this).createIndex(indexName, columnNames).end();
    }

    /**
     * The next version, without an index.
     *
     * @throws MdsException INVALID_ARGUMENT when there is none of this name
     */
    public TableSchema withoutIndex(String indexName) {
        return new SchemaEdit(this).dropIndex(indexName).end();
    }

    List<Integer> keyIds() {
        return primaryKey.stream().map(Column::id).toList();
    }

    public io.mds.proto.TableSchema toProto() {
        return SchemaProtos.toProto(this);
    }

    /**
     * @throws MdsException INVALID_ARGUMENT when it is not a valid schema
     */
    public static TableSchema fromProto(io.mds.proto.TableSchema proto) {
        return SchemaProtos.fromProto(proto);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TableSchema that
                && name.equals(that.name)
                && columns.equals(that.columns)
                && primaryKey.equals(that.primaryKey)
                && partitionColumns == that.partitionColumns
                && shards == that.shards
                && replicas == that.replicas
                && indexes.equals(that.indexes);
    }

    @Override
    public int hashCode() {
        return name.hashCode() * 31 + columns.hashCode();
    }

    @Override
    public String toString() {
        return "TableSchema[" + name + ", id " + tableId + ", version " + version + ", columns " + columns
                + ", primary key " + primaryKey.stream().map(Column::name).toList() + ", " + shards + " shards, "
                + replicas + " replicas" + (indexes.isEmpty() ? "" : ", indexes " + indexes) + "]";
    }

    /** Declares a table, column after column; of a setting that is given twice the last holds. */
    public static final class Builder {
        private final String name;
        private final List<Column> columns = new ArrayList<>();
        private List<String> keyNames = List.of();
        private List<String> partitionNames = List.of();
        private int shards = 1;
        private int replicas = DEFAULT_REPLICAS;

        private Builder(String name) {
            this.name = Objects.requireNonNull(name, "name");
        }

        /** A column that is never NULL. */
        public Builder column(String columnName, ColumnType type) {
            columns.add(new Column(columns.size() + 1, columnName, type, false));
            return this;
        }

        /** A column that may be NULL. */
        public Builder nullableColumn(String columnName, ColumnType type) {
            columns.add(new Column(columns.size() + 1, columnName, type, true));
            return this;
        }

        /** The key's columns, in key order. */
        public Builder primaryKey(String... columnNames) {
            keyNames = List.of(columnNames);
            return this;
        }

        /** The leading key columns by whose hash rows are spread over shards; all key columns by default. */
        public Builder partitionBy(String... columnNames) {
            partitionNames = List.of(columnNames);
            return this;
        }

        /** 1 by default. */
        public Builder shards(int count) {
            this.shards = count;
            return this;
        }

        /** 3 by default; fewer are made while the cluster has fewer regions. */
        public Builder replicas(int count) {
            this.replicas = count;
            return this;
        }

        /**
         * @throws MdsException INVALID_ARGUMENT, naming what is wrong
         */
        public TableSchema build() {
            List<Integer> ids = keyNames.stream().map(this::idOf).toList();
            int partition = partitionNames.isEmpty() ? keyNames.size() : partitionNames.size();
            if (partition > keyNames.size()
                    || !keyNames.subList(0, partitionNames.size()).equals(partitionNames)) {
                throw invalid("partitionBy(" + String.join(", ", partitionNames)
                        + ") must name the first columns of the primary key (" + String.join(", ", keyNames)
                        + "), in its order");
            }
            return new TableSchema(
                    0, name, 1, columns, ids, partition, shards, replicas, List.of(), SchemaIds.SMALLEST);
        }

        private int idOf(String columnName) {
            return columns.stream()
                    .filter(column -> column.name().equals(columnName))
                    .findFirst()
                    .orElseThrow(() -> invalid("primary key column '" + columnName + "' is not declared"))
                    .id();
        }

        private MdsException invalid(String problem) {
            return Problems.invalid(name, problem);
        }
    }
}
