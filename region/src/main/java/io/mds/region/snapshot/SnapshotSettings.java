package io.mds.region.snapshot;

import java.time.Duration;

/**
 * How copies of shards are served and pulled.
 *
 * @param pageBytes rows of one page; a single row may be larger
 * @param idleTimeout a copy of which no page is asked for so long is closed, and the pull begins again
 * @param bytesPerSecond of all pulls of this region together
 * @param pulls at once
 * @param progressTimeout a pull that gets no page for so long fails
 * @param pageTimeout how long to wait for one page before it is asked for again
 */
public record SnapshotSettings(
        int pageBytes,
        Duration idleTimeout,
        long bytesPerSecond,
        int pulls,
        Duration progressTimeout,
        Duration pageTimeout) {
    private static final int MAX_PAGE_BYTES = 1024 * 1024;
    private static final Duration PAGE_TIMEOUT = Duration.ofSeconds(10);

    public SnapshotSettings {
        if (pageBytes < 1 || bytesPerSecond < 1 || pulls < 1) {
            throw new IllegalArgumentException("snapshots: pages of " + pageBytes + " bytes, " + bytesPerSecond
                    + " bytes a second, " + pulls + " pulls (expected: all more than 0)");
        }
        require("idle timeout", idleTimeout);
        require("progress timeout", progressTimeout);
        require("page timeout", pageTimeout);
    }

    private static void require(String what, Duration timeout) {
        if (timeout.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "snapshots: " + what + " " + timeout.toMillis() + " ms (expected: at least 1)");
        }
    }

    /** With pages that fit frames of this size. */
    public static SnapshotSettings of(
            int maxFrameBytes, Duration idleTimeout, long bytesPerSecond, int pulls, Duration progressTimeout) {
        return new SnapshotSettings(
                Math.min(MAX_PAGE_BYTES, maxFrameBytes / 2),
                idleTimeout,
                bytesPerSecond,
                pulls,
                progressTimeout,
                PAGE_TIMEOUT.compareTo(progressTimeout) < 0 ? PAGE_TIMEOUT : progressTimeout);
    }
}
