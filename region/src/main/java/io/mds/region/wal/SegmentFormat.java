package io.mds.region.wal;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The bytes of a segment file; all numbers big-endian.
 *
 * <pre>
 * segment  header, then frames at multiples of 8, then zeros or nothing
 * header   magic 8, format version 4, segment number 8, sequence of the first batch 8, salt 8, CRC32C of these 4, zeros to 64
 * frame    magic 4, body length 4, batch sequence 8, record count 4, CRC32C of salt, the fields before and the body 4, body
 * record   type 1, shard 8, view 8, and for entries: index 8, committed index 8, timestamp 8, payload length 4, payload
 * </pre>
 *
 * <p>Batch sequences are dense over all segments, so that a missing frame or file shows. The salt is random and new for
 * each segment: bytes that a client sent cannot pass for a frame.
 */
final class SegmentFormat {
    static final long HEADER_MAGIC = 0x4D44535F57414C0AL;
    static final int FORMAT_VERSION = 2;
    static final int HEADER_BYTES = 64;
    static final int FRAME_MAGIC = 0xB10CFACE;
    static final int FRAME_HEADER_BYTES = 24;
    static final int FRAME_ALIGNMENT = 8;

    private static final int HEADER_FIELDS_BYTES = 36;
    private static final int FRAME_FIELDS_BYTES = 20;

    private static final byte RECORD_FORGET = 4;
    private static final byte RECORD_PROMISE = 5;
    private static final int PLAIN_BYTES = 1 + 2 * Long.BYTES;
    static final int ENTRY_OVERHEAD_BYTES = PLAIN_BYTES + 3 * Long.BYTES + Integer.BYTES;

    private SegmentFormat() {}

    record Header(long number, long firstSequence, long salt) {}

    record FrameHeader(int bodyLength, long sequence, int records, int checksum) {}

    static void writeHeader(ByteBuffer target, Header header) {
        int start = target.position();
        target.putLong(HEADER_MAGIC).putInt(FORMAT_VERSION);
        target.putLong(header.number()).putLong(header.firstSequence()).putLong(header.salt());
        CRC32C crc = new CRC32C();
        crc.update(target.duplicate().flip().position(start));
        target.putInt((int) crc.getValue());
        while (target.position() < start + HEADER_BYTES) {
            target.put((byte) 0);
        }
    }

    /** Empty when the bytes are not an undamaged header of this format. */
    static Optional<Header> readHeader(ByteBuffer source) {
        if (source.remaining() < HEADER_BYTES) {
            return Optional.empty();
        }
        CRC32C crc = new CRC32C();
        crc.update(source.duplicate().limit(source.position() + HEADER_FIELDS_BYTES));
        boolean known = source.getLong() == HEADER_MAGIC & source.getInt() == FORMAT_VERSION;
        Header header = new Header(source.getLong(), source.getLong(), source.getLong());
        return known && source.getInt() == (int) crc.getValue() ? Optional.of(header) : Optional.empty();
    }

    /** A frame's bytes on disk, padding included. */
    static int frameBytes(int bodyLength) {
        int bytes = FRAME_HEADER_BYTES + bodyLength;
        return bytes + (-bytes & (FRAME_ALIGNMENT - 1));
    }

    /** Completes the frame whose body is in the buffer after room for the header, and pads it; position becomes its end. */
    static void sealFrame(ByteBuffer frame, long sequence, int records, long salt) {
        int bodyLength = frame.position() - FRAME_HEADER_BYTES;
        frame.putInt(0, FRAME_MAGIC).putInt(4, bodyLength).putLong(8, sequence).putInt(16, records);
        frame.putInt(20, checksum(frame, 0, bodyLength, salt));
        int end = frameBytes(bodyLength);
        while (frame.position() < end) {
            frame.put((byte) 0);
        }
    }

    /** Empty when there is no frame's magic, or the length cannot be. */
    static Optional<FrameHeader> readFrameHeader(ByteBuffer source, int offset, long available) {
        if (source.getInt(offset) != FRAME_MAGIC) {
            return Optional.empty();
        }
        int bodyLength = source.getInt(offset + 4);
        if (bodyLength < 0 || bodyLength > available - FRAME_HEADER_BYTES) {
            return Optional.empty();
        }
        return Optional.of(new FrameHeader(
                bodyLength, source.getLong(offset + 8), source.getInt(offset + 16), source.getInt(offset + 20)));
    }

    static int checksum(ByteBuffer frame, int offset, int bodyLength, long salt) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(Long.BYTES).putLong(salt).flip());
        crc.update(frame.duplicate().limit(offset + FRAME_FIELDS_BYTES).position(offset));
        int body = offset + FRAME_HEADER_BYTES;
        crc.update(frame.duplicate().limit(body + bodyLength).position(body));
        return (int) crc.getValue();
    }

    static int recordBytes(LogRecord record) {
        return record instanceof LogRecord.Entry each
                ? ENTRY_OVERHEAD_BYTES + each.entry().payload().size()
                : PLAIN_BYTES;
    }

    static void writeRecord(ByteBuffer target, LogRecord record) {
        if (record instanceof LogRecord.Forget forget) {
            writePlain(target, RECORD_FORGET, record.shard(), forget.view());
        } else if (record instanceof LogRecord.Promise promise) {
            writePlain(target, RECORD_PROMISE, record.shard(), promise.view());
        } else if (record instanceof LogRecord.Entry each) {
            LogEntry entry = each.entry();
            writePlain(target, entry.type().code(), record.shard(), entry.view());
            target.putLong(entry.index().value()).putLong(each.committed().value());
            target.putLong(entry.timestampMillis()).putInt(entry.payload().size());
            entry.payload().copyTo(target);
        }
    }

    private static void writePlain(ByteBuffer target, byte code, ShardId shard, ViewNumber view) {
        target.put(code).putLong(shard.value()).putLong(view.value());
    }

    /**
     * Reads one record.
     *
     * @throws IllegalArgumentException when it is not a record of this format
     * @throws java.nio.BufferUnderflowException when it ends early
     */
    static LogRecord readRecord(ByteBuffer source) {
        byte code = source.get();
        ShardId shard = new ShardId(source.getLong());
        ViewNumber view = new ViewNumber(source.getLong());
        if (code == RECORD_FORGET) {
            return new LogRecord.Forget(shard, view);
        }
        if (code == RECORD_PROMISE) {
            return new LogRecord.Promise(shard, view);
        }
        EntryType type = EntryType.of(code);
        LogIndex index = new LogIndex(source.getLong());
        LogIndex committed = new LogIndex(source.getLong());
        long timestampMillis = source.getLong();
        int length = source.getInt();
        if (length < 0 || length > source.remaining()) {
            throw new IllegalArgumentException(
                    "a payload of " + length + " bytes where " + source.remaining() + " are left");
        }
        ByteString payload = ByteString.copyFrom(source, length);
        return new LogRecord.Entry(shard, new LogEntry(view, index, type, timestampMillis, payload), committed);
    }
}
