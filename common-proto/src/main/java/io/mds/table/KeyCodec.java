package io.mds.table;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * The order-preserving encoding of primary keys: comparing two encoded keys byte by byte, unsigned, gives the order of
 * their values, column after column.
 *
 * <p>Each column is self-delimiting, so that the encoding of leading columns is a prefix of every key that starts with
 * them, and of no other:
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
 * <p>Immutable; any thread.
 */
public final class KeyCodec {
    /** Bytes of the longest key. */
    public static final int MAX_KEY_BYTES = 2_048;

    static final byte ESCAPED_ZERO = (byte) 0xFF;
    static final byte END = 0x01;

    private static final int INITIAL_BYTES = 64;

    private final TableSchema schema;
    private final Column[] columns;
    private final int partitionColumns;

    public KeyCodec(TableSchema schema) {
        this.schema = schema;
        this.columns = schema.primaryKey().toArray(Column[]::new);
        this.partitionColumns = schema.partitionColumns();
    }

    /**
     * Encodes a whole key.
     *
     * @throws MdsException INVALID_ARGUMENT when values are missing, null, of a wrong type or too long
     */
    public byte[] encode(Object... values) {
        if (values.length != columns.length) {
            throw wrongCount("key", values.length, "");
        }
        return encodeLeading(values, values.length);
    }

    /** Encodes the values of the key's first columns; exactly the keys that start with them start with these bytes. */
    public byte[] encodePrefix(List<?> leading) {
        if (leading.size() > columns.length) {
            throw wrongCount("key prefix", leading.size(), "at most ");
        }
        return encodeLeading(leading.toArray(), leading.size());
    }

    private MdsException wrongCount(String what, int count, String bound) {
        return invalid("a " + what + " of " + count + " values (expected: " + bound + columns.length + ": "
                + Problems.names(schema.primaryKey()) + ")");
    }

    private byte[] encodeLeading(Object[] values, int count) {
        ByteWriter out = new ByteWriter(INITIAL_BYTES);
        for (int i = 0; i < count; i++) {
            Column column = columns[i];
            if (values[i] == null) {
                throw invalid("key column '" + column.name() + "' is missing or NULL; give it a value of type "
                        + column.type());
            }
            try {
                write(out, column.type(), column.type().normalize(values[i]));
            } catch (IllegalArgumentException e) {
                throw invalid("key column '" + column.name() + "': " + e.getMessage());
            }
        }
        if (out.size() > MAX_KEY_BYTES) {
            throw tooLong(out.size());
        }
        return out.toBytes();
    }

    static void write(ByteWriter out, ColumnType type, Object value) {
        switch (type) {
            case BOOLEAN -> out.put((byte) ((Boolean) value ? 1 : 0));
            case INT32 -> out.putInt((Integer) value ^ Integer.MIN_VALUE);
            case INT64 -> out.putLong((Long) value ^ Long.MIN_VALUE);
            case TIMESTAMP -> out.putLong(ColumnType.toMicros((Instant) value) ^ Long.MIN_VALUE);
            case DOUBLE -> {
                long bits = Double.doubleToLongBits((Double) value);
                out.putLong(bits < 0 ? ~bits : bits ^ Long.MIN_VALUE);
            }
            case DECIMAL -> DecimalKey.write(out, (BigDecimal) value);
            case STRING -> {
                String text = (String) value;
                requireShort(text.length(), "characters", text);
                out.putEscaped(text);
            }
            case BYTES -> {
                byte[] bytes = (byte[]) value;
                requireShort(bytes.length, "bytes", bytes);
                out.putEscaped(bytes);
            }
            case UUID -> {
                UUID uuid = (UUID) value;
                out.putLong(uuid.getMostSignificantBits());
                out.putLong(uuid.getLeastSignificantBits());
            }
            case JSON -> throw new IllegalArgumentException("JSON cannot be in a key");
        }
    }

    private static void requireShort(int length, String unit, Object value) {
        if (length > MAX_KEY_BYTES) {
            throw new IllegalArgumentException(
                    ValueText.shown(value) + " of " + length + " " + unit + " is too long (limit: " + MAX_KEY_BYTES
                            + " bytes for the whole key; use a hash of it as the key)");
        }
    }

    /**
     * The values of an encoded key, in key order and in the Java types of their columns.
     *
     * @throws MdsException INVALID_ARGUMENT when the bytes are not a key of this table
     */
    public Object[] decode(byte[] key) {
        return decode(new ByteReader(key));
    }

    /** As {@link #decode(byte[])}. */
    public Object[] decode(ByteString key) {
        return decode(InPlace.reader(key));
    }

