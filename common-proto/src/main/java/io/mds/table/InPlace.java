package io.mds.table;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * Reads a {@link ByteString} where its bytes are, without the copy that {@link ByteString#toByteArray} makes: what an answer
 * holds are slices of the frame that came. Nobody may change the array.
 *
 * <p>Thread: confined to one call.
 */
final class InPlace extends ByteOutput {
    private byte[] array;
    private int from;
    private int pieces;

    private InPlace() {}

    static ByteReader reader(ByteString bytes) {
        InPlace place = new InPlace();
        try {
            UnsafeByteOperations.unsafeWriteTo(bytes, place);
        } catch (IOException e) {
            throw new UncheckedIOException("reading memory failed", e);
        }
        if (place.pieces == 1 && place.array != null) {
            return new ByteReader(place.array, place.from, place.from + bytes.size());
        }
        return new ByteReader(bytes.toByteArray());
    }

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
        array = value;
        from = offset;
        pieces++;
    }

    @Override
    public void write(byte[] value, int offset, int length) {
        // Not said to stay as it is.
        pieces += 2;
    }

    @Override
    public void write(byte value) {
        pieces += 2;
    }

    @Override
    public void write(ByteBuffer value) {
        pieces += 2;
    }

    @Override
    public void writeLazy(ByteBuffer value) {
        pieces += 2;
    }
}
