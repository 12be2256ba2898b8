package io.mds.master.state;

import io.mds.proto.Column;
import io.mds.proto.ColumnType;
import io.mds.proto.TableSchema;
import io.mds.znode.ColumnRecord;
import io.mds.znode.TableRecord;
import java.util.List;

/** Translates a table's schema between the wire and its znode. */
public final class TableRecords {
    private TableRecords() {}

    public static TableRecord recordOf(TableSchema schema, TableState state, List<Long> shards) {
        List<ColumnRecord> columns = schema.getColumnsList().stream()
                .map(c -> new ColumnRecord(c.getId(), c.getName(), c.getType().name(), c.getNullable()))
                .toList();
        return new TableRecord(
                schema.getTableId(),
                schema.getName(),
                state.name(),
                schema.getVersion(),
                columns,
                List.copyOf(schema.getPrimaryKeyList()),
                schema.getPartitionColumns(),
                schema.getReplicas(),
                List.copyOf(shards));
    }

    public static TableRecord withState(TableRecord record, TableState state) {
        return new TableRecord(
                record.id(),
                record.name(),
                state.name(),
                record.schemaVersion(),
                record.columns(),
                record.primaryKey(),
                record.partitionColumns(),
                record.replicas(),
                record.shards());
    }

    public static TableRecord withShards(TableRecord record, List<Long> shards) {
        return new TableRecord(
                record.id(),
                record.name(),
                record.state(),
                record.schemaVersion(),
                record.columns(),
                record.primaryKey(),
                record.partitionColumns(),
                record.replicas(),
                shards);
    }

    public static TableSchema schemaOf(TableRecord record) {
        TableSchema.Builder schema = TableSchema.newBuilder()
                .setTableId(record.id())
                .setName(record.name())
                .setVersion(record.schemaVersion())
                .addAllPrimaryKey(record.primaryKey())
                .setPartitionColumns(record.partitionColumns())
                .setShards(record.shards().size())
                .setReplicas(record.replicas());
        for (ColumnRecord column : record.columns()) {
            schema.addColumns(Column.newBuilder()
                    .setId(column.id())
                    .setName(column.name())
                    .setType(ColumnType.valueOf(column.type()))
                    .setNullable(column.nullable()));
        }
        return schema.build();
    }

    /** Equal but for what the cluster chose: the table's id and version. */
    public static boolean sameDefinition(TableSchema a, TableSchema b) {
        return definition(a).equals(definition(b));
    }

    private static TableSchema definition(TableSchema schema) {
        return schema.toBuilder().clearTableId().clearVersion().build();
    }
}
