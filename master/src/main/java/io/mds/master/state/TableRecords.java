package io.mds.master.state;

import io.mds.proto.Column;
import io.mds.proto.Index;
import io.mds.proto.TableSchema;
import io.mds.table.ColumnType;
import io.mds.table.Values;
import io.mds.znode.ColumnRecord;
import io.mds.znode.IndexRecord;
import io.mds.znode.TableRecord;
import java.util.List;

/** Translates a table's schema between the wire and its znode. */
public final class TableRecords {
    private TableRecords() {}

    public static TableRecord recordOf(TableSchema schema, TableState state, List<Long> shards) {
        return record(schema, state.name(), shards, null);
    }

    private static TableRecord record(
            TableSchema schema, String state, List<Long> shards, List<ColumnRecord> firstColumns) {
        List<IndexRecord> indexes = schema.getIndexesList().stream()
                .map(index -> new IndexRecord(index.getId(), index.getName(), List.copyOf(index.getColumnsList())))
                .toList();
        return new TableRecord(
                schema.getTableId(),
                schema.getName(),
                state,
                schema.getVersion(),
                schema.getColumnsList().stream().map(TableRecords::recordOf).toList(),
                List.copyOf(schema.getPrimaryKeyList()),
                schema.getPartitionColumns(),
                schema.getReplicas(),
                List.copyOf(shards),
                indexes.isEmpty() ? null : indexes,
                schema.getNextColumnId() == 0 ? null : schema.getNextColumnId(),
                schema.getNextIndexId() == 0 ? null : schema.getNextIndexId(),
                firstColumns);
    }

    private static ColumnRecord recordOf(Column column) {
        String defaultValue = null;
        if (column.hasDefaultValue()) {
            ColumnType type = ColumnType.fromProto(column.getType());
            defaultValue = type.format(Values.fromProto(type, column.getDefaultValue()));
        }
        return new ColumnRecord(
                column.getId(), column.getName(), column.getType().name(), column.getNullable(), defaultValue);
    }

    public static TableRecord withState(TableRecord record, TableState state) {
        return record.withState(state.name());
    }

    public static TableRecord withShards(TableRecord record, List<Long> shards) {
        return record.withShards(shards);
    }

    /** The same table under another schema. */
    public static TableRecord withSchema(TableRecord record, TableSchema schema) {
        List<ColumnRecord> first = record.firstColumns() == null ? record.columns() : record.firstColumns();
        TableRecord next = record(schema, record.state(), record.shards(), first);
        return first.equals(next.columns()) ? record(schema, record.state(), record.shards(), null) : next;
    }

    public static TableSchema schemaOf(TableRecord record) {
        TableSchema.Builder schema = schemaOf(record, record.columns(), record.schemaVersion());
        if (record.indexes() != null) {
            for (IndexRecord index : record.indexes()) {
                schema.addIndexes(Index.newBuilder()
                        .setId(index.id())
                        .setName(index.name())
                        .addAllColumns(index.columns()));
            }
        }
        if (record.nextColumnId() != null) {
            schema.setNextColumnId(record.nextColumnId());
        }
        if (record.nextIndexId() != null) {
            schema.setNextIndexId(record.nextIndexId());
        }
        return schema.build();
    }

    /** Version 1, with which the log of each shard begins: replicas that begin with nothing begin with it. */
    public static TableSchema firstSchemaOf(TableRecord record) {
        return schemaOf(record, record.firstColumns() == null ? record.columns() : record.firstColumns(), 1)
                .build();
    }

    private static TableSchema.Builder schemaOf(TableRecord record, List<ColumnRecord> columns, long version) {
        TableSchema.Builder schema = TableSchema.newBuilder()
                .setTableId(record.id())
                .setName(record.name())
                .setVersion(version)
                .addAllPrimaryKey(record.primaryKey())
                .setPartitionColumns(record.partitionColumns())
                .setShards(record.shards().size())
                .setReplicas(record.replicas());
        for (ColumnRecord column : columns) {
            io.mds.proto.ColumnType type = io.mds.proto.ColumnType.valueOf(column.type());
            Column.Builder made = Column.newBuilder()
                    .setId(column.id())
                    .setName(column.name())
                    .setType(type)
                    .setNullable(column.nullable());
            if (column.defaultValue() != null) {
                ColumnType known = ColumnType.fromProto(type);
                made.setDefaultValue(Values.toProto(known, known.parse(column.defaultValue())));
            }
            schema.addColumns(made);
        }
        return schema;
    }

    /** Equal but for what the cluster chose, and for indexes, which come later. */
    public static boolean sameDefinition(TableSchema a, TableSchema b) {
        return definition(a).equals(definition(b));
    }

    private static TableSchema definition(TableSchema schema) {
        return schema.toBuilder()
                .clearTableId()
                .clearVersion()
                .clearIndexes()
                .clearNextColumnId()
                .clearNextIndexId()
                .build();
    }
}
