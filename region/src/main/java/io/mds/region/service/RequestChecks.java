package io.mds.region.service;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.Assignment;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetRequest;
import io.mds.proto.Operation;
import io.mds.proto.WriteRequest;
import io.mds.table.Column;
import io.mds.table.FilterEvaluator;
import io.mds.table.KeyCodec;
import io.mds.table.RowCodec;
import io.mds.table.TableSchema;
import io.mds.table.Values;

/**
 * Everything about a request that can be refused without looking at data, so that what reaches the log is well-formed.
 *
 * <p>Stateless but for the schema; any thread.
 */
final class RequestChecks {
    private static final int CLIENT_ID_BYTES = 16;

    private final TableSchema schema;
    private final RequestLimits limits;
    private final KeyCodec keys;
    private final RowCodec rows;

    RequestChecks(TableSchema schema, RequestLimits limits) {
        this.schema = schema;
        this.limits = limits;
        this.keys = new KeyCodec(schema);
        this.rows = new RowCodec(schema);
    }

    @SuppressWarnings("ReferenceEquality") // a shard's schema is one object until the next one is applied
    boolean areBy(TableSchema other) {
        return schema == other;
    }

    void check(GetRequest request) {
        if (request.getKeysCount() == 0 || request.getKeysCount() > limits.maxKeys()) {
            throw invalid("a get of " + request.getKeysCount() + " keys (expected: 1 to " + limits.maxKeys() + ")");
        }
        for (ByteString key : request.getKeysList()) {
            keys.validate(key);
        }
        for (int id : request.getColumnsList()) {
            column(id);
        }
    }

    void check(WriteRequest request) {
        if (request.getRequestId().getClientId().size() != CLIENT_ID_BYTES) {
            throw invalid("a request id with a client id of "
                    + request.getRequestId().getClientId().size() + " bytes (expected: " + CLIENT_ID_BYTES + ")");
        }
        int count = request.getOperationsCount();
        if (count == 0 || count > limits.maxOperations()) {
            throw invalid("a batch of " + count + " operations (expected: 1 to " + limits.maxOperations() + ")");
        }
        for (int i = 0; i < count; i++) {
            try {
                check(request.getOperations(i));
            } catch (MdsException e) {
                if (count == 1) {
                    throw e;
                }
                throw MdsException.builder(e.code(), "operation " + i + ": " + e.getMessage())
                        .operation(i)
                        .withoutStackTrace()
                        .build();
            }
        }
    }

    private void check(Operation operation) {
        keys.validate(operation.getKey());
        switch (operation.getKindCase()) {
            case INSERT -> rows.validate(operation.getInsert().getRow(), limits.maxRowBytes());
            case UPSERT -> rows.validate(operation.getUpsert().getRow(), limits.maxRowBytes());
            case UPDATE -> {
                if (operation.getUpdate().getAssignmentsCount() == 0) {
                    throw invalid("an update without assignments");
                }
                operation.getUpdate().getAssignmentsList().forEach(this::check);
            }
            case DELETE -> {}
            case KIND_NOT_SET -> throw invalid("an operation without a kind");
        }
        if (operation.getCondition().hasWhere()) {
            FilterEvaluator unused =
                    new FilterEvaluator(schema, operation.getCondition().getWhere());
            java.util.Objects.requireNonNull(unused);
        }
    }

    private void check(Assignment assignment) {
        Column column = column(assignment.getColumnId());
        if (schema.keyPosition(column.id()) >= 0) {
            throw invalid("column '" + column.name()
                    + "' is in the primary key and cannot be updated (delete the row and" + " insert another)");
        }
        try {
            switch (assignment.getChangeCase()) {
                case SET -> {
                    if (Values.fromProto(column.type(), assignment.getSet()) == null && !column.nullable()) {
                        throw invalid("column '" + column.name() + "': is NULL, and the column is NOT NULL");
                    }
                }
                case INCREMENT -> {
                    if (!column.type().isNumeric()) {
                        throw invalid(
                                "column '" + column.name() + "' of type " + column.type() + " cannot be incremented");
                    }
                    if (Values.fromProto(column.type(), assignment.getIncrement()) == null) {
                        throw invalid("column '" + column.name() + "': an increment by NULL");
                    }
                }
                case CHANGE_NOT_SET -> throw invalid("column '" + column.name() + "': an assignment without a value");
            }
        } catch (IllegalArgumentException e) {
            throw invalid("column '" + column.name() + "': " + e.getMessage());
        }
    }

    private Column column(int id) {
        Column column = schema.columnOrNull(id);
        if (column == null) {
            throw invalid(
                    "column id " + id + ", which the table does not have (schema version " + schema.version() + ")");
        }
        return column;
    }

    private MdsException invalid(String problem) {
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, "table '" + schema.name() + "': " + problem)
                .withoutStackTrace()
                .build();
    }
}
