package io.mds.rpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.proto.Frame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Turns frames into length-prefixed bytes and back, copying the payload once each way. */
final class Frames {
    static final int LENGTH_BYTES = 4;

    private Frames() {}

    /** A direct buffer with the length and the frame; the caller owns it. */
    static ByteBuf encode(ByteBufAllocator allocator, Frame frame) {
        int size = frame.getSerializedSize();
        ByteBuf out = allocator.directBuffer(LENGTH_BYTES + size, LENGTH_BYTES + size);
        try {
            out.writeInt(size);
            CodedOutputStream stream = CodedOutputStream.newInstance(out.nioBuffer(LENGTH_BYTES, size));
            frame.writeTo(stream);
            stream.flush();
            out.writerIndex(LENGTH_BYTES + size);
            return out;
        } catch (IOException e) {
            out.release();
            throw new UncheckedIOException("writing to memory failed", e);
        } catch (RuntimeException e) {
            out.release();
            throw e;
        }
    }

    /** Parses one frame (without its length); {@code bytes} fields share one copy of it. */
    static Frame decode(ByteBuf in) throws IOException {
        byte[] copy = new byte[in.readableBytes()];
        in.readBytes(copy);
        CodedInputStream stream = UnsafeByteOperations.unsafeWrap(copy).newCodedInput();
        stream.enableAliasing(true);
        return Frame.parseFrom(stream);
    }
}
