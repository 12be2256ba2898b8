package io.mds.region.store;

import java.time.Duration;

/**
 * When a scan or count stops and leaves the rest to the next page.
 *
 * @param rows rows returned
 * @param bytes bytes of the rows returned; one row is returned even when it is larger
 * @param time spent looking, which matters when a filter lets few rows through
 */
public record PageLimits(int rows, int bytes, Duration time) {
    public PageLimits {
        if (rows < 1 || bytes < 1 || time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException(
                    "page limits: " + rows + " rows, " + bytes + " bytes, " + time + " (expected: all more than 0)");
        }
    }

    public static PageLimits defaults() {
        return new PageLimits(1_000, 1024 * 1024, Duration.ofMillis(500));
    }
}
