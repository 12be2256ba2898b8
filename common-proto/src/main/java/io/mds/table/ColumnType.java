package io.mds.table;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.mds.proto.Value;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Locale;
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

    /** Digits of a DECIMAL, so that a short text such as 1E999999999 cannot ask for gigabytes. */
    static final int MAX_DECIMAL_DIGITS = 1_000;

    static final int MAX_DECIMAL_EXPONENT = 10_000;

    private static final JsonFactory JSON_PARSER = new JsonFactory();
    private static final int MAX_JSON_DEPTH = 200;
    private static final int MICROS = 1_000_000;
    private static final int SHOWN_CHARACTERS = 60;

    private final Class<?> javaType;
    private final io.mds.proto.ColumnType proto;
    private final Value.KindCase kind;

    ColumnType(Class<?> javaType, io.mds.proto.ColumnType proto, Value.KindCase kind) {
        this.javaType = javaType;
        this.proto = proto;
        this.kind = kind;
    }

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

    /**
     * The value in its stored form: an int for an INT64 column becomes a long, -0.0 becomes 0.0.
     *
     * @throws IllegalArgumentException when the value is not of this type; the message says what is expected
     */
    public Object normalize(Object value) {
        return switch (this) {
            case BOOLEAN, STRING, UUID -> requireType(value);
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
            case BYTES -> requireType(value);
            case TIMESTAMP -> normalizeTimestamp((Instant) requireType(value));
            case JSON -> {
                requireJson((String) requireType(value));
                yield value;
            }
        };
    }

    private Object requireType(Object value) {
        if (!javaType.isInstance(value)) {
            throw new IllegalArgumentException("a " + value.getClass().getSimpleName() + ", " + shown(value)
                    + " (expected: " + this + ", a Java " + javaType.getSimpleName() + ")");
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
        BigDecimal number;
        if (value instanceof Integer || value instanceof Long) {
            number = BigDecimal.valueOf(((Number) value).longValue());
        } else {
            number = (BigDecimal) requireType(value);
        }
        requireDecimalRange(number);
        return number;
    }

    static void requireDecimalRange(BigDecimal number) {
        if (number.precision() > MAX_DECIMAL_DIGITS || Math.abs((long) number.scale()) > MAX_DECIMAL_EXPONENT) {
            throw new IllegalArgumentException("a DECIMAL of " + number.precision() + " digits and scale "
                    + number.scale() + " (limit: " + MAX_DECIMAL_DIGITS + " digits, scale within +-"
                    + MAX_DECIMAL_EXPONENT + ")");
        }
    }

    private static Instant normalizeTimestamp(Instant value) {
        if (value.getNano() % 1_000 != 0) {
            throw new IllegalArgumentException(
                    value + " has a fraction finer than a microsecond (cut it with truncatedTo(ChronoUnit.MICROS))");
        }
        toMicros(value);
        return value;
    }

    static long toMicros(Instant value) {
        try {
            return Math.addExact(Math.multiplyExact(value.getEpochSecond(), MICROS), value.getNano() / 1_000);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(value + " is beyond what 64 bits of microseconds hold", e);
        }
    }

    static Instant fromMicros(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, MICROS), Math.floorMod(micros, MICROS) * 1_000L);
    }

    /**
     * @throws IllegalArgumentException when the text is not one RFC 8259 value
     */
    static void requireJson(String text) {
        try (JsonParser parser = JSON_PARSER.createParser(text)) {
            requireJson(parser);
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON: " + shown(text) + ": " + firstLine(e.getMessage()), e);
        }
    }

    static void requireJson(byte[] utf8, int offset, int length) {
        try (JsonParser parser = JSON_PARSER.createParser(utf8, offset, length)) {
            requireJson(parser);
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON: " + firstLine(e.getMessage()), e);
        }
    }

    private static void requireJson(JsonParser parser) throws IOException {
        int depth = 0;
        int values = 0;
        for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
            if (token.isStructStart() && ++depth > MAX_JSON_DEPTH) {
                throw new IllegalArgumentException("JSON nested deeper than " + MAX_JSON_DEPTH + " levels");
            }
            if (token.isStructEnd()) {
                depth--;
            }
            if (depth == 0 && ++values > 1) {
                throw new IllegalArgumentException("not JSON: more than one value");
            }
        }
        if (values != 1) {
            throw new IllegalArgumentException("not JSON: empty");
        }
    }

    private static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    /**
     * Reads a value from text: numbers as Java reads them, true or false, ISO-8601 timestamps (UTC when no offset is
     * given), bytes in hexadecimal after {@code 0x}, everything else as it is.
     *
     * @throws IllegalArgumentException when the text is not of this type
     */
    public Object parse(String text) {
        try {
            return normalize(
                    switch (this) {
                        case BOOLEAN -> parseBoolean(text);
                        case INT32 -> Integer.valueOf(text.strip());
                        case INT64 -> Long.valueOf(text.strip());
                        case DOUBLE -> Double.valueOf(text.strip());
                        case DECIMAL -> new BigDecimal(text.strip());
                        case STRING, JSON -> text;
                        case BYTES -> HexFormat.of().parseHex(text.startsWith("0x") ? text.substring(2) : text);
                        case TIMESTAMP -> parseTimestamp(text.strip());
                        case UUID -> java.util.UUID.fromString(text.strip());
                    });
        } catch (NumberFormatException | DateTimeException e) {
            throw new IllegalArgumentException(shown(text) + " is not of type " + this, e);
        }
    }

    private static Boolean parseBoolean(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "true", "t", "yes", "1" -> true;
            case "false", "f", "no", "0" -> false;
            default -> throw new IllegalArgumentException(shown(text) + " (expected: true or false)");
        };
    }

    private static Instant parseTimestamp(String text) {
        String iso = text.replace(' ', 'T');
        boolean dateOnly = iso.indexOf('T') < 0;
        if (dateOnly) {
            return LocalDateTime.parse(iso + "T00:00:00").toInstant(ZoneOffset.UTC);
        }
        String time = iso.substring(iso.indexOf('T'));
        boolean offset = time.indexOf('Z') >= 0 || time.indexOf('+') >= 0 || time.indexOf('-') >= 0;
        Instant instant = offset
                ? OffsetDateTime.parse(iso).toInstant()
                : LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
        return instant.truncatedTo(ChronoUnit.MICROS);
    }

    /** The text that {@link #parse} reads back as an equal value. */
    public String format(Object value) {
        return switch (this) {
            case BYTES -> "0x" + HexFormat.of().formatHex((byte[]) value);
            case BOOLEAN, INT32, INT64, DOUBLE, DECIMAL, STRING, TIMESTAMP, UUID, JSON -> value.toString();
        };
    }

    static String shown(Object value) {
        String text = value instanceof byte[] bytes ? bytes.length + " bytes" : String.valueOf(value);
        return "'" + (text.length() > SHOWN_CHARACTERS ? text.substring(0, SHOWN_CHARACTERS) + "..." : text) + "'";
    }

    static byte[] toBytes(UUID value) {
        return ByteBuffer.allocate(16)
                .putLong(value.getMostSignificantBits())
                .putLong(value.getLeastSignificantBits())
                .array();
    }
}
