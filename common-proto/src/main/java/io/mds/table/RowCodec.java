package io.mds.table;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import io.mds.error.MdsException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.BitSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntPredicate;

/**
 * The encoding of a row's columns outside the key: a protobuf message whose field numbers are the column ids.
 *
 * <p>NULL is absence; in a column that has a default, absence is the default. BOOLEAN is a varint, INT32, INT64 and TIMESTAMP (microseconds) zigzag varints, DOUBLE fixed64; all
 * others are length-delimited: UTF-8 for STRING, JSON and DECIMAL, 16 bytes for UUID. Columns are written in the order of
 * the schema, and read in any. Fields of columns that the schema no longer has are skipped by readers.
 *
 * <p>Immutable; any thread.
 */
public final class RowCodec {
    private static final int WIRE_TYPE_BITS = 3;
    private static final int WIRE_TYPE_MASK = 7;
    private static final int FIELD_BYTES = 12;
    private static final IntPredicate EVERY_COLUMN = id -> true;

    private final TableSchema schema;
    private final Column[] columns;
    /** Value columns by id; null for key columns and ids without a column. */
    private final Column[] byId;
    /** The values of a row without any column, by column id. */
    private final Object[] absent;

    public RowCodec(TableSchema schema) {
        this.schema = schema;
        this.columns = schema.valueColumns().toArray(Column[]::new);
        int maxId = schema.columns().stream().mapToInt(Column::id).max().orElse(0);
        this.byId = new Column[maxId + 1];
        this.absent = new Object[maxId + 1];
        for (Column column : columns) {
            byId[column.id()] = column;
            absent[column.id()] = column.absentValue();
        }
    }

    /**
     * Encodes the values that {@code valueOf} gives for each column outside the key; null means NULL.
     *
     * @throws MdsException INVALID_ARGUMENT when a value is of a wrong type or a NOT NULL column lacks one
     */
    public ByteString encode(Function<Column, Object> valueOf) {
        Object[] values = new Object[columns.length];
        int expected = 0;
        for (int i = 0; i < columns.length; i++) {
            Object value = valueOf.apply(columns[i]);
            values[i] = value;
            expected += FIELD_BYTES;
            if (value instanceof String text) {
                expected += text.length();
            } else if (value instanceof byte[] bytes) {
                expected += bytes.length;
            }
        }
        ByteWriter out = new ByteWriter(expected);
        for (int i = 0; i < columns.length; i++) {
            Column column = columns[i];
            if (values[i] == null) {
                if (column.isRequired()) {
                    throw Problems.notNull(schema, column);
                }
                continue;
            }
            try {
                write(out, column, column.type().normalize(values[i]));
            } catch (IllegalArgumentException e) {
                throw Problems.invalid(schema, column, e.getMessage());
            }
        }
        return UnsafeByteOperations.unsafeWrap(out.toBytes());
    }

    private static void write(ByteWriter out, Column column, Object value) {
        ColumnType type = column.type();
        out.putVarint(((long) column.id() << WIRE_TYPE_BITS) | wireType(type));
        switch (type) {
            case BOOLEAN -> out.putVarint((Boolean) value ? 1 : 0);
            case INT32 -> out.putVarint(zigZag((Integer) value));
            case INT64 -> out.putVarint(zigZag((Long) value));
            case TIMESTAMP -> out.putVarint(zigZag(ColumnType.toMicros((Instant) value)));
            case DOUBLE -> out.putFixed64(Double.doubleToLongBits((Double) value));
            case DECIMAL -> out.putLengthAndAscii(((BigDecimal) value).toString());
            case STRING, JSON -> out.putLengthAndUtf8((String) value);
            case BYTES -> {
                byte[] bytes = (byte[]) value;
                out.putVarint(bytes.length);
                out.put(bytes);
            }
            case UUID -> {
                UUID uuid = (UUID) value;
                out.putVarint(Values.UUID_BYTES);
                out.putLong(uuid.getMostSignificantBits());
                out.putLong(uuid.getLeastSignificantBits());
            }
        }
    }

