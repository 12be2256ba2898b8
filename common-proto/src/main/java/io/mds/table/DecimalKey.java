package io.mds.table;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * The order-preserving encoding of a DECIMAL in a key: a sign byte (0x01 negative, 0x02 zero, 0x03 positive), then for
 * numbers other than zero the exponent of the first digit as four bytes with the sign bit flipped, the significant digits
 * as ASCII, and 0x00. After the sign of a negative number every byte is inverted, so that larger magnitudes come first.
 *
 * <p>Equal numbers have one encoding whatever their scale: 1.0 and 1.00 are the same key.
 */
final class DecimalKey {
    private static final byte NEGATIVE = 1;
    private static final byte ZERO = 2;
    private static final byte POSITIVE = 3;

    private DecimalKey() {}

    static void write(KeyBuffer out, BigDecimal value) {
        int sign = value.signum();
        if (sign == 0) {
            out.put(ZERO);
            return;
        }
        out.put(sign < 0 ? NEGATIVE : POSITIVE);
        int mask = sign < 0 ? 0xFF : 0;
        BigDecimal stripped = value.stripTrailingZeros();
        String digits = stripped.unscaledValue().abs().toString();
        int exponent = digits.length() - stripped.scale();
        out.putInt(exponent ^ Integer.MIN_VALUE ^ (sign < 0 ? -1 : 0));
        for (int i = 0; i < digits.length(); i++) {
            out.put((byte) (digits.charAt(i) ^ mask));
        }
        out.put((byte) mask);
    }

    static BigDecimal read(KeyReader in) {
        byte sign = in.get();
        if (sign == ZERO) {
            return BigDecimal.ZERO;
        }
        if (sign != NEGATIVE && sign != POSITIVE) {
            throw new IllegalArgumentException("a DECIMAL of sign byte " + sign);
        }
        boolean negative = sign == NEGATIVE;
        int exponent = in.getInt() ^ Integer.MIN_VALUE ^ (negative ? -1 : 0);
        StringBuilder digits = new StringBuilder();
        while (true) {
            int digit = (in.get() ^ (negative ? 0xFF : 0)) & 0xFF;
            if (digit == 0) {
                break;
            }
            if (digit < '0' || digit > '9' || digits.length() == ColumnType.MAX_DECIMAL_DIGITS) {
                throw new IllegalArgumentException("a DECIMAL of bad digits");
            }
            digits.append((char) digit);
        }
        if (digits.length() == 0 || Math.abs((long) exponent) > 2L * ColumnType.MAX_DECIMAL_EXPONENT) {
            throw new IllegalArgumentException("a DECIMAL of " + digits.length() + " digits, exponent " + exponent);
        }
        BigDecimal value = new BigDecimal(new BigInteger(digits.toString()), digits.length() - exponent);
        return negative ? value.negate() : value;
    }
}
