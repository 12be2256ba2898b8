package io.mds.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Schemas as they travel. */
final class SchemaProtos {
    private SchemaProtos() {}

    static io.mds.proto.TableSchema toProto(TableSchema schema) {
        io.mds.proto.TableSchema.Builder proto = io.mds.proto.TableSchema.newBuilder()
                .setTableId(schema.tableId())
                .setName(schema.name())
                .setVersion(schema.version())
                .addAllPrimaryKey(schema.keyIds())
                .setPartitionColumns(schema.partitionColumns())
                .setShards(schema.shards())
                .setReplicas(schema.replicas());
        schema.columns().forEach(column -> proto.addColumns(toProto(column)));
        for (Index index : schema.indexes()) {
            proto.addIndexes(io.mds.proto.Index.newBuilder()
                    .setId(index.id())
                    .setName(index.name())
                    .addAllColumns(index.columns()));
        }
        // Left out where they say nothing new, so that a schema without changes reads as it always did.
        SchemaIds implied = SchemaIds.after(schema.columns(), schema.indexes());
        if (schema.ids().column() > implied.column()) {
            proto.setNextColumnId(schema.ids().column());
        }
        if (schema.ids().index() > implied.index()) {
            proto.setNextIndexId(schema.ids().index());
        }
        return proto.build();
    }

    static TableSchema fromProto(io.mds.proto.TableSchema proto) {
        List<Column> columns = new ArrayList<>();
        for (io.mds.proto.Column column : proto.getColumnsList()) {
            try {
                columns.add(fromProto(column));
            } catch (IllegalArgumentException e) {
                throw Problems.invalid(
                        proto.getName(), "column " + ValueText.shown(column.getName()) + ": " + e.getMessage());
            }
        }
        List<Index> indexes = proto.getIndexesList().stream()
                .map(index -> new Index(index.getId(), index.getName(), index.getColumnsList()))
                .toList();
        return new TableSchema(
                proto.getTableId(),
                proto.getName(),
                proto.getVersion(),
                columns,
                proto.getPrimaryKeyList(),
                proto.getPartitionColumns(),
                proto.getShards(),
                proto.getReplicas(),
                indexes,
                new SchemaIds(proto.getNextColumnId(), proto.getNextIndexId()));
    }

    static io.mds.proto.Column toProto(Column column) {
        io.mds.proto.Column.Builder proto = io.mds.proto.Column.newBuilder()
                .setId(column.id())
                .setName(column.name())
                .setType(column.type().toProto())
                .setNullable(column.nullable());
        column.defaultValue().ifPresent(value -> proto.setDefaultValue(Values.toProto(column.type(), value)));
        return proto.build();
    }

    /** @throws IllegalArgumentException when its type or default is not one */
    static Column fromProto(io.mds.proto.Column proto) {
        ColumnType type = ColumnType.fromProto(proto.getType());
        Optional<Object> defaultValue = proto.hasDefaultValue()
                ? Optional.ofNullable(Values.fromProto(type, proto.getDefaultValue()))
                : Optional.empty();
        return new Column(proto.getId(), proto.getName(), type, proto.getNullable(), defaultValue);
    }
}
