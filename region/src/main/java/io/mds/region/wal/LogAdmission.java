package io.mds.region.wal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.time.Duration;

/** What the log refuses, and how it says so. Any thread. */
final class LogAdmission {
    private static final Duration FULL_RETRY_AFTER = Duration.ofMillis(100);

    private final LogSettings settings;

    LogAdmission(LogSettings settings) {
        this.settings = settings;
    }

    /**
     * @param bytes of the entry's content
     * @param logBytes of the log, and of what waits for it
     * @throws MdsException INVALID_ARGUMENT when the entry is too large, RESOURCE_EXHAUSTED when the log is full
     */
    void require(int bytes, long logBytes) {
        if (bytes > settings.maxEntryBytes()) {
            throw refusal(
                            ErrorCode.INVALID_ARGUMENT,
                            "a write of " + bytes + " bytes (limit: " + settings.maxEntryBytes() + "; split the batch)")
                    .build();
        }
        if (logBytes + bytes + SegmentFormat.ENTRY_OVERHEAD_BYTES > settings.maxLogBytes()) {
            throw refusal(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            "the region's log holds " + logBytes + " bytes (limit: " + settings.maxLogBytes()
                                    + "); it shrinks when the store is made durable")
                    .retryAfter(FULL_RETRY_AFTER)
                    .build();
        }
    }

    MdsException queueFull(long queuedBytes) {
        return refusal(
                        ErrorCode.RESOURCE_EXHAUSTED,
                        "writes of " + queuedBytes + " bytes wait for the region's log (limit: "
                                + settings.maxQueuedBytes() + ")")
                .build();
    }

    /** @param poison why the log failed; null when it was closed */
    static MdsException.Builder unavailable(Throwable poison) {
        return refusal(
                ErrorCode.UNAVAILABLE,
                poison == null
                        ? "the region's log is closed: the region is stopping"
                        : "the region's log failed: " + poison.getMessage());
    }

    private static MdsException.Builder refusal(ErrorCode code, String message) {
        return MdsException.builder(code, message).withoutStackTrace();
    }
}
