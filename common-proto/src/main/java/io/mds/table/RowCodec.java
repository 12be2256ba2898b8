package io.mds.table;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.BitSet;
import java.util.UUID;
import java.util.function.Function;

/**
 * The encoding of a row's columns outside the key: a protobuf message whose field numbers are the column ids.
 *
 * <p>NULL is absence. BOOLEAN is a varint, INT32, INT64 and TIMESTAMP (microseconds) zigzag varints, DOUBLE fixed64; all
 * others are length-delimited: UTF-8 for STRING, JSON and DECIMAL, 16 bytes for UUID. Columns are written in the order of
 * the schema. Fields of columns that the schema no longer has are skipped by readers.
 *
 * <p>Stateless but for the schema; any thread.
 */
public final class RowCodec {
    private static final int WIRE_TYPE_BITS = 3;
    private static final int WIRE_TYPE_MASK = 7;

    private final TableSchema schema;
    private final Column[] columns;
    private final int maxId;

    public RowCodec(TableSchema schema) {
        this.schema = schema;
        this.columns = schema.valueColumns().toArray(Column[]::new);
        this.maxId = schema.columns().stream().mapToInt(Column::id).max().orElse(0);
    }

    /**
     * Encodes the values that {@code valueOf} gives for each column outside the key; null means NULL.
     *
     * @throws MdsException INVALID_ARGUMENT when a value is of a wrong type or a NOT NULL column lacks one
     */
    public ByteString encode(Function<Column, Object> valueOf) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        CodedOutputStream out = CodedOutputStream.newInstance(bytes, 512);
        try {
            for (Column column : columns) {
                Object value = valueOf.apply(column);
                if (value == null) {
                    if (!column.nullable()) {
                        throw invalid(column, "is NULL or missing, and the column is NOT NULL");
                    }
                    continue;
                }
                try {
                    write(out, column, column.type().normalize(value));
                } catch (IllegalArgumentException e) {
                    throw invalid(column, e.getMessage());
                }
            }
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return ByteString.copyFrom(bytes.toByteArray());
    }

    private static void write(CodedOutputStream out, Column column, Object value) throws IOException {
        int id = column.id();
        switch (column.type()) {
            case BOOLEAN -> out.writeBool(id, (Boolean) value);
            case INT32 -> out.writeSInt32(id, (Integer) value);
            case INT64 -> out.writeSInt64(id, (Long) value);
            case TIMESTAMP -> out.writeSInt64(id, ColumnType.toMicros((Instant) value));
            case DOUBLE -> out.writeDouble(id, (Double) value);
            case DECIMAL -> out.writeString(id, ((BigDecimal) value).toString());
            case STRING, JSON -> out.writeString(id, (String) value);
            case BYTES -> out.writeByteArray(id, (byte[]) value);
            case UUID -> out.writeByteArray(id, ColumnType.toBytes((UUID) value));
        }
    }

    /**
     * The values of an encoded row, indexed by column id; null for NULL, for key columns and for ids without a column.
     *
     * @throws MdsException INVALID_ARGUMENT when the bytes are not a row
     */
    public Object[] decode(ByteString row) {
        Object[] values = new Object[maxId + 1];
        try {
            CodedInputStream in = row.newCodedInput();
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                Column column = valueColumn(tag >>> WIRE_TYPE_BITS);
                if (column == null || (tag & WIRE_TYPE_MASK) != wireType(column.type())) {
                    in.skipField(tag);
                } else {
                    values[column.id()] = read(in, column.type());
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw notARow(e);
        }
        return values;
    }

    /** One column of an encoded row; null for NULL. */
    public Object read(ByteString row, Column wanted) {
        try {
            CodedInputStream in = row.newCodedInput();
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                if (tag >>> WIRE_TYPE_BITS == wanted.id() && (tag & WIRE_TYPE_MASK) == wireType(wanted.type())) {
                    return read(in, wanted.type());
                }
                in.skipField(tag);
            }
            return null;
        } catch (IOException | IllegalArgumentException e) {
            throw notARow(e);
        }
    }

    private Column valueColumn(int id) {
        return schema.keyPosition(id) >= 0 ? null : schema.columnOrNull(id);
    }

    private static Object read(CodedInputStream in, ColumnType type) throws IOException {
        return switch (type) {
            case BOOLEAN -> in.readBool();
            case INT32 -> in.readSInt32();
            case INT64 -> in.readSInt64();
            case TIMESTAMP -> ColumnType.fromMicros(in.readSInt64());
            case DOUBLE -> in.readDouble();
            case DECIMAL -> parseDecimal(in.readStringRequireUtf8());
            case STRING, JSON -> in.readStringRequireUtf8();
            case BYTES -> in.readByteArray();
            case UUID -> Values.uuid(in.readBytes());
        };
    }

