package io.mds.client;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;

/** The Java values a cell can have, before the column they go to is known. */
final class CellValues {
    private static final int SHOWN_BYTES = 32;
    private static final String EXPECTED =
            "Boolean, Integer, Long, Double, BigDecimal, String, byte[], Instant, UUID or null";

    private CellValues() {}

    /** The value as MDS keeps it: small numbers widened, arrays copied. Null stays null. */
    static Object checked(String where, Object value) {
        if (value == null
                || value instanceof String
                || value instanceof Long
                || value instanceof Integer
                || value instanceof Boolean
                || value instanceof Double
                || value instanceof BigDecimal
                || value instanceof Instant
                || value instanceof UUID) {
            return value;
        }
        if (value instanceof byte[] bytes) {
            return bytes.clone();
        }
        if (value instanceof Short || value instanceof Byte) {
            return ((Number) value).intValue();
        }
        if (value instanceof Float number) {
            return number.doubleValue();
        }
        if (value instanceof BigInteger number) {
            return new BigDecimal(number);
        }
        throw MdsException.of(
                ErrorCode.INVALID_ARGUMENT,
                where + ": a " + value.getClass().getName() + " cannot be stored (expected: " + EXPECTED + ")");
    }

    static Object notNull(String column, Object value, String wayOut) {
        if (value == null) {
            throw MdsException.of(ErrorCode.INVALID_ARGUMENT, column + ": null is not a value here; " + wayOut);
        }
        return checked(column, value);
    }

    static Object[] keyValues(Object[] values) {
        if (values == null || values.length == 0) {
            throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "key without values (expected: at least one)");
        }
        Object[] checked = new Object[values.length];
        for (int i = 0; i < values.length; i++) {
            if (values[i] == null) {
                throw MdsException.of(
                        ErrorCode.INVALID_ARGUMENT, "key value " + (i + 1) + " is null; key columns are never NULL");
            }
            checked[i] = checked("key value " + (i + 1), values[i]);
        }
        return checked;
    }

    static String columnName(String name) {
        if (name == null || name.isEmpty()) {
            throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "column name: '" + name + "' (expected: a name)");
        }
        return name;
    }

    /** A value that its receiver may change. */
    static Object copy(Object value) {
        return value instanceof byte[] bytes ? bytes.clone() : value;
    }

    static int hash(Object value) {
        return value instanceof byte[] bytes ? Arrays.hashCode(bytes) : value == null ? 0 : value.hashCode();
    }

    /** For people: strings in quotes, bytes in hex and cut. */
    static String describe(Object value) {
        if (value instanceof String) {
            return "'" + value + "'";
        }
        if (value instanceof byte[] bytes) {
            String hex = HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, SHOWN_BYTES));
            return bytes.length <= SHOWN_BYTES ? "0x" + hex : "0x" + hex + "... (" + bytes.length + " bytes)";
        }
        return value == null ? "NULL" : value.toString();
    }
}
