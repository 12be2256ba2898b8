package io.mds.table;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * The order-preserving encoding of primary keys: comparing two encoded keys byte by byte, unsigned, gives the order of
 * their values, column after column.
 *
 * <p>Each column is self-delimiting, so that the encoding of leading columns is a prefix of every key that starts with
 * them:
 *
 * <ul>
 *   <li>BOOLEAN: one byte, 0 or 1
 *   <li>INT32, INT64, TIMESTAMP (microseconds): big-endian with the sign bit flipped
 *   <li>DOUBLE: IEEE bits, all flipped when negative, else the sign bit flipped
 *   <li>UUID: 16 bytes, most significant first
 *   <li>STRING (UTF-8), BYTES: 0x00 written as 0x00 0xFF; ended by 0x00 0x01
 *   <li>DECIMAL: see {@link DecimalKey}
 * </ul>
 *
 * <p>Stateless but for the schema; any thread.
 */
public final class KeyCodec {
    /** Bytes of the longest key. */
    public static final int MAX_KEY_BYTES = 2_048;

    private static final byte ESCAPED_ZERO = (byte) 0xFF;
    private static final byte END = 0x01;

    private final TableSchema schema;
    private final Column[] columns;

    public KeyCodec(TableSchema schema) {
        this.schema = schema;
        this.columns = schema.primaryKey().toArray(Column[]::new);
    }

    /**
     * Encodes a whole key.
     *
     * @throws MdsException INVALID_ARGUMENT when values are missing, null, of a wrong type or too long
     */
    public byte[] encode(Object... values) {
        if (values.length != columns.length) {
            throw invalid("a key of " + values.length + " values (expected: " + columns.length + ": " + names() + ")");
        }
        return encodeLeading(values, values.length);
    }

    /** Encodes the values of the key's first columns; every key that starts with them starts with these bytes. */
    public byte[] encodePrefix(List<?> leading) {
        if (leading.size() > columns.length) {
            throw invalid("a key prefix of " + leading.size() + " values (expected: at most " + columns.length + ": "
                    + names() + ")");
        }
        return encodeLeading(leading.toArray(), leading.size());
    }

    private byte[] encodeLeading(Object[] values, int count) {
        KeyBuffer out = new KeyBuffer();
        for (int i = 0; i < count; i++) {
            Column column = columns[i];
            if (values[i] == null) {
                throw invalid("key column '" + column.name() + "' is missing or NULL");
            }
            try {
                write(out, column.type(), column.type().normalize(values[i]));
            } catch (IllegalArgumentException e) {
                throw invalid("key column '" + column.name() + "': " + e.getMessage());
            }
        }
        if (out.size() > MAX_KEY_BYTES) {
            throw invalid("a key of " + out.size() + " bytes (limit: " + MAX_KEY_BYTES + ")");
        }
        return out.toBytes();
    }

    private static void write(KeyBuffer out, ColumnType type, Object value) {
        switch (type) {
            case BOOLEAN -> out.put((byte) ((Boolean) value ? 1 : 0));
            case INT32 -> out.putInt((Integer) value ^ Integer.MIN_VALUE);
            case INT64 -> out.putLong((Long) value ^ Long.MIN_VALUE);
            case TIMESTAMP -> out.putLong(ColumnType.toMicros((java.time.Instant) value) ^ Long.MIN_VALUE);
            case DOUBLE -> {
                long bits = Double.doubleToLongBits((Double) value);
                out.putLong(bits < 0 ? ~bits : bits ^ Long.MIN_VALUE);
            }
            case DECIMAL -> DecimalKey.write(out, (BigDecimal) value);
            case STRING -> writeEscaped(out, utf8((String) value));
            case BYTES -> writeEscaped(out, (byte[]) value);
            case UUID -> {
                UUID uuid = (UUID) value;
                out.putLong(uuid.getMostSignificantBits());
                out.putLong(uuid.getLeastSignificantBits());
            }
            case JSON -> throw new IllegalArgumentException("JSON cannot be in a key");
        }
    }

