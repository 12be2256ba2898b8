package io.mds.region.wal;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import java.util.List;
import java.util.Objects;

/**
 * One entry of a shard's log.
 *
 * @param view the view whose leader made it
 * @param index its position, from 1, without gaps within a shard
 * @param timestampMillis the leader's wall clock; everything that depends on time while applying uses this
 * @param payload the encoded {@link io.mds.proto.WriteRequest} of a WRITE or {@link io.mds.proto.ChecksumOrder} of a
 *     CHECKSUM or {@link io.mds.proto.TableSchema} of a SCHEMA, empty for a BARRIER
 */
public record LogEntry(ViewNumber view, LogIndex index, EntryType type, long timestampMillis, ByteString payload) {
    public LogEntry {
        Objects.requireNonNull(view, "view");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(payload, "payload");
        if (index.value() < 1) {
            throw new IllegalArgumentException("log index of an entry: " + index + " (expected: >= 1)");
        }
    }

    public static LogEntry barrier(ViewNumber view, LogIndex index, long timestampMillis) {
        return new LogEntry(view, index, EntryType.BARRIER, timestampMillis, ByteString.EMPTY);
    }

    public static LogEntry write(ViewNumber view, LogIndex index, long timestampMillis, ByteString request) {
        return new LogEntry(view, index, EntryType.WRITE, timestampMillis, request);
    }

    public static LogEntry checksum(ViewNumber view, LogIndex index, long timestampMillis, ByteString order) {
        return new LogEntry(view, index, EntryType.CHECKSUM, timestampMillis, order);
    }

    public static LogEntry schema(ViewNumber view, LogIndex index, long timestampMillis, ByteString schema) {
        return new LogEntry(view, index, EntryType.SCHEMA, timestampMillis, schema);
    }

    /** Whether one of these is of this type. */
    public static boolean contains(List<LogEntry> entries, EntryType type) {
        for (LogEntry entry : entries) {
            if (entry.type() == type) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return "LogEntry[view " + view + ", index " + index + ", " + type + ", " + payload.size() + " bytes]";
    }
}
