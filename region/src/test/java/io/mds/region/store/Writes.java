package io.mds.region.store;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.mds.proto.Assignment;
import io.mds.proto.Condition;
import io.mds.proto.Operation;
import io.mds.proto.RequestId;
import io.mds.proto.Value;
import io.mds.proto.WriteRequest;
import io.mds.region.wal.LogEntry;
import io.mds.table.Column;
import io.mds.table.ColumnType;
import io.mds.table.KeyCodec;
import io.mds.table.RowCodec;
import io.mds.table.TableSchema;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Short names for the writes that tests make, on one table of files. */
public final class Writes {
    public static final TableSchema SCHEMA = TableSchema.named("files")
            .column("dir", ColumnType.STRING)
            .column("name", ColumnType.STRING)
            .column("size", ColumnType.INT64)
            .nullableColumn("owner", ColumnType.STRING)
            .nullableColumn("links", ColumnType.INT32)
            .nullableColumn("ratio", ColumnType.DOUBLE)
            .nullableColumn("cost", ColumnType.DECIMAL)
            .primaryKey("dir", "name")
            .partitionBy("dir")
            .build();

    private static final KeyCodec KEYS = new KeyCodec(SCHEMA);
    private static final RowCodec ROWS = new RowCodec(SCHEMA);

    private Writes() {}

    public static ByteString key(String dir, String name) {
        return ByteString.copyFrom(KEYS.encode(dir, name));
    }

    public static ByteString key(int number) {
        return key("/d", "f%05d".formatted(number));
    }

    /** A row of the given columns, "size" being 0 unless given. */
    public static ByteString row(Object... namesAndValues) {
        Map<String, Object> values = new HashMap<>(Map.of("size", 0L));
        for (int i = 0; i < namesAndValues.length; i += 2) {
            values.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return ROWS.encode(column -> values.get(column.name()));
    }

    public static Object read(ByteString row, String column) {
        return ROWS.read(row, SCHEMA.column(column));
    }

    public static int id(String column) {
        return SCHEMA.column(column).id();
    }

    public static Operation insert(ByteString key, ByteString row) {
        return Operation.newBuilder()
                .setKey(key)
                .setInsert(Operation.Insert.newBuilder().setRow(row))
                .build();
    }

    public static Operation upsert(ByteString key, ByteString row) {
        return Operation.newBuilder()
                .setKey(key)
                .setUpsert(Operation.Upsert.newBuilder().setRow(row))
                .build();
    }

    public static Operation delete(ByteString key) {
        return Operation.newBuilder()
                .setKey(key)
                .setDelete(Operation.Delete.getDefaultInstance())
                .build();
    }

    public static Operation update(ByteString key, Assignment... assignments) {
        return Operation.newBuilder()
                .setKey(key)
                .setUpdate(Operation.Update.newBuilder().addAllAssignments(List.of(assignments)))
                .build();
    }

    public static Assignment set(String column, Value value) {
        return Assignment.newBuilder().setColumnId(id(column)).setSet(value).build();
    }

    public static Assignment increment(String column, Value by) {
        return Assignment.newBuilder().setColumnId(id(column)).setIncrement(by).build();
    }

    public static Value int64(long value) {
        return Value.newBuilder().setInt64(value).build();
    }

    public static Value int32(int value) {
        return Value.newBuilder().setInt32(value).build();
    }

    public static Operation when(Operation operation, Condition.Builder condition) {
        return operation.toBuilder().setCondition(condition).build();
    }

    public static WriteRequest request(Operation... operations) {
        return WriteRequest.newBuilder().addAllOperations(List.of(operations)).build();
    }

    public static WriteRequest request(int client, int slot, long sequence, Operation... operations) {
        byte[] clientId = new byte[16];
        clientId[15] = (byte) client;
        return request(operations).toBuilder()
                .setRequestId(RequestId.newBuilder()
                        .setClientId(ByteString.copyFrom(clientId))
                        .setSlot(slot)
                        .setSequence(sequence))
                .build();
    }

    public static LogEntry entry(long index, WriteRequest request) {
        return LogEntry.write(new ViewNumber(1), new LogIndex(index), 1_000_000 + index, request.toByteString());
    }

    public static Column column(String name) {
        return SCHEMA.column(name);
    }
}