    private static byte[] utf8(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (Character.isSurrogate(value.charAt(i))) {
                requirePaired(value);
                break;
            }
        }
        return value.getBytes(StandardCharsets.UTF_8);
    }

    private static void requirePaired(String value) {
        try {
            StandardCharsets.UTF_8
                    .newEncoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .encode(java.nio.CharBuffer.wrap(value));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("a text with an unpaired surrogate, which UTF-8 cannot hold", e);
        }
    }

    private static void writeEscaped(KeyBuffer out, byte[] bytes) {
        if (bytes.length > MAX_KEY_BYTES) {
            throw new IllegalArgumentException(bytes.length + " bytes (limit of a whole key: " + MAX_KEY_BYTES + ")");
        }
        for (byte b : bytes) {
            out.put(b);
            if (b == 0) {
                out.put(ESCAPED_ZERO);
            }
        }
        out.put((byte) 0);
        out.put(END);
    }

    /**
     * The values of an encoded key, in key order and in the Java types of their columns.
     *
     * @throws MdsException INVALID_ARGUMENT when the bytes are not a key of this table
     */
    public Object[] decode(byte[] key) {
        KeyReader in = new KeyReader(key);
        Object[] values = new Object[columns.length];
        try {
            for (int i = 0; i < columns.length; i++) {
                values[i] = read(in, columns[i].type());
            }
        } catch (IllegalArgumentException e) {
            throw invalid("not an encoded key: " + e.getMessage());
        }
        if (in.hasMore()) {
            throw invalid("not an encoded key: " + in.remaining() + " bytes after its last column");
        }
        return values;
    }

    public Object[] decode(ByteString key) {
        return decode(key.toByteArray());
    }

    private static Object read(KeyReader in, ColumnType type) {
        return switch (type) {
            case BOOLEAN -> {
                byte b = in.get();
                if (b != 0 && b != 1) {
                    throw new IllegalArgumentException("a BOOLEAN of " + b);
                }
                yield b == 1;
            }
            case INT32 -> in.getInt() ^ Integer.MIN_VALUE;
            case INT64 -> in.getLong() ^ Long.MIN_VALUE;
            case TIMESTAMP -> ColumnType.fromMicros(in.getLong() ^ Long.MIN_VALUE);
            case DOUBLE -> {
                long bits = in.getLong();
                double value = Double.longBitsToDouble(bits < 0 ? bits ^ Long.MIN_VALUE : ~bits);
                if (Double.isNaN(value) || Double.doubleToRawLongBits(value) == Long.MIN_VALUE) {
                    throw new IllegalArgumentException("a DOUBLE that is NaN or -0.0");
                }
                yield value;
            }
            case DECIMAL -> DecimalKey.read(in);
            case STRING -> {
                byte[] bytes = readEscaped(in);
                if (!Utf8.isValid(bytes, 0, bytes.length)) {
                    throw new IllegalArgumentException("a STRING that is not UTF-8");
                }
                yield new String(bytes, StandardCharsets.UTF_8);
            }
            case BYTES -> readEscaped(in);
            case UUID -> new UUID(in.getLong(), in.getLong());
            case JSON -> throw new IllegalArgumentException("JSON cannot be in a key");
        };
    }

    private static byte[] readEscaped(KeyReader in) {
        KeyBuffer out = new KeyBuffer();
        while (true) {
            byte b = in.get();
            if (b != 0) {
                out.put(b);
                continue;
            }
            byte mark = in.get();
            if (mark == END) {
                return out.toBytes();
            }
            if (mark != ESCAPED_ZERO) {
                throw new IllegalArgumentException("a zero byte followed by " + mark);
            }
            out.put((byte) 0);
        }
    }

    /**
     * Checks bytes from the wire: they are a key of this table in the one encoding that its values have.
     *
     * @throws MdsException INVALID_ARGUMENT when they are not
     */
    public void validate(ByteString key) {
        if (key.size() > MAX_KEY_BYTES) {
            throw invalid("a key of " + key.size() + " bytes (limit: " + MAX_KEY_BYTES + ")");
        }
        byte[] bytes = key.toByteArray();
        Object[] values = decode(bytes);
        for (Column column : columns) {
            if (column.type() == ColumnType.DECIMAL) {
                // The only type whose values could be written in more than one way.
                if (!Arrays.equals(encode(values), bytes)) {
                    throw invalid("not an encoded key: a DECIMAL that is not in its shortest form");
                }
                return;
            }
        }
    }

    /** How many bytes of the key encode its partition key. */
    int partitionLength(byte[] key) {
        KeyReader in = new KeyReader(key);
        try {
            for (int i = 0; i < schema.partitionColumns(); i++) {
                skip(in, columns[i].type());
            }
        } catch (IllegalArgumentException e) {
            throw invalid("not an encoded key: " + e.getMessage());
        }
        return in.position();
    }

    private static void skip(KeyReader in, ColumnType type) {
        switch (type) {
            case BOOLEAN -> in.skip(1);
            case INT32 -> in.skip(4);
            case INT64, TIMESTAMP, DOUBLE -> in.skip(8);
            case UUID -> in.skip(16);
            case STRING, BYTES -> in.skipEscaped();
            case DECIMAL -> DecimalKey.read(in);
            case JSON -> throw new IllegalArgumentException("JSON cannot be in a key");
        }
    }

    /**
     * The smallest byte string after all that start with this prefix; empty when there is none, which as the end of a
     * range means no bound.
     */
    public static byte[] successor(byte[] prefix) {
        int last = prefix.length - 1;
        while (last >= 0 && prefix[last] == (byte) 0xFF) {
            last--;
        }
        byte[] next = Arrays.copyOf(prefix, last + 1);
        if (last >= 0) {
            next[last]++;
        }
        return next;
    }

    /** The smallest byte string after this key. */
    public static byte[] after(byte[] key) {
        return Arrays.copyOf(key, key.length + 1);
    }

    private String names() {
        return String.join(", ", schema.primaryKey().stream().map(Column::name).toList());
    }

    private MdsException invalid(String problem) {
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, "table '" + schema.name() + "': " + problem)
                .withoutStackTrace()
                .build();
    }
}
