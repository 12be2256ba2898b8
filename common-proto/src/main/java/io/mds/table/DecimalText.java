package io.mds.table;

import java.math.BigDecimal;

/** DECIMAL as text, as {@link BigDecimal} writes it, and the limits that every DECIMAL keeps. */
final class DecimalText {
    /** Digits of a DECIMAL, so that no value can ask for unbounded work. */
    static final int MAX_DIGITS = 1_000;

    /**
     * Farthest place of the first digit from the decimal point. It bounds the place of the first digit and not the scale,
     * because keys drop trailing zeros, which changes the scale.
     */
    static final int MAX_EXPONENT = 10_000;

    /** Sign, digits, leading zeros, point and exponent of a value within the limits. */
    static final int MAX_CHARACTERS = MAX_DIGITS + 32;

    private DecimalText() {}

    /**
     * @throws IllegalArgumentException when the number is beyond the limits
     */
    static BigDecimal requireRange(BigDecimal number) {
        requireRange(number.precision(), (long) number.precision() - number.scale());
        return number;
    }

    static void requireRange(long digits, long exponent) {
        if (digits > MAX_DIGITS || Math.abs(exponent) > MAX_EXPONENT) {
            throw new IllegalArgumentException("a DECIMAL of " + digits + " digits and exponent " + exponent
                    + " (limits: " + MAX_DIGITS + " digits, exponent within +-" + MAX_EXPONENT + ")");
        }
    }

    /**
     * @throws IllegalArgumentException when the text is not a number, or beyond the limits
     */
    static BigDecimal parse(String text) {
        check(text);
        try {
            return requireRange(new BigDecimal(text));
        } catch (NumberFormatException e) {
            throw notANumber(text, e);
        }
    }

    /**
     * Checks without computing the number: [sign] digits [. digits] [E [sign] digits].
     *
     * @throws IllegalArgumentException when the text is not a number, or beyond the limits
     */
    static void check(String text) {
        int length = text.length();
        if (length > MAX_CHARACTERS) {
            throw new IllegalArgumentException(
                    "a DECIMAL of " + length + " characters (limit: " + MAX_CHARACTERS + "): " + ValueText.shown(text));
        }
        int i = afterSign(text, 0);
        int digits = 0;
        int significant = 0;
        int scale = 0;
        boolean point = false;
        for (; i < length; i++) {
            char c = text.charAt(i);
            if (c == '.' && !point) {
                point = true;
            } else if (isDigit(c)) {
                digits++;
                scale += point ? 1 : 0;
                significant += significant > 0 || c != '0' ? 1 : 0;
            } else {
                break;
            }
        }
        if (digits == 0) {
            throw notANumber(text, null);
        }
        long exponent = i < length ? exponent(text, i) : 0;
        int precision = Math.max(1, significant);
        requireRange(precision, precision - scale + exponent);
    }

    private static long exponent(String text, int start) {
        if (text.charAt(start) != 'E' && text.charAt(start) != 'e') {
            throw notANumber(text, null);
        }
        int first = afterSign(text, start + 1);
        long exponent = 0;
        for (int i = first; i < text.length(); i++) {
            if (!isDigit(text.charAt(i)) || i - first == 9) {
                throw notANumber(text, null);
            }
            exponent = exponent * 10 + (text.charAt(i) - '0');
        }
        if (first == text.length()) {
            throw notANumber(text, null);
        }
        return text.charAt(start + 1) == '-' ? -exponent : exponent;
    }

    private static int afterSign(String text, int i) {
        return i < text.length() && (text.charAt(i) == '-' || text.charAt(i) == '+') ? i + 1 : i;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static IllegalArgumentException notANumber(String text, NumberFormatException cause) {
        return new IllegalArgumentException("not a DECIMAL: " + ValueText.shown(text), cause);
    }
}
