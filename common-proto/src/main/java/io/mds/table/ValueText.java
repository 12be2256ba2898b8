package io.mds.table;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;

/** Single values as text: what command lines and CSV files hold, and what error messages show. */
final class ValueText {
    private static final int SHOWN_CHARACTERS = 60;
    private static final int UUID_CHARACTERS = 36;
    private static final String HEX_PREFIX = "0x";

    private ValueText() {}

    /**
     * @throws IllegalArgumentException when the text is not of this type
     */
    static Object parse(ColumnType type, String text) {
        String trimmed = text.strip();
        try {
            return switch (type) {
                case BOOLEAN -> parseBoolean(trimmed);
                case INT32 -> Integer.valueOf(trimmed);
                case INT64 -> Long.valueOf(trimmed);
                case DOUBLE -> parseDouble(trimmed);
                case DECIMAL -> DecimalText.parse(trimmed);
                case STRING, JSON -> text;
                case BYTES -> parseBytes(trimmed);
                case TIMESTAMP -> parseTimestamp(trimmed);
                case UUID -> parseUuid(trimmed);
            };
        } catch (NumberFormatException | DateTimeException e) {
            throw new IllegalArgumentException(
                    shown(text) + " is not of type " + type + " (expected: " + expected(type) + ")", e);
        }
    }

    private static String expected(ColumnType type) {
        return switch (type) {
            case BOOLEAN -> "true or false";
            case INT32 -> "a whole number from " + Integer.MIN_VALUE + " to " + Integer.MAX_VALUE;
            case INT64 -> "a whole number from " + Long.MIN_VALUE + " to " + Long.MAX_VALUE;
            case DOUBLE, DECIMAL -> "a number such as 12.5 or 1E-3";
            case STRING -> "text";
            case BYTES -> "hexadecimal digits, two for each byte, such as 0x00ff";
            case TIMESTAMP -> "a date and time such as 2024-02-29T12:30:00.5Z";
            case UUID -> "a UUID such as 123e4567-e89b-12d3-a456-426614174000";
            case JSON -> "JSON";
        };
    }

    private static Boolean parseBoolean(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "t", "yes", "1" -> true;
            case "false", "f", "no", "0" -> false;
            default -> throw new NumberFormatException(text);
        };
    }

    private static Double parseDouble(String text) {
        // Java also reads 1d and 1f, which are no numbers to anybody else.
        if (!text.isEmpty() && "dDfF".indexOf(text.charAt(text.length() - 1)) >= 0) {
            throw new NumberFormatException(text);
        }
        return Double.valueOf(text);
    }

    private static byte[] parseBytes(String text) {
        try {
            return HexFormat.of().parseHex(text.startsWith(HEX_PREFIX) ? text.substring(HEX_PREFIX.length()) : text);
        } catch (IllegalArgumentException e) {
            throw withCause(new NumberFormatException(text), e);
        }
    }

    private static UUID parseUuid(String text) {
        // Java also reads 1-1-1-1-1, which is more likely to be a mistake than a UUID.
        if (text.length() != UUID_CHARACTERS) {
            throw new NumberFormatException(text);
        }
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw withCause(new NumberFormatException(text), e);
        }
    }

    private static NumberFormatException withCause(NumberFormatException exception, Throwable cause) {
        exception.initCause(cause);
        return exception;
    }

    private static Instant parseTimestamp(String text) {
        String iso = text.replace(' ', 'T');
        int time = iso.indexOf('T');
        if (time < 0) {
            return LocalDateTime.parse(iso + "T00:00:00").toInstant(ZoneOffset.UTC);
        }
        boolean offset = iso.indexOf('Z', time) >= 0 || iso.indexOf('+', time) >= 0 || iso.indexOf('-', time) >= 0;
        return offset
                ? OffsetDateTime.parse(iso).toInstant()
                : LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
    }

    static String format(ColumnType type, Object value) {
        return switch (type) {
            case BYTES -> HEX_PREFIX + HexFormat.of().formatHex((byte[]) value);
            case BOOLEAN, INT32, INT64, DOUBLE, DECIMAL, STRING, TIMESTAMP, UUID, JSON -> value.toString();
        };
    }

    /** A value for an error message: in quotes, on one line, and cut when it is long. */
    static String shown(Object value) {
        if (value instanceof byte[] bytes) {
            return bytes.length + " bytes";
        }
        String text = String.valueOf(value);
        StringBuilder line = new StringBuilder("'");
        int end = Math.min(text.length(), SHOWN_CHARACTERS);
        for (int i = 0; i < end; ) {
            int c = text.codePointAt(i);
            boolean printable = !Character.isISOControl(c) && !(c <= 0xFFFF && Character.isSurrogate((char) c));
            line.appendCodePoint(printable ? c : '?');
            i += Character.charCount(c);
        }
        return line.append(text.length() > end ? "...'" : "'").toString();
    }

    static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }
}
