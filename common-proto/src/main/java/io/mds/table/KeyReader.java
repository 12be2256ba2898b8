package io.mds.table;

/** Reads an encoded key from its start; running over its end is an {@link IllegalArgumentException}. */
final class KeyReader {
    private final byte[] bytes;
    private int position;

    KeyReader(byte[] bytes) {
        this.bytes = bytes;
    }

    byte get() {
        require(1);
        return bytes[position++];
    }

    int getInt() {
        require(4);
        int value = 0;
        for (int i = 0; i < 4; i++) {
            value = (value << 8) | (bytes[position++] & 0xFF);
        }
        return value;
    }

    long getLong() {
        long high = getInt();
        return (high << 32) | (getInt() & 0xFFFF_FFFFL);
    }

    void skip(int count) {
        require(count);
        position += count;
    }

    void skipEscaped() {
        while (true) {
            if (get() == 0) {
                byte mark = get();
                if (mark == 0x01) {
                    return;
                }
                if (mark != (byte) 0xFF) {
                    throw new IllegalArgumentException("a zero byte followed by " + mark);
                }
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
        if (bytes.length - position < count) {
            throw new IllegalArgumentException("it ends after " + bytes.length + " bytes, inside a column");
        }
    }
}