    /** As {@link #decode(byte[])}. */
    public Object[] decode(WireRow row) {
        return decode(row.keyReader());
    }

    private Object[] decode(ByteReader in) {
        Object[] values = new Object[columns.length];
        int i = 0;
        try {
            for (; i < columns.length; i++) {
                values[i] = read(in, columns[i].type());
            }
        } catch (IllegalArgumentException e) {
            throw notAKey(columns[i], e);
        }
        requireEnd(in);
        return values;
    }

    private static Object read(ByteReader in, ColumnType type) {
        return switch (type) {
            case BOOLEAN -> readBoolean(in);
            case INT32 -> in.getInt() ^ Integer.MIN_VALUE;
            case INT64 -> in.getLong() ^ Long.MIN_VALUE;
            case TIMESTAMP -> ColumnType.fromMicros(in.getLong() ^ Long.MIN_VALUE);
            case DOUBLE -> readDouble(in);
            case DECIMAL -> DecimalKey.read(in);
            case STRING -> in.getEscapedUtf8();
            case BYTES -> in.getEscaped();
            case UUID -> new UUID(in.getLong(), in.getLong());
            case JSON -> throw new IllegalArgumentException("JSON cannot be in a key");
        };
    }

    private static boolean readBoolean(ByteReader in) {
        byte b = in.get();
        if (b != 0 && b != 1) {
            throw new IllegalArgumentException("a BOOLEAN of " + b);
        }
        return b == 1;
    }

    private static double readDouble(ByteReader in) {
        long bits = in.getLong();
        double value = Double.longBitsToDouble(bits < 0 ? bits ^ Long.MIN_VALUE : ~bits);
        if (Double.isNaN(value) || Double.doubleToRawLongBits(value) == Long.MIN_VALUE) {
            throw new IllegalArgumentException("a DOUBLE that is NaN or -0.0");
        }
        return value;
    }

    /**
     * Checks bytes from the wire: they are a key of this table in the one encoding that its values have.
     *
     * @throws MdsException INVALID_ARGUMENT when they are not
     */
    public void validate(ByteString key) {
        if (key.size() > MAX_KEY_BYTES) {
            throw tooLong(key.size());
        }
        validate(key.toByteArray());
    }

    /** As {@link #validate(ByteString)}. */
    public void validate(byte[] key) {
        if (key.length > MAX_KEY_BYTES) {
            throw tooLong(key.length);
        }
        ByteReader in = new ByteReader(key);
        int i = 0;
        try {
            for (; i < columns.length; i++) {
                check(in, columns[i].type());
            }
        } catch (IllegalArgumentException e) {
            throw notAKey(columns[i], e);
        }
        requireEnd(in);
    }

    private static void check(ByteReader in, ColumnType type) {
        switch (type) {
            case BOOLEAN -> readBoolean(in);
            case DOUBLE -> readDouble(in);
            case STRING -> in.checkEscapedUtf8();
            case INT32, INT64, TIMESTAMP, DECIMAL, BYTES, UUID, JSON -> skip(in, type);
        }
    }

    private void requireEnd(ByteReader in) {
        if (in.hasMore()) {
            throw invalid("not an encoded key: " + in.remaining() + " bytes after its last column, '"
                    + columns[columns.length - 1].name() + "'");
        }
    }

    /** How many bytes of the key encode its partition key. */
    int partitionLength(byte[] key) {
        if (partitionColumns == columns.length) {
            return key.length;
        }
        ByteReader in = new ByteReader(key);
        int i = 0;
        try {
            for (; i < partitionColumns; i++) {
                skip(in, columns[i].type());
            }
        } catch (IllegalArgumentException e) {
            throw notAKey(columns[i], e);
        }
        return in.position();
    }

    private static void skip(ByteReader in, ColumnType type) {
        switch (type) {
            case BOOLEAN -> in.skip(1);
            case INT32 -> in.skip(4);
            case INT64, TIMESTAMP, DOUBLE -> in.skip(8);
            case UUID -> in.skip(16);
            case STRING, BYTES -> in.skipEscaped();
            case DECIMAL -> DecimalKey.skip(in);
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

    private MdsException tooLong(int size) {
        return invalid("a key of " + size + " bytes (limit: " + MAX_KEY_BYTES + "; shorten its columns ("
                + Problems.names(schema.primaryKey()) + ") or use a hash as the key)");
    }

    private MdsException notAKey(Column column, IllegalArgumentException cause) {
        return invalid("not an encoded key: key column '" + column.name() + "': " + cause.getMessage());
    }

    private MdsException invalid(String problem) {
        return Problems.invalid(schema, problem);
    }
}