    private static long zigZag(long value) {
        return (value << 1) ^ (value >> 63);
    }

    private static long unZigZag(long value) {
        return (value >>> 1) ^ -(value & 1);
    }

    /**
     * The values of an encoded row, indexed by column id; null for NULL, for key columns and for ids without a column.
     *
     * @throws MdsException INVALID_ARGUMENT when the bytes are not a row
     */
    public Object[] decode(ByteString row) {
        return decode(InPlace.reader(row), EVERY_COLUMN);
    }

    /** As {@link #decode(ByteString)}. */
    public Object[] decode(WireRow row) {
        return decode(row.columnsReader(), EVERY_COLUMN);
    }

    /** As {@link #decode(ByteString)}, but only these columns; the others are null. */
    Object[] decode(ByteString row, IntPredicate wanted) {
        return decode(InPlace.reader(row), wanted);
    }

    private Object[] decode(ByteReader in, IntPredicate wanted) {
        Object[] values = absent.clone();
        int id = 0;
        try {
            while (in.hasMore()) {
                int tag = in.getTag();
                id = tag >>> WIRE_TYPE_BITS;
                Column column = valueColumn(id);
                if (column == null || !wanted.test(id)) {
                    in.skipField(tag);
                } else {
                    values[id] = read(in, tag, column.type());
                }
            }
        } catch (IllegalArgumentException e) {
            throw notARow(id, e);
        }
        return values;
    }

    /** One column of an encoded row; null for NULL. */
    public Object read(ByteString row, Column wanted) {
        ByteReader in = InPlace.reader(row);
        int id = 0;
        try {
            while (in.hasMore()) {
                int tag = in.getTag();
                id = tag >>> WIRE_TYPE_BITS;
                if (id == wanted.id()) {
                    return read(in, tag, wanted.type());
                }
                in.skipField(tag);
            }
        } catch (IllegalArgumentException e) {
            throw notARow(id, e);
        }
        return wanted.absentValue();
    }

    private Column valueColumn(int id) {
        return id < byId.length ? byId[id] : null;
    }

    private static Object read(ByteReader in, int tag, ColumnType type) {
        requireWireType(tag, type);
        return switch (type) {
            case BOOLEAN -> in.getVarint() != 0;
            case INT32 -> (int) unZigZag(in.getVarint());
            case INT64 -> unZigZag(in.getVarint());
            case TIMESTAMP -> ColumnType.fromMicros(unZigZag(in.getVarint()));
            case DOUBLE -> Double.longBitsToDouble(in.getFixed64());
            case DECIMAL -> DecimalText.parse(in.getLatin1(in.getLength()));
            case STRING, JSON -> in.getUtf8(in.getLength());
            case BYTES -> in.getBytes(in.getLength());
            case UUID -> {
                requireUuidLength(in.getLength());
                yield new UUID(in.getLong(), in.getLong());
            }
        };
    }

    private static void requireWireType(int tag, ColumnType type) {
        if ((tag & WIRE_TYPE_MASK) != wireType(type)) {
            throw new IllegalArgumentException("a value that is not encoded as " + type);
        }
    }

    private static void requireUuidLength(int length) {
        if (length != Values.UUID_BYTES) {
            throw new IllegalArgumentException("a UUID of " + length + " bytes (expected: " + Values.UUID_BYTES + ")");
        }
    }

    /** The same row with only these columns. */
    public ByteString project(ByteString row, BitSet columnIds) {
        byte[] bytes = row.toByteArray();
        ByteReader in = new ByteReader(bytes);
        byte[] kept = new byte[bytes.length];
        int size = 0;
        int id = 0;
        try {
            while (in.hasMore()) {
                int start = in.position();
                int tag = in.getTag();
                id = tag >>> WIRE_TYPE_BITS;
                in.skipField(tag);
                if (columnIds.get(id)) {
                    int length = in.position() - start;
                    System.arraycopy(bytes, start, kept, size, length);
                    size += length;
                }
            }
        } catch (IllegalArgumentException e) {
            throw notARow(id, e);
        }
        return size == bytes.length ? row : ByteString.copyFrom(kept, 0, size);
    }

