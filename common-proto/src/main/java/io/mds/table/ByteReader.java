package io.mds.table;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads an encoded key or row from its start; bytes that end too early or make no sense are an
 * {@link IllegalArgumentException}.
 *
 * <p>Thread: confined to one call.
 */
final class ByteReader {
    private static final int MAX_VARINT_BITS = 64;

    private final byte[] bytes;
    private int position;

    ByteReader(byte[] bytes) {
        this.bytes = bytes;
    }

    byte get() {
        if (position == bytes.length) {
            throw endsTooEarly();
        }
        return bytes[position++];
    }

    /** Big-endian. */
    int getInt() {
        require(4);
        int value = 0;
        for (int i = 0; i < 4; i++) {
            value = (value << 8) | (bytes[position++] & 0xFF);
        }
        return value;
    }

    /** Big-endian. */
    long getLong() {
        long high = getInt();
        return (high << 32) | (getInt() & 0xFFFF_FFFFL);
    }

    /** Little-endian, as protobuf's fixed64. */
    long getFixed64() {
        return Long.reverseBytes(getLong());
    }

    long getVarint() {
        long value = 0;
        for (int shift = 0; shift < MAX_VARINT_BITS; shift += 7) {
            byte b = get();
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a varint longer than 10 bytes");
    }

    /** A field's number and wire type. */
    int getTag() {
        long tag = getVarint();
        if (tag < 8 || tag > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException("a field tag of " + Long.toUnsignedString(tag));
        }
        return (int) tag;
    }

    /** The length of a length-delimited value, all of which is there. */
    int getLength() {
        long length = getVarint();
        if (length < 0 || length > bytes.length - position) {
            throw new IllegalArgumentException("a value of " + Long.toUnsignedString(length) + " bytes where "
                    + (bytes.length - position) + " are left");
        }
        return (int) length;
    }

    byte[] getBytes(int length) {
        require(length);
        position += length;
        return Arrays.copyOfRange(bytes, position - length, position);
    }

    String getUtf8(int length) {
        checkUtf8(length);
        return new String(bytes, position - length, length, StandardCharsets.UTF_8);
    }

    /** Skips so many bytes, which must be well-formed UTF-8. */
    void checkUtf8(int length) {
        require(length);
        if (!Utf8.isValid(bytes, position, length)) {
            throw new IllegalArgumentException("text that is not UTF-8");
        }
        position += length;
    }

    String getLatin1(int length) {
        require(length);
        position += length;
        return new String(bytes, position - length, length, StandardCharsets.ISO_8859_1);
    }

    void skip(int count) {
        require(count);
        position += count;
    }

    /** The bytes before the end mark, with zero bytes restored. */
    byte[] getEscaped() {
        int start = position;
        int escapes = skipEscaped();
        int end = position - 2;
        if (escapes == 0) {
            return Arrays.copyOfRange(bytes, start, end);
        }
        byte[] plain = new byte[end - start - escapes];
        for (int from = start, to = 0; to < plain.length; from++, to++) {
            plain[to] = bytes[from];
            if (bytes[from] == 0) {
                from++;
            }
        }
        return plain;
    }

    String getEscapedUtf8() {
        int start = position;
        int escapes = checkEscapedUtf8();
        return escapes == 0
                ? new String(bytes, start, position - 2 - start, StandardCharsets.UTF_8)
                : new String(unescape(start), StandardCharsets.UTF_8);
    }

    /** Skips to behind the end mark, and returns how many zero bytes were escaped before it. */
    int checkEscapedUtf8() {
        int start = position;
        int escapes = skipEscaped();
        boolean valid;
        if (escapes == 0) {
            valid = Utf8.isValid(bytes, start, position - 2 - start);
        } else {
            byte[] plain = unescape(start);
            valid = Utf8.isValid(plain, 0, plain.length);
        }
        if (!valid) {
            throw new IllegalArgumentException("a STRING that is not UTF-8");
        }
        return escapes;
    }

    /** The last bytes that were read, so many of them. */
    byte[] copyBefore(int length) {
        return Arrays.copyOfRange(bytes, position - length, position);
    }

    private byte[] unescape(int start) {
        position = start;
        return getEscaped();
    }

    /** Skips to behind the end mark, and returns how many zero bytes were escaped before it. */
    int skipEscaped() {
        int escapes = 0;
        while (true) {
            if (get() == 0) {
                byte mark = get();
                if (mark == KeyCodec.END) {
                    return escapes;
                }
                if (mark != KeyCodec.ESCAPED_ZERO) {
                    throw new IllegalArgumentException("a zero byte followed by " + mark);
                }
                escapes++;
            }
        }
    }

    int position() {
        return position;
    }

    boolean hasMore() {
        return position < bytes.length;
    }

    int remaining() {
        return bytes.length - position;
    }

    private void require(int count) {
        if (count > bytes.length - position) {
            throw endsTooEarly();
        }
    }

    private IllegalArgumentException endsTooEarly() {
        return new IllegalArgumentException("it ends after " + bytes.length + " bytes, inside a column");
    }
}
