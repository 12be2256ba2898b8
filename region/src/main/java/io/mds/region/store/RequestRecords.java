package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.mds.proto.Error;
import io.mds.proto.RequestId;
import io.mds.proto.WriteReply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The last answer given to each slot of each client of a shard, so that a write sent twice is applied once.
 *
 * <p>What is remembered is a function of the log alone: the limits are constants, age is counted by the entries' times, and
 * the least recently used slot goes first. Replicas, and a replay of the log, therefore agree on it.
 *
 * <p><em>Thread:</em> confined to the thread that applies.
 */
final class RequestRecords {
    /** How long a client may leave a slot unused before a retry of its last write would be applied again. */
    static final long RETENTION_MILLIS = 60 * 60 * 1_000L;

    static final int MAX_SLOTS = 65_536;
    static final int MAX_ANSWER_BYTES = 16 * 1024 * 1024;

    private static final String UNREADABLE = "the store's record of requests cannot be read";
    private static final int SLOT_OVERHEAD_BYTES = 48;

    private final LinkedHashMap<Slot, Recorded> slots = new LinkedHashMap<>();
    private long bytes;

    private record Slot(long clientHigh, long clientLow, int number) {
        static Slot of(RequestId id) {
            ByteBuffer client = id.getClientId().asReadOnlyByteBuffer();
            return new Slot(client.getLong(), client.getLong(), id.getSlot());
        }
    }

    /** An answer as it is remembered: either a reply or an error. */
    record Recorded(long sequence, long timestampMillis, boolean success, ByteString answer) {
        static Recorded of(long sequence, long timestampMillis, ApplyResult result) {
            if (result instanceof ApplyResult.Written written) {
                return new Recorded(
                        sequence, timestampMillis, true, written.reply().toByteString());
            }
            if (result instanceof ApplyResult.Refused refused) {
                return new Recorded(
                        sequence, timestampMillis, false, refused.error().toByteString());
            }
            throw new IllegalArgumentException("not an answer: " + result);
        }

        WriteReply reply() {
            try {
                return WriteReply.parseFrom(answer);
            } catch (InvalidProtocolBufferException e) {
                throw new UncheckedIOException("a recorded reply cannot be read", e);
            }
        }

        Error error() {
            try {
                return Error.parseFrom(answer);
            } catch (InvalidProtocolBufferException e) {
                throw new UncheckedIOException("a recorded error cannot be read", e);
            }
        }
    }

    Optional<Recorded> find(RequestId id) {
        return Optional.ofNullable(slots.get(Slot.of(id)));
    }

    void put(RequestId id, Recorded recorded) {
        put(Slot.of(id), recorded);
    }

    private void put(Slot slot, Recorded recorded) {
        Recorded before = slots.remove(slot);
        if (before != null) {
            bytes -= bytesOf(before);
        }
        slots.put(slot, recorded);
        bytes += bytesOf(recorded);
        Iterator<Recorded> oldest = slots.values().iterator();
        for (Recorded next = oldest.next(); slots.size() > 1 && mustGo(next, recorded); next = oldest.next()) {
            bytes -= bytesOf(next);
            oldest.remove();
        }
    }

    private boolean mustGo(Recorded oldest, Recorded newest) {
        return oldest.timestampMillis() < newest.timestampMillis() - RETENTION_MILLIS
                || slots.size() > MAX_SLOTS
                || bytes > MAX_ANSWER_BYTES;
    }

    private static int bytesOf(Recorded recorded) {
        return SLOT_OVERHEAD_BYTES + recorded.answer().size();
    }

    /** About the bytes that {@link #writeAll} writes. */
    long bytes() {
        return bytes;
    }

    int size() {
        return slots.size();
    }

    void clear() {
        slots.clear();
        bytes = 0;
    }

    /** Receives encoded records, each to be kept whole. */
    interface Sink {
        void accept(ByteString record);
    }

    /** All records, in an order that makes the same state when they are read back. */
    void writeAll(Sink sink) {
        for (Map.Entry<Slot, Recorded> entry : slots.entrySet()) {
            sink.accept(encode(entry.getKey(), entry.getValue()));
        }
    }

    static ByteString encode(RequestId id, Recorded recorded) {
        return encode(Slot.of(id), recorded);
    }

    private static ByteString encode(Slot slot, Recorded recorded) {
        ByteString.Output bytes =
                ByteString.newOutput(SLOT_OVERHEAD_BYTES + recorded.answer().size());
        CodedOutputStream out = CodedOutputStream.newInstance(bytes, SLOT_OVERHEAD_BYTES);
        try {
            out.writeFixed64NoTag(slot.clientHigh());
            out.writeFixed64NoTag(slot.clientLow());
            out.writeUInt32NoTag(slot.number());
            out.writeUInt64NoTag(recorded.sequence());
            out.writeSInt64NoTag(recorded.timestampMillis());
            out.writeBoolNoTag(recorded.success());
            out.writeBytesNoTag(recorded.answer());
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return bytes.toByteString();
    }

    /** Puts encoded records, in order. */
    void readAll(byte[] encoded) {
        CodedInputStream in = CodedInputStream.newInstance(encoded);
        try {
            while (!in.isAtEnd()) {
                Map.Entry<Slot, Recorded> record = read(in);
                put(record.getKey(), record.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(UNREADABLE, e);
        }
    }

    /** Encoded records in smaller pieces, each whole records again; one larger than the limit is a piece of its own. */
    static List<ByteString> pieces(ByteString encoded, int maxBytes) {
        List<ByteString> pieces = new ArrayList<>();
        CodedInputStream in = encoded.newCodedInput();
        in.enableAliasing(true);
        int begin = 0;
        int end = 0;
        try {
            while (!in.isAtEnd()) {
                read(in);
                int next = in.getTotalBytesRead();
                if (next - begin > maxBytes && end > begin) {
                    pieces.add(encoded.substring(begin, end));
                    begin = end;
                }
                end = next;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(UNREADABLE, e);
        }
        if (end > begin) {
            pieces.add(encoded.substring(begin, end));
        }
        return pieces;
    }

    private static Map.Entry<Slot, Recorded> read(CodedInputStream in) throws IOException {
        Slot slot = new Slot(in.readFixed64(), in.readFixed64(), in.readUInt32());
        return Map.entry(slot, new Recorded(in.readUInt64(), in.readSInt64(), in.readBool(), in.readBytes()));
    }
}
