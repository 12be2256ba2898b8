package io.mds.table;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import io.mds.error.MdsException;
import io.mds.proto.EncodedRow;
import io.mds.proto.ErrorCode;
import java.util.Arrays;

/**
 * A row with its key and its version as answers to scans have it: the bytes of an {@link EncodedRow}, of which it knows where
 * what lies, and nothing is copied before it is decoded. Nobody may change the bytes. Immutable; any thread.
 */
public final class WireRow {
    private static final int KEY = EncodedRow.KEY_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    private static final int ROW = EncodedRow.ROW_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    private static final int VERSION = EncodedRow.VERSION_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_VARINT;

    private final byte[] bytes;
    private final int keyStart;
    private final int keyEnd;
    private final int rowStart;
    private final int rowEnd;
    private final long version;

    /**
     * @throws IllegalArgumentException when the bytes are no such message
     */
    private WireRow(ByteReader in) {
        int[] key = new int[2];
        int[] row = new int[2];
        long number = 0;
        while (in.hasMore()) {
            int tag = in.getTag();
            switch (tag) {
                case KEY -> in.skipDelimited(key);
                case ROW -> in.skipDelimited(row);
                case VERSION -> number = in.getVarint();
                default -> in.skipField(tag);
            }
        }
        this.bytes = in.array();
        this.keyStart = key[0];
        this.keyEnd = key[1];
        this.rowStart = row[0];
        this.rowEnd = row[1];
        this.version = number;
    }

    /**
     * Takes a row from an answer.
     *
     * @throws MdsException INTERNAL when the bytes are not a row
     */
    public static WireRow of(ByteString encoded) {
        try {
            return new WireRow(InPlace.reader(encoded));
        } catch (IllegalArgumentException e) {
            throw MdsException.of(
                    ErrorCode.INTERNAL,
                    "an answer with " + encoded.size() + " bytes that are no row: " + e.getMessage());
        }
    }

    /** The bytes of a row for an answer. */
    public static ByteString encode(byte[] key, ByteString row, long version) {
        return EncodedRow.newBuilder()
                .setKey(UnsafeByteOperations.unsafeWrap(key))
                .setRow(row)
                .setVersion(version)
                .build()
                .toByteString();
    }

    public long version() {
        return version;
    }

    /** The columns outside the key, in the same memory. */
    public ByteString columns() {
        return UnsafeByteOperations.unsafeWrap(bytes, rowStart, rowEnd - rowStart);
    }

    /** Compares the keys byte by byte, unsigned. */
    public int compareKey(WireRow other) {
        return Arrays.compareUnsigned(bytes, keyStart, keyEnd, other.bytes, other.keyStart, other.keyEnd);
    }

    ByteReader keyReader() {
        return new ByteReader(bytes, keyStart, keyEnd);
    }

    ByteReader columnsReader() {
        return new ByteReader(bytes, rowStart, rowEnd);
    }
}
