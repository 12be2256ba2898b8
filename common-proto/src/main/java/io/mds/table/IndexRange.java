package io.mds.table;

import java.util.Arrays;

/**
 * Encodings of an index that lie together.
 *
 * @param start the first that may be one
 * @param end not included; empty for no bound; for {@code exact} the same as start
 * @param exact whether it is the one encoding alone, so that the rows come in the order of their keys
 */
public record IndexRange(byte[] start, byte[] end, boolean exact) {
    static IndexRange of(byte[] prefix, boolean whole) {
        return whole ? new IndexRange(prefix, prefix, true) : new IndexRange(prefix, KeyCodec.successor(prefix), false);
    }

    public boolean contains(byte[] encoded) {
        if (exact) {
            return Arrays.equals(start, encoded);
        }
        return Arrays.compareUnsigned(start, encoded) <= 0
                && (end.length == 0 || Arrays.compareUnsigned(encoded, end) < 0);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IndexRange that
                && Arrays.equals(start, that.start)
                && Arrays.equals(end, that.end)
                && exact == that.exact;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(start) * 31 + Arrays.hashCode(end);
    }

    @Override
    public String toString() {
        return "IndexRange[" + Arrays.toString(start) + (exact ? "]" : " to " + Arrays.toString(end) + "]");
    }
}
