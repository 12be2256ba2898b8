package io.mds.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.client.internal.ColumnNames;
import io.mds.client.internal.TableLayout;
import io.mds.error.MdsException;
import io.mds.proto.Assignment;
import io.mds.proto.ErrorCode;
import io.mds.proto.Filter.Comparison;
import io.mds.proto.Filter.In;
import io.mds.proto.Filter.IsNull;
import io.mds.proto.Filter.StartsWith;
import io.mds.proto.Filter.Terms;
import io.mds.proto.Operation;
import io.mds.proto.Value;
import io.mds.table.Column;
import io.mds.table.TableSchema;
import io.mds.table.Values;
import java.util.List;

/** From rows, keys, updates, conditions and filters to what is sent. */
final class Encoding {
    private Encoding() {}

    /** One write with the key it is for, and the shard of that. */
    record EncodedOperation(byte[] key, int shard, Operation operation) {
        int size() {
            return operation.getSerializedSize();
        }
    }

    static EncodedOperation operation(TableLayout layout, Batch.Operation operation) {
        // A switch over the sealed type, as Java 17 writes it.
        if (operation instanceof Batch.Upsert upsert) {
            return upsert(layout, upsert.row(), upsert.condition());
        }
        if (operation instanceof Batch.Insert insert) {
            return insert(layout, insert.row());
        }
        if (operation instanceof Batch.Change change) {
            return update(layout, change.key(), change.update());
        }
        Batch.Delete delete = (Batch.Delete) operation;
        return delete(layout, delete.key(), delete.condition());
    }

    static EncodedOperation upsert(TableLayout layout, Row row, Condition condition) {
        byte[] key = key(layout, row);
        Operation.Builder operation = start(layout, key, condition)
                .setUpsert(Operation.Upsert.newBuilder().setRow(row(layout, row)));
        return new EncodedOperation(key, layout.shardOf(key), operation.build());
    }

    static EncodedOperation insert(TableLayout layout, Row row) {
        byte[] key = key(layout, row);
        Operation.Builder operation =
                start(layout, key, null).setInsert(Operation.Insert.newBuilder().setRow(row(layout, row)));
        return new EncodedOperation(key, layout.shardOf(key), operation.build());
    }

    static EncodedOperation update(TableLayout layout, Key key, Update update) {
        byte[] encoded = key(layout, key);
        Update.Changes changes = update.changes();
        Operation.Update.Builder assignments = Operation.Update.newBuilder();
        for (Update.Assignment assignment : changes.assignments()) {
            assignments.addAssignments(assignment(layout.schema(), assignment));
        }
        Operation.Builder operation =
                start(layout, encoded, changes.condition().orElse(null)).setUpdate(assignments);
        return new EncodedOperation(encoded, layout.shardOf(encoded), operation.build());
    }

    static EncodedOperation delete(TableLayout layout, Key key, Condition condition) {
        byte[] encoded = key(layout, key);
        Operation.Builder operation =
                start(layout, encoded, condition).setDelete(Operation.Delete.getDefaultInstance());
        return new EncodedOperation(encoded, layout.shardOf(encoded), operation.build());
    }

    static byte[] key(TableLayout layout, Key key) {
        return layout.keys().encode(key.array());
    }

    private static byte[] key(TableLayout layout, Row row) {
        List<Column> columns = layout.schema().primaryKey();
        Object[] values = new Object[columns.size()];
        ColumnNames names = row.names();
        for (int i = 0; i < values.length; i++) {
            int position = names.find(columns.get(i).name());
            if (position < 0 || row.cell(position) == null) {
                String what = position < 0 ? "is missing" : "is NULL";
                throw invalid(layout.schema(), "key column '" + columns.get(i).name() + "' " + what + " in row " + row);
            }
            values[i] = row.cell(position);
        }
        return layout.keys().encode(values);
    }

    private static ByteString row(TableLayout layout, Row row) {
        ColumnNames names = row.names();
        for (int i = 0; i < names.size(); i++) {
            if (layout.schema().findColumn(names.names().get(i)).isEmpty()) {
                layout.schema().column(names.names().get(i));
            }
        }
        return layout.rows().encode(column -> {
            int position = names.find(column.name());
            return position < 0 ? null : row.cell(position);
        });
    }

