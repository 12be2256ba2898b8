package io.mds.table;

import io.mds.proto.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.UUID;

/** The type of a column: the Java class of its values and how they are read from and written as text. */
public enum ColumnType {
    BOOLEAN(Boolean.class, io.mds.proto.ColumnType.BOOLEAN, Value.KindCase.BOOLEAN),
    INT32(Integer.class, io.mds.proto.ColumnType.INT32, Value.KindCase.INT32),
    INT64(Long.class, io.mds.proto.ColumnType.INT64, Value.KindCase.INT64),
    /** Finite or infinite, never NaN; negative zero is stored as zero. */
    DOUBLE(Double.class, io.mds.proto.ColumnType.DOUBLE, Value.KindCase.DOUBLE),
    DECIMAL(BigDecimal.class, io.mds.proto.ColumnType.DECIMAL, Value.KindCase.DECIMAL),
    STRING(String.class, io.mds.proto.ColumnType.STRING, Value.KindCase.STRING),
    BYTES(byte[].class, io.mds.proto.ColumnType.BYTES, Value.KindCase.BYTES),
    /** An instant in whole microseconds. */
    TIMESTAMP(Instant.class, io.mds.proto.ColumnType.TIMESTAMP, Value.KindCase.TIMESTAMP_US),
    UUID(java.util.UUID.class, io.mds.proto.ColumnType.UUID, Value.KindCase.UUID),
    /** RFC 8259 text, kept as it was written. */
    JSON(String.class, io.mds.proto.ColumnType.JSON, Value.KindCase.JSON);

    private static final int MICROS = 1_000_000;

    private final Class<?> javaType;
    private final io.mds.proto.ColumnType proto;
    private final Value.KindCase kind;

    ColumnType(Class<?> javaType, io.mds.proto.ColumnType proto, Value.KindCase kind) {
        this.javaType = javaType;
        this.proto = proto;
        this.kind = kind;
    }

    /** The class of this type's values. */
    public Class<?> javaType() {
        return javaType;
    }

    public io.mds.proto.ColumnType toProto() {
        return proto;
    }

    /** The field of a proto {@link Value} that carries this type. */
    Value.KindCase kind() {
        return kind;
    }

    /**
     * @throws IllegalArgumentException for an unspecified or unknown type
     */
    public static ColumnType fromProto(io.mds.proto.ColumnType proto) {
        for (ColumnType type : values()) {
            if (type.proto == proto) {
                return type;
            }
        }
        throw new IllegalArgumentException("unknown column type " + proto);
    }

    /** True for values that {@code increment} works on. */
    public boolean isNumeric() {
        return this == INT32 || this == INT64 || this == DOUBLE || this == DECIMAL;
    }

    /** True when {@link #normalize} takes the value. */
    public boolean accepts(Object value) {
        try {
            return value != null && normalize(value) != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * The value in its stored form: an int for an INT64 column becomes a long, -0.0 becomes 0.0.
     *
     * @throws IllegalArgumentException when the value is not of this type; the message says what is expected
     */
    public Object normalize(Object value) {
        return switch (this) {
            case BOOLEAN, STRING, BYTES, UUID -> requireType(value);
            case INT32 ->
                value instanceof Short || value instanceof Byte
                        ? (Object) ((Number) value).intValue()
                        : requireType(value);
            case INT64 ->
                value instanceof Integer || value instanceof Short || value instanceof Byte
                        ? (Object) ((Number) value).longValue()
                        : requireType(value);
            case DOUBLE -> normalizeDouble(value instanceof Float f ? Double.valueOf(f) : requireType(value));
            case DECIMAL -> normalizeDecimal(value);
            case TIMESTAMP -> normalizeTimestamp((Instant) requireType(value));
            case JSON -> {
                JsonText.check((String) requireType(value));
                yield value;
            }
        };
    }

    private Object requireType(Object value) {
        if (!javaType.isInstance(value)) {
            throw new IllegalArgumentException(ValueText.shown(value) + " is a Java "
                    + value.getClass().getSimpleName() + " (expected: " + this + ", a Java "
                    + javaType.getSimpleName() + ")");
        }
        return value;
    }

    private static Object normalizeDouble(Object value) {
        double number = (Double) value;
        if (Double.isNaN(number)) {
            throw new IllegalArgumentException("NaN (expected: a number; store NULL for 'none')");
        }
        return number == 0.0 ? (Double) 0.0 : value;
    }

    private Object normalizeDecimal(Object value) {
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return BigDecimal.valueOf(((Number) value).longValue());
        }
        return DecimalText.requireRange(
                value instanceof BigInteger integer ? new BigDecimal(integer) : (BigDecimal) requireType(value));
    }

    private static Instant normalizeTimestamp(Instant value) {
        if (value.getNano() % 1_000 != 0) {
            throw new IllegalArgumentException(value
                    + " has a fraction finer than a microsecond (cut it; in Java with truncatedTo(ChronoUnit.MICROS))");
        }
        toMicros(value);
        return value;
    }

    static long toMicros(Instant value) {
        long seconds = value.getEpochSecond();
        int micros = value.getNano() / 1_000;
        try {
            // Before 1970 the fraction counts up from the second below, which alone may be out of range.
            return seconds < 0
                    ? Math.addExact(Math.multiplyExact(seconds + 1, MICROS), micros - MICROS)
                    : Math.addExact(Math.multiplyExact(seconds, MICROS), micros);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    value + " is out of range (limits: " + fromMicros(Long.MIN_VALUE) + " to "
                            + fromMicros(Long.MAX_VALUE) + ")",
                    e);
        }
    }

    static Instant fromMicros(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, MICROS), Math.floorMod(micros, MICROS) * 1_000L);
    }

    /**
     * Reads a value from text: numbers as Java reads them, true or false, ISO-8601 timestamps (UTC when no offset is
     * given), bytes in hexadecimal with or without {@code 0x}, everything else as it is.
     *
     * @throws IllegalArgumentException when the text is not of this type
     */
    public Object parse(String text) {
        return normalize(ValueText.parse(this, text));
    }

    /** The text that {@link #parse} reads back as an equal value. */
    public String format(Object value) {
        return ValueText.format(this, normalize(value));
    }

    static byte[] toBytes(UUID value) {
        return ByteBuffer.allocate(16)
                .putLong(value.getMostSignificantBits())
                .putLong(value.getLeastSignificantBits())
                .array();
    }
}