    private static BigDecimal parseDecimal(String text) {
        BigDecimal value = new BigDecimal(text);
        ColumnType.requireDecimalRange(value);
        return value;
    }

    /** The same row with only these columns. */
    public ByteString project(ByteString row, BitSet columnIds) {
        ByteString.Output bytes = ByteString.newOutput(row.size());
        CodedOutputStream out = CodedOutputStream.newInstance(bytes, 256);
        try {
            CodedInputStream in = row.newCodedInput();
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                if (columnIds.get(tag >>> WIRE_TYPE_BITS)) {
                    in.skipField(tag, out);
                } else {
                    in.skipField(tag);
                }
            }
            out.flush();
        } catch (IOException e) {
            throw notARow(e);
        }
        return bytes.toByteString();
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
            throw MdsException.builder(
                            ErrorCode.INVALID_ARGUMENT,
                            "table '" + schema.name() + "': a row of " + row.size() + " bytes (limit: " + maxBytes
                                    + "; keep large values elsewhere)")
                    .withoutStackTrace()
                    .build();
        }
        boolean[] seen = new boolean[maxId + 1];
        try {
            CodedInputStream in = row.newCodedInput();
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                Column column = valueColumn(tag >>> WIRE_TYPE_BITS);
                if (column == null) {
                    throw unknownField(tag >>> WIRE_TYPE_BITS);
                }
                if ((tag & WIRE_TYPE_MASK) != wireType(column.type())) {
                    throw invalid(column, "is not encoded as " + column.type());
                }
                if (seen[column.id()]) {
                    throw invalid(column, "is given twice");
                }
                seen[column.id()] = true;
                try {
                    check(in, column.type());
                } catch (IllegalArgumentException e) {
                    throw invalid(column, e.getMessage());
                }
            }
        } catch (IOException e) {
            throw notARow(e);
        }
        for (Column column : columns) {
            if (!column.nullable() && !seen[column.id()]) {
                throw invalid(column, "is NULL or missing, and the column is NOT NULL");
            }
        }
    }

    private static void check(CodedInputStream in, ColumnType type) throws IOException {
        switch (type) {
            case BOOLEAN -> requireRange(in.readRawVarint64(), 0, 1);
            case INT32 -> requireRange(in.readRawVarint64(), 0, 0xFFFF_FFFFL);
            case INT64, TIMESTAMP -> in.readRawVarint64();
            case DOUBLE -> {
                double value = in.readDouble();
                if (Double.isNaN(value)) {
                    throw new IllegalArgumentException("is NaN");
                }
            }
            case BYTES -> in.skipRawBytes(in.readRawVarint32());
            case UUID -> {
                int length = in.readRawVarint32();
                if (length != Values.UUID_BYTES) {
                    throw new IllegalArgumentException("is a UUID of " + length + " bytes (expected: 16)");
                }
                in.skipRawBytes(length);
            }
            case STRING -> {
                byte[] bytes = in.readByteArray();
                requireUtf8(bytes);
            }
            case JSON -> {
                byte[] bytes = in.readByteArray();
                requireUtf8(bytes);
                ColumnType.requireJson(bytes, 0, bytes.length);
            }
            case DECIMAL -> {
                String text = new String(in.readByteArray(), StandardCharsets.ISO_8859_1);
                if (text.length() > 2 * ColumnType.MAX_DECIMAL_DIGITS) {
                    throw new IllegalArgumentException("is a DECIMAL of " + text.length() + " characters");
                }
                try {
                    parseDecimal(text);
                } catch (NumberFormatException e) {
                    throw new IllegalArgumentException("is not a DECIMAL: " + ColumnType.shown(text), e);
                }
            }
        }
    }

    private static void requireRange(long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("is out of the range of its type");
        }
    }

    private static void requireUtf8(byte[] bytes) {
        if (!Utf8.isValid(bytes, 0, bytes.length)) {
            throw new IllegalArgumentException("is not UTF-8");
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
        String problem = key == null
                ? "a row with column id " + id + ", which the table does not have"
                : "a row that repeats key column '" + key.name() + "'";
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, "table '" + schema.name() + "': " + problem)
                .withoutStackTrace()
                .build();
    }

    private MdsException invalid(Column column, String problem) {
        return MdsException.builder(
                        ErrorCode.INVALID_ARGUMENT,
                        "table '" + schema.name() + "': column '" + column.name() + "': " + problem)
                .withoutStackTrace()
                .build();
    }

    private MdsException notARow(Exception cause) {
        return MdsException.builder(
                        ErrorCode.INVALID_ARGUMENT,
                        "table '" + schema.name() + "': not an encoded row: " + cause.getMessage())
                .withoutStackTrace()
                .build();
    }
}
