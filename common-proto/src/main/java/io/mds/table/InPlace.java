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
    private boolean scattered;

    private InPlace() {}

    static ByteReader reader(ByteString bytes) {
        InPlace place = new InPlace();
        try {
            UnsafeByteOperations.unsafeWriteTo(bytes, place);
        } catch (IOException e) {
            throw new UncheckedIOException("reading memory failed", e);
        }
        return place.scattered
                ? new ByteReader(bytes.toByteArray())
                : new ByteReader(place.array, place.from, place.from + bytes.size());
    }

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
        scattered |= array != null;
        array = value;
        from = offset;
    }

    @Override
    public void write(byte[] value, int offset, int length) {
        // Not said to stay as it is.
        scattered = true;
    }

    @Override
    public void write(byte value) {
        scattered = true;
    }

    @Override
    public void write(ByteBuffer value) {
        scattered = true;
    }

    @Override
    public void writeLazy(ByteBuffer value) {
        scattered = true;
    }
}
