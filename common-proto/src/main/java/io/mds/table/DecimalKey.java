package io.mds.table;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * The order-preserving encoding of a DECIMAL in a key: a sign byte (0x01 negative, 0x02 zero, 0x03 positive), then for
 * numbers other than zero the exponent (the number is 0.digits times ten to it) as four bytes with the sign bit flipped,
 * the significant digits as ASCII without leading or trailing zeros, and 0x00. After the sign of a negative number every
 * byte is inverted, so that larger magnitudes come first.
 *
 * <p>Equal numbers have one encoding whatever their scale: 1.0 and 1.00 are the same key, and are read back as 1.
 */
final class DecimalKey {
    private static final byte NEGATIVE = 1;
    private static final byte ZERO = 2;
    private static final byte POSITIVE = 3;

    private DecimalKey() {}

    static void write(ByteWriter out, BigDecimal value) {
        int sign = value.signum();
        if (sign == 0) {
            out.put(ZERO);
            return;
        }
        out.put(sign < 0 ? NEGATIVE : POSITIVE);
        int mask = sign < 0 ? 0xFF : 0;
        String digits = value.unscaledValue().abs().toString();
        int exponent = digits.length() - value.scale();
        out.putInt(exponent ^ Integer.MIN_VALUE ^ (sign < 0 ? -1 : 0));
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        for (int i = 0; i < end; i++) {
            out.put((byte) (digits.charAt(i) ^ mask));
        }
        out.put((byte) mask);
    }

    static BigDecimal read(ByteReader in) {
        byte sign = in.get();
        if (sign == ZERO) {
            return BigDecimal.ZERO;
        }
        int exponent = readExponent(in, sign);
        int length = skipDigits(in, sign, exponent);
        byte[] digits = in.copyBefore(length + 1);
        int mask = sign == NEGATIVE ? 0xFF : 0;
        char[] characters = new char[length];
        for (int i = 0; i < length; i++) {
            characters[i] = (char) ((digits[i] ^ mask) & 0xFF);
        }
        BigDecimal value = new BigDecimal(new BigInteger(new String(characters)), length - exponent);
        return sign == NEGATIVE ? value.negate() : value;
    }

    /** Passes over a DECIMAL, and refuses any but the one encoding that {@link #write} makes. */
    static void skip(ByteReader in) {
        byte sign = in.get();
        if (sign != ZERO) {
            skipDigits(in, sign, readExponent(in, sign));
        }
    }

    private static int readExponent(ByteReader in, byte sign) {
        if (sign != NEGATIVE && sign != POSITIVE) {
            throw new IllegalArgumentException("a DECIMAL of sign byte " + sign);
        }
        return in.getInt() ^ Integer.MIN_VALUE ^ (sign == NEGATIVE ? -1 : 0);
    }

    private static int skipDigits(ByteReader in, byte sign, int exponent) {
        int mask = sign == NEGATIVE ? 0xFF : 0;
        int length = 0;
        int last = '0';
        while (true) {
            int digit = (in.get() ^ mask) & 0xFF;
            if (digit == 0) {
                break;
            }
            if (digit < '0' || digit > '9' || (digit == '0' && length == 0)) {
                throw new IllegalArgumentException("a DECIMAL of bad digits");
            }
            last = digit;
            length++;
        }
        if (last == '0') {
            throw new IllegalArgumentException("a DECIMAL that is not in its shortest form");
        }
        DecimalText.requireRange(length, exponent);
        return length;
    }
}