    static ByteString wrap(byte[] bytes) {
        // Nobody changes an encoded key.
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    private static Operation.Builder start(TableLayout layout, byte[] key, Condition condition) {
        Operation.Builder operation = Operation.newBuilder().setKey(wrap(key));
        if (condition != null) {
            operation.setCondition(condition(layout.schema(), condition));
        }
        return operation;
    }

    private static io.mds.proto.Condition condition(TableSchema schema, Condition condition) {
        io.mds.proto.Condition.Builder proto = io.mds.proto.Condition.newBuilder();
        condition.exists().ifPresent(proto::setExists);
        condition.version().ifPresent(proto::setVersion);
        condition.filter().ifPresent(filter -> proto.setWhere(filter(schema, filter)));
        return proto.build();
    }

    private static Assignment assignment(TableSchema schema, Update.Assignment assignment) {
        Column column = schema.column(assignment.column());
        if (schema.keyPosition(column.id()) >= 0) {
            throw invalid(
                    schema,
                    "column '" + column.name() + "' is part of the key and cannot be changed; delete and insert");
        }
        if (assignment.increment() && !column.type().isNumeric()) {
            throw invalid(schema, "column '" + column.name() + "' of type " + column.type() + " cannot be incremented");
        }
        if (assignment.value() == null && !column.nullable()) {
            throw invalid(schema, "column '" + column.name() + "' is NOT NULL and cannot be set to NULL");
        }
        Value value = value(schema, column, assignment.value());
        Assignment.Builder proto = Assignment.newBuilder().setColumnId(column.id());
        return (assignment.increment() ? proto.setIncrement(value) : proto.setSet(value)).build();
    }

    static io.mds.proto.Filter filter(TableSchema schema, Filter filter) {
        io.mds.proto.Filter.Builder proto = io.mds.proto.Filter.newBuilder();
        FilterNode node = (FilterNode) filter;
        if (node instanceof FilterNode.Comparison comparison) {
            Column column = schema.column(comparison.column());
            proto.setComparison(Comparison.newBuilder()
                    .setColumnId(column.id())
                    .setComparator(comparison.comparator())
                    .setValue(value(schema, column, comparison.value())));
        } else if (node instanceof FilterNode.IsNull isNull) {
            proto.setIsNull(IsNull.newBuilder()
                    .setColumnId(schema.column(isNull.column()).id()));
        } else if (node instanceof FilterNode.In in) {
            Column column = schema.column(in.column());
            In.Builder values = In.newBuilder().setColumnId(column.id());
            in.values().forEach(value -> values.addValues(value(schema, column, value)));
            proto.setIn(values);
        } else if (node instanceof FilterNode.StartsWith startsWith) {
            Column column = schema.column(startsWith.column());
            proto.setStartsWith(StartsWith.newBuilder()
                    .setColumnId(column.id())
                    .setPrefix(value(schema, column, startsWith.prefix())));
        } else if (node instanceof FilterNode.And and) {
            proto.setAnd(terms(schema, and.terms()));
        } else if (node instanceof FilterNode.Or or) {
            proto.setOr(terms(schema, or.terms()));
        } else {
            proto.setNot(filter(schema, ((FilterNode.Not) node).term()));
        }
        return proto.build();
    }

    private static Terms terms(TableSchema schema, List<Filter> filters) {
        Terms.Builder terms = Terms.newBuilder();
        filters.forEach(filter -> terms.addTerms(filter(schema, filter)));
        return terms.build();
    }

    private static Value value(TableSchema schema, Column column, Object value) {
        try {
            return Values.toProto(column.type(), value);
        } catch (IllegalArgumentException e) {
            throw invalid(schema, "column '" + column.name() + "': " + e.getMessage());
        }
    }

    static MdsException invalid(TableSchema schema, String problem) {
        return MdsException.of(ErrorCode.INVALID_ARGUMENT, "table '" + schema.name() + "': " + problem);
    }
}
