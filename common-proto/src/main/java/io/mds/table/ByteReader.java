package io.mds.table;

import com.google.protobuf.WireFormat;
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
    private final int start;
    private final int end;
    private int position;

    ByteReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    /** Reads a part of an array as if there were no more. */
    ByteReader(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.start = start;
        this.end = end;
        this.position = start;
    }

    byte get() {
        if (position == end) {
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
        if (length < 0 || length > remaining()) {
            throw new IllegalArgumentException(
                    "a value of " + Long.toUnsignedString(length) + " bytes where " + remaining() + " are left");
        }
        return (int) length;
    }

    byte[] getBytes(int length) {
        require(length);
        position += length;
        return Arrays.copyOfRange(bytes, position - length, position);
    }

    String getUtf8(int length) {
        require(length);
        String text = Utf8.decode(bytes, position, length);
        position += length;
        return text;
    }

    /** Skips so many bytes, which must be well-formed UTF-8. */
    void checkUtf8(int length) {
        require(length);
        if (!Utf8.isValid(bytes, position, length)) {
            throw Utf8.notUtf8();
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

    /** Skips a length-delimited value, and says where it begins and ends in the array. */
    void skipDelimited(int[] place) {
        int length = getLength();
        place[0] = position;
        position += length;
        place[1] = position;
    }

    /** Skips the value of a field with this tag. */
    void skipField(int tag) {
        switch (WireFormat.getTagWireType(tag)) {
            case WireFormat.WIRETYPE_VARINT -> getVarint();
            case WireFormat.WIRETYPE_FIXED64 -> skip(Long.BYTES);
            case WireFormat.WIRETYPE_FIXED32 -> skip(Integer.BYTES);
            case WireFormat.WIRETYPE_LENGTH_DELIMITED -> skip(getLength());
            default -> throw new IllegalArgumentException("a field of wire type " + WireFormat.getTagWireType(tag));
        }
    }

    /** The bytes before the end mark, with zero bytes restored. */
    byte[] getEscaped() {
        int begin = position;
        int escapes = skipEscaped();
        int mark = position - 2;
        if (escapes == 0) {
            return Arrays.copyOfRange(bytes, begin, mark);
        }
        byte[] plain = new byte[mark - begin - escapes];
        for (int from = begin, to = 0; to < plain.length; from++, to++) {
            plain[to] = bytes[from];
            if (bytes[from] == 0) {
                from++;
            }
        }
        return plain;
    }

    String getEscapedUtf8() {
        int begin = position;
        if (skipEscaped() == 0) {
            return Utf8.decode(bytes, begin, position - 2 - begin);
        }
        byte[] plain = unescape(begin);
        return Utf8.decode(plain, 0, plain.length);
    }

    /** Skips to behind the end mark, and returns how many zero bytes were escaped before it. */
    int checkEscapedUtf8() {
        int begin = position;
        int escapes = skipEscaped();
        boolean valid;
        if (escapes == 0) {
            valid = Utf8.isValid(bytes, begin, position - 2 - begin);
        } else {
            byte[] plain = unescape(begin);
            valid = Utf8.isValid(plain, 0, plain.length);
        }
        if (!valid) {
            throw Utf8.notUtf8();
        }
        return escapes;
    }

    /** The last bytes that were read, so many of them. */
    byte[] copyBefore(int length) {
        return Arrays.copyOfRange(bytes, position - length, position);
    }

    private byte[] unescape(int from) {
        position = from;
        return getEscaped();
    }

    /** Skips to behind the end mark, and returns how many zero bytes were escaped before it. */
    int skipEscaped() {
        int escapes = 0;
        while (true) {
            skipToZero();
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

    /** To behind the next zero byte. */
    private void skipToZero() {
        int at = position;
        while (at < end && bytes[at] != 0) {
            at++;
        }
        if (at == end) {
            throw endsTooEarly();
        }
        position = at + 1;
    }

    byte[] array() {
        return bytes;
    }

    int position() {
        return position;
    }

    boolean hasMore() {
        return position < end;
    }

    int remaining() {
        return end - position;
    }

    private void require(int count) {
        if (count > end - position) {
            throw endsTooEarly();
        }
    }

    private IllegalArgumentException endsTooEarly() {
        return new IllegalArgumentException("it ends after " + (end - start) + " bytes, inside a column");
    }
}
