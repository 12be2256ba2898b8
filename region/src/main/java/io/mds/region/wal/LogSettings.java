package io.mds.region.wal;

import java.time.Duration;
import java.util.Objects;

/**
 * Limits of the log.
 *
 * @param segmentBytes size of a segment file, 64 KiB to 1 GiB
 * @param preallocateBytes how far ahead of the writes a segment is filled with zeros, so that a force need not write
 *     metadata as well; 0 never
 * @param maxBatchBytes bytes that one force covers at most, unless a single entry is larger
 * @param maxEntryBytes payload of the largest entry; must fit in a segment
 * @param maxQueuedBytes bytes of entries that wait for the log thread; beyond, appends are refused
 * @param maxLogBytes bytes of all segments together; beyond, appends are refused until segments are released
 * @param fsync false only where data may be lost, such as in throw-away tests
 * @param stallAfter a write or force that takes longer makes the log's health STALLED
 */
public record LogSettings(
        int segmentBytes,
        int preallocateBytes,
        int maxBatchBytes,
        int maxEntryBytes,
        long maxQueuedBytes,
        long maxLogBytes,
        boolean fsync,
        Duration stallAfter) {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    public LogSettings {
        Objects.requireNonNull(stallAfter, "stallAfter");
        require(
                segmentBytes >= 64 * KIB && segmentBytes <= 1024 * MIB,
                "segment size",
                segmentBytes,
                "64 KiB to 1 GiB");
        require(
                preallocateBytes >= 0 && preallocateBytes <= segmentBytes,
                "preallocation",
                preallocateBytes,
                "0 to the segment size");
        require(maxBatchBytes >= 4 * KIB, "largest batch", maxBatchBytes, "at least 4 KiB");
        require(
                maxEntryBytes >= KIB && maxEntryBytes <= segmentBytes - 16 * KIB,
                "largest entry",
                maxEntryBytes,
                "1 KiB to the segment size less 16 KiB");
        require(maxQueuedBytes >= maxEntryBytes, "queued bytes", maxQueuedBytes, "at least the largest entry");
        require(maxLogBytes >= 2L * segmentBytes, "largest log", maxLogBytes, "at least two segments");
        require(
                !stallAfter.isNegative() && !stallAfter.isZero(),
                "stall time",
                stallAfter.toMillis(),
                "more than 0 ms");
    }

    private static void require(boolean holds, String what, long value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("log " + what + ": " + value + " (expected: " + expected + ")");
        }
    }

    public static LogSettings defaults() {
        return new LogSettings(64 * MIB, MIB, 4 * MIB, 17 * MIB, 64L * MIB, 4096L * MIB, true, Duration.ofSeconds(10));
    }

    public LogSettings withSegmentBytes(int bytes) {
        int entry = Math.min(maxEntryBytes, bytes - 16 * KIB);
        return new LogSettings(
                bytes,
                Math.min(preallocateBytes, bytes),
                maxBatchBytes,
                entry,
                maxQueuedBytes,
                Math.max(maxLogBytes, 2L * bytes),
                fsync,
                stallAfter);
    }
}
