package io.mds.table;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing array of bytes that a key or a row is encoded into.
 *
 * <p>Thread: confined to one call.
 */
final class ByteWriter {
    private byte[] bytes;
    private int size;

    ByteWriter(int capacity) {
        bytes = new byte[capacity];
    }

    void put(byte b) {
        ensure(1);
        bytes[size++] = b;
    }

    void put(byte[] source) {
        ensure(source.length);
        System.arraycopy(source, 0, bytes, size, source.length);
        size += source.length;
    }

    /** Big-endian. */
    void putInt(int value) {
        ensure(4);
        for (int shift = 24; shift >= 0; shift -= 8) {
            bytes[size++] = (byte) (value >>> shift);
        }
    }

    /** Big-endian. */
    void putLong(long value) {
        putInt((int) (value >>> 32));
        putInt((int) value);
    }

    /** Little-endian, as protobuf's fixed64. */
    void putFixed64(long value) {
        putLong(Long.reverseBytes(value));
    }

    void putVarint(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    /** A varint of the length in bytes, then the text in UTF-8. */
    void putLengthAndUtf8(String text) {
        int length = text.length();
        int start = size;
        putVarint(length);
        ensure(length);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                size = start;
                byte[] utf8 = Utf8.encode(text);
                putVarint(utf8.length);
                put(utf8);
                return;
            }
            bytes[size++] = (byte) c;
        }
    }

    /** The text in UTF-8 with every zero byte escaped, and the end mark. */
    void putEscaped(String text) {
        int length = text.length();
        int start = size;
        ensure(length + 2);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c >= 0x80 || c == 0) {
                size = start;
                putEscaped(Utf8.encode(text));
                return;
            }
            bytes[size++] = (byte) c;
        }
        putEnd();
    }

    /** The bytes with every zero byte escaped, and the end mark. */
    void putEscaped(byte[] source) {
        ensure(source.length + 2);
        for (byte b : source) {
            put(b);
            if (b == 0) {
                put(KeyCodec.ESCAPED_ZERO);
            }
        }
        putEnd();
    }

    private void putEnd() {
        put((byte) 0);
        put(KeyCodec.END);
    }

    /** Digits and signs only. */
    void putLengthAndAscii(String text) {
        putVarint(text.length());
        put(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void ensure(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
        }
    }

    int size() {
        return size;
    }

    /** What was written; the writer is not used any more. */
    byte[] toBytes() {
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }
}
