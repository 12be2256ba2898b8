package io.mds.region.store;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.proto.Assignment;
import io.mds.proto.Condition;
import io.mds.proto.ErrorCode;
import io.mds.proto.Operation;
import io.mds.proto.WriteReply;
import io.mds.proto.WriteRequest;
import io.mds.table.Column;
import io.mds.table.FilterEvaluator;
import io.mds.table.KeyCodec;
import io.mds.table.RowCodec;
import io.mds.table.TableSchema;
import io.mds.table.Values;
import java.math.BigDecimal;
import java.util.Arrays;

/**
 * Evaluates writes: what a request changes, given the rows it meets. The same request on the same rows gives the same
 * changes and the same answer, on every replica and in every replay.
 *
 * <p><em>Thread:</em> confined to the thread that applies.
 */
final class WriteEvaluator {
    /** Bytes of the largest encoded row. */
    static final int MAX_ROW_BYTES = 1024 * 1024;

    private static final int SHOWN_KEY_CHARACTERS = 200;

    private final TableSchema schema;
    private final RowCodec rows;
    private final KeyCodec keys;

    WriteEvaluator(TableSchema schema) {
        this.schema = schema;
        this.rows = new RowCodec(schema);
        this.keys = new KeyCodec(schema);
    }

    /** Whether the operation must see the row's bytes or version, and not only whether there is one. */
    static boolean needsRow(Operation operation) {
        return operation.hasUpdate() || operation.hasCondition();
    }

    /** Evaluates all operations, or, when one fails, leaves the changes as they were. */
    ApplyResult evaluate(WriteRequest request, LogIndex index, RowChanges changes) {
        WriteReply.Builder reply = WriteReply.newBuilder().setVersion(index.value());
        changes.begin();
        for (int i = 0; i < request.getOperationsCount(); i++) {
            Operation operation = request.getOperations(i);
            try {
                StoredRow before = changes.get(operation.getKey());
                changes.put(operation.getKey(), after(operation, before, index.value()));
                reply.addExisted(before != null);
            } catch (MdsException e) {
                changes.undo();
                return new ApplyResult.Refused(
                        index, e.toProto().toBuilder().setOperation(i).build());
            }
        }
        return new ApplyResult.Written(index, reply.build());
    }

    private StoredRow after(Operation operation, StoredRow before, long version) {
        if (operation.hasCondition()) {
            requireCondition(operation, before);
        }
        return switch (operation.getKindCase()) {
            case INSERT -> {
                if (before != null) {
                    throw refusal(ErrorCode.ALREADY_EXISTS, operation, "exists already");
                }
                yield new StoredRow(version, operation.getInsert().getRow());
            }
            case UPSERT -> new StoredRow(version, operation.getUpsert().getRow());
            case UPDATE -> {
                if (before == null) {
                    throw refusal(ErrorCode.NOT_FOUND, operation, "does not exist");
                }
                yield new StoredRow(version, update(operation, before.bytes()));
            }
            case DELETE -> null;
            case KIND_NOT_SET ->
                throw refusal(ErrorCode.INVALID_ARGUMENT, operation, "has an operation without a kind");
        };
    }

    private void requireCondition(Operation operation, StoredRow row) {
        Condition condition = operation.getCondition();
        if (condition.hasExists() && condition.getExists() != (row != null)) {
            throw refusal(ErrorCode.CONDITION_FAILED, operation, row == null ? "does not exist" : "exists");
        }
        if (condition.hasVersion()) {
            if (row == null) {
                throw refusal(ErrorCode.CONDITION_FAILED, operation, "does not exist");
            }
            if (row.version() != condition.getVersion()) {
                throw refusal(
                        ErrorCode.CONDITION_FAILED,
                        operation,
                        "has version " + row.version() + " (expected: " + condition.getVersion() + ")");
            }
        }
        if (condition.hasWhere()) {
            FilterEvaluator filter = new FilterEvaluator(schema, condition.getWhere());
            if (row == null || !filter.test(operation.getKey().toByteArray(), row.bytes())) {
                throw refusal(
                        ErrorCode.CONDITION_FAILED,
                        operation,
                        row == null ? "does not exist" : "does not satisfy the condition");
            }
        }
    }

    private ByteString update(Operation operation, ByteString row) {
        Object[] values = rows.decode(row);
        for (Assignment assignment : operation.getUpdate().getAssignmentsList()) {
            Column column = schema.columnOrNull(assignment.getColumnId());
            if (column == null) {
                throw refusal(
                        ErrorCode.INVALID_ARGUMENT,
                        operation,
                        "cannot get column id " + assignment.getColumnId() + ", which the table does not have");
            }
            if (schema.keyPosition(column.id()) >= 0) {
                throw refusal(
                        ErrorCode.INVALID_ARGUMENT, operation, "cannot get another key column '" + column.name() + "'");
            }
            try {
                values[column.id()] = switch (assignment.getChangeCase()) {
                    case SET -> Values.fromProto(column.type(), assignment.getSet());
                    case INCREMENT ->
                        sum(column, values[column.id()], Values.fromProto(column.type(), assignment.getIncrement()));
                    case CHANGE_NOT_SET -> throw new IllegalArgumentException("an assignment without a value");
                };
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw refusal(
                        ErrorCode.INVALID_ARGUMENT,
                        operation,
                        "column '" + column.name() + "' cannot be changed: " + e.getMessage());
            }
        }
        ByteString updated = rows.encode(column -> values[column.id()]);
        if (updated.size() > MAX_ROW_BYTES) {
            throw refusal(
                    ErrorCode.INVALID_ARGUMENT,
                    operation,
                    "would grow to " + updated.size() + " bytes (limit: " + MAX_ROW_BYTES + ")");
        }
        return updated;
    }

    /** NULL counts as zero. */
    private static Object sum(Column column, Object value, Object increment) {
        if (increment == null) {
            throw new IllegalArgumentException("an increment by NULL");
        }
        return switch (column.type()) {
            case INT32 -> Math.addExact(value == null ? 0 : (Integer) value, (Integer) increment);
            case INT64 -> Math.addExact(value == null ? 0L : (Long) value, (Long) increment);
            case DOUBLE -> {
                double sum = (value == null ? 0.0 : (Double) value) + (Double) increment;
                if (Double.isNaN(sum)) {
                    throw new ArithmeticException("the sum of infinities is not a number");
                }
                yield sum;
            }
            case DECIMAL -> (value == null ? BigDecimal.ZERO : (BigDecimal) value).add((BigDecimal) increment);
            case BOOLEAN, STRING, BYTES, TIMESTAMP, UUID, JSON ->
                throw new IllegalArgumentException("an increment of a column of type " + column.type());
        };
    }

    private MdsException refusal(ErrorCode code, Operation operation, String problem) {
        return MdsException.builder(
                        code, "table '" + schema.name() + "': the row " + shown(operation.getKey()) + " " + problem)
                .withoutStackTrace()
                .build();
    }

    private String shown(ByteString key) {
        String text;
        try {
            Object[] values = keys.decode(key);
            for (int i = 0; i < values.length; i++) {
                values[i] = schema.primaryKey().get(i).type().format(values[i]);
            }
            text = Arrays.toString(values);
        } catch (MdsException e) {
            text = "with an unreadable key of " + key.size() + " bytes";
        }
        return text.length() <= SHOWN_KEY_CHARACTERS ? text : text.substring(0, SHOWN_KEY_CHARACTERS) + "...";
    }
}
