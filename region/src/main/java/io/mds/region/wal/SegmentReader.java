package io.mds.region.wal;

import io.mds.region.wal.LogFiles.LogFile;
import io.mds.region.wal.SegmentFormat.FrameHeader;
import io.mds.region.wal.SegmentFormat.Header;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Reads one segment file, through a window that grows to the largest frame. */
final class SegmentReader {
    private static final int WINDOW_BYTES = 1024 * 1024;

    private final LogFile file;
    private final long size;
    private ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0);
    private long windowStart;

    SegmentReader(LogFile file) throws IOException {
        this.file = file;
        this.size = file.size();
    }

    long size() {
        return size;
    }

    Optional<Header> header() throws IOException {
        if (size < SegmentFormat.HEADER_BYTES) {
            return Optional.empty();
        }
        int at = load(0, SegmentFormat.HEADER_BYTES);
        return SegmentFormat.readHeader(window.duplicate().position(at));
    }

    /** The undamaged frame at an offset; empty when there is none. Its body is valid until the next call. */
    Optional<Frame> frame(long offset, long salt) throws IOException {
        if (size - offset < SegmentFormat.FRAME_HEADER_BYTES) {
            return Optional.empty();
        }
        int at = load(offset, SegmentFormat.FRAME_HEADER_BYTES);
        Optional<FrameHeader> found = SegmentFormat.readFrameHeader(window, at, size - offset);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        FrameHeader header = found.get();
        at = load(offset, SegmentFormat.FRAME_HEADER_BYTES + header.bodyLength());
        if (SegmentFormat.checksum(window, at, header.bodyLength(), salt) != header.checksum()) {
            return Optional.empty();
        }
        int body = at + SegmentFormat.FRAME_HEADER_BYTES;
        return Optional.of(new Frame(
                header.sequence(),
                header.records(),
                window.duplicate().limit(body + header.bodyLength()).position(body),
                offset + SegmentFormat.frameBytes(header.bodyLength())));
    }

    /** Offset of the first undamaged frame after this offset whose sequence is at least this; -1 when there is none. */
    long nextFrame(long after, long minSequence, long salt) throws IOException {
        long offset = after + SegmentFormat.FRAME_ALIGNMENT;
        for (; size - offset >= SegmentFormat.FRAME_HEADER_BYTES; offset += SegmentFormat.FRAME_ALIGNMENT) {
            if (window.getInt(load(offset, Integer.BYTES)) == SegmentFormat.FRAME_MAGIC) {
                Optional<Frame> frame = frame(offset, salt);
                if (frame.isPresent() && frame.get().sequence() >= minSequence) {
                    return offset;
                }
            }
        }
        return -1;
    }

    /** End of the bytes other than zero, at or after this offset. */
    long endOfData(long from) throws IOException {
        long end = from;
        for (long offset = from; offset < size; offset++) {
            if (window.get(load(offset, 1)) != 0) {
                end = offset + 1;
            }
        }
        return end;
    }

    /** Makes bytes available and returns where in the window they start. */
    private int load(long offset, int length) throws IOException {
        if (offset < windowStart || offset + length > windowStart + window.limit()) {
            if (window.capacity() < length) {
                window = ByteBuffer.allocate(length);
            }
            window.clear();
            while (window.hasRemaining()) {
                int read = file.read(window, offset + window.position());
                if (read < 0) {
                    break;
                }
            }
            window.flip();
            windowStart = offset;
            if (window.limit() < length) {
                throw new IOException("the log segment shrank while it was read");
            }
        }
        return (int) (offset - windowStart);
    }

    record Frame(long sequence, int records, ByteBuffer body, long end) {}
}
