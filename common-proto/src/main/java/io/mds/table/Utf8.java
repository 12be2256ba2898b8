package io.mds.table;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Encodes and checks UTF-8 strictly: no unpaired surrogates, no overlong forms; eight bytes at a time while ASCII. */
final class Utf8 {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final char REPLACEMENT = '\uFFFD';
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    private Utf8() {}

    /**
     * @throws IllegalArgumentException for an unpaired surrogate, which UTF-8 cannot hold
     */
    static byte[] encode(String text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c) || i + 1 == length || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw new IllegalArgumentException("text with an unpaired surrogate (\\u" + Integer.toHexString(c)
                            + " at " + i + "), which UTF-8 cannot hold");
                }
                i++;
            }
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * @throws IllegalArgumentException when it is not UTF-8
     */
    static String decode(byte[] bytes, int offset, int length) {
        String text = new String(bytes, offset, length, StandardCharsets.UTF_8);
        // What is malformed becomes a replacement character: only a text with one can have been. Most are Latin-1, and
        // known
        // to have none without a look.
        if (text.indexOf(REPLACEMENT) >= 0 && !isValid(bytes, offset, length)) {
            throw notUtf8();
        }
        return text;
    }

    static IllegalArgumentException notUtf8() {
        return new IllegalArgumentException("text that is not UTF-8");
    }

    static boolean isValid(byte[] bytes, int offset, int length) {
        int end = offset + length;
        int i = offset;
        while (end - i >= Long.BYTES && ((long) LONGS.get(bytes, i) & HIGH_BITS) == 0) {
            i += Long.BYTES;
        }
        while (i < end) {
            int size = sequenceLength(bytes, i, end);
            if (size == 0) {
                return false;
            }
            i += size;
        }
        return true;
    }

    /** Bytes of the well-formed sequence at a position (Unicode, table 3-7), or 0 when there is none. */
    private static int sequenceLength(byte[] bytes, int i, int end) {
        int lead = bytes[i] & 0xFF;
        if (lead < 0x80) {
            return 1;
        }
        if (lead < 0xC2 || lead > 0xF4 || end - i < 2) {
            return 0;
        }
        int second = bytes[i + 1] & 0xFF;
        if (lead < 0xE0) {
            return isContinuation(second) ? 2 : 0;
        }
        int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        if (second < low || second > high || end - i < 3 || !isContinuation(bytes[i + 2] & 0xFF)) {
            return 0;
        }
        if (lead < 0xF0) {
            return 3;
        }
        return end - i >= 4 && isContinuation(bytes[i + 3] & 0xFF) ? 4 : 0;
    }

    private static boolean isContinuation(int b) {
        return (b & 0xC0) == 0x80;
    }
}
