package io.mds.rpc;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.TooLongFrameException;
import java.nio.ByteOrder;

/**
 * Cuts the stream into frames, and refuses one that is too long at its length, before any of it is kept.
 *
 * <p>The limit is that of {@link RpcConfig#maxFrameBytes()}: of the frame without its length, as the sender counts.
 */
final class FrameDecoder extends LengthFieldBasedFrameDecoder {
    private final int maxFrameBytes;

    FrameDecoder(int maxFrameBytes) {
        super(maxFrameBytes + Frames.LENGTH_BYTES, 0, Frames.LENGTH_BYTES, 0, Frames.LENGTH_BYTES);
        this.maxFrameBytes = maxFrameBytes;
    }

    /** Overridden for an error that names both sizes as people configure them. */
    @Override
    protected long getUnadjustedFrameLength(ByteBuf in, int offset, int length, ByteOrder order) {
        long size = super.getUnadjustedFrameLength(in, offset, length, order);
        if (size > maxFrameBytes) {
            in.skipBytes(in.readableBytes());
            throw new TooLongFrameException(
                    "a frame of " + size + " bytes (limit: " + maxFrameBytes + ", rpc.max-frame)");
        }
        return size;
    }
}