    /**
     * Checks bytes from the wire: fields are columns of this table outside the key, at most once each, of their types,
     * NOT NULL columns are there, texts are UTF-8, JSON is JSON.
     *
     * @param maxBytes limit of the row's size
     * @throws MdsException INVALID_ARGUMENT, naming the column, when they are not
     */
    public void validate(ByteString row, int maxBytes) {
        if (row.size() > maxBytes) {
            throw Problems.invalid(
                    schema,
                    "a row of " + row.size() + " bytes (limit: " + maxBytes
                            + "; keep large values elsewhere and their place here)");
        }
        boolean[] seen = new boolean[byId.length];
        ByteReader in = InPlace.reader(row);
        Column column = null;
        try {
            while (in.hasMore()) {
                column = null;
                int tag = in.getTag();
                int id = tag >>> WIRE_TYPE_BITS;
                column = valueColumn(id);
                if (column == null) {
                    throw unknownField(id);
                }
                requireWireType(tag, column.type());
                if (seen[id]) {
                    throw Problems.invalid(schema, column, "is given twice");
                }
                seen[id] = true;
                check(in, column.type());
            }
        } catch (IllegalArgumentException e) {
            throw column == null
                    ? Problems.invalid(schema, "not an encoded row: " + e.getMessage())
                    : Problems.invalid(schema, column, e.getMessage());
        }
        for (Column each : columns) {
            if (each.isRequired() && !seen[each.id()]) {
                throw Problems.notNull(schema, each);
            }
        }
    }

    private static void check(ByteReader in, ColumnType type) {
        switch (type) {
            case BOOLEAN -> requireAtMost(in.getVarint(), 1, type);
            case INT32 -> requireAtMost(in.getVarint(), 0xFFFF_FFFFL, type);
            case INT64, TIMESTAMP -> in.getVarint();
            case DOUBLE -> {
                double value = Double.longBitsToDouble(in.getFixed64());
                if (Double.isNaN(value) || Double.doubleToRawLongBits(value) == Long.MIN_VALUE) {
                    throw new IllegalArgumentException("a DOUBLE that is NaN or -0.0 (send NULL or 0.0)");
                }
            }
            case BYTES -> in.skip(in.getLength());
            case UUID -> {
                requireUuidLength(in.getLength());
                in.skip(Values.UUID_BYTES);
            }
            case STRING -> in.checkUtf8(in.getLength());
            case JSON -> JsonText.check(in.getUtf8(in.getLength()));
            case DECIMAL -> DecimalText.check(in.getLatin1(in.getLength()));
        }
    }

    private static void requireAtMost(long value, long max, ColumnType type) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException("an encoded value out of the range of " + type);
        }
    }

    private static int wireType(ColumnType type) {
        return switch (type) {
            case BOOLEAN, INT32, INT64, TIMESTAMP -> WireFormat.WIRETYPE_VARINT;
            case DOUBLE -> WireFormat.WIRETYPE_FIXED64;
            case DECIMAL, STRING, BYTES, UUID, JSON -> WireFormat.WIRETYPE_LENGTH_DELIMITED;
        };
    }

    private MdsException unknownField(int id) {
        Column key = schema.columnOrNull(id);
        return Problems.invalid(
                schema,
                key == null
                        ? "a row with column id " + id + ", which the table does not have (schema version "
                                + schema.version() + ")"
                        : "a row that repeats key column '" + key.name() + "'; leave it to the key");
    }

    private MdsException notARow(int lastField, IllegalArgumentException cause) {
        return Problems.invalid(schema, "not an encoded row, at column id " + lastField + ": " + cause.getMessage());
    }
}
