package io.mds.table;

import java.util.Arrays;

/** A growing array of bytes that a key is encoded into. Confined to one call. */
final class KeyBuffer {
    private byte[] bytes = new byte[64];
    private int size;

    void put(byte b) {
        ensure(1);
        bytes[size++] = b;
    }

    void putInt(int value) {
        ensure(4);
        for (int shift = 24; shift >= 0; shift -= 8) {
            bytes[size++] = (byte) (value >>> shift);
        }
    }

    void putLong(long value) {
        putInt((int) (value >>> 32));
        putInt((int) value);
    }

    private void ensure(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
        }
    }

    int size() {
        return size;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }
}
