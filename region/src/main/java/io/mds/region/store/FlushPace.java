package io.mds.region.store;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Rests between the parts of a flush that nobody waits for, so that it takes a quarter of a core instead of a whole one, and
 * requests do not feel it.
 *
 * <p>Thread: the one that flushes.
 */
final class FlushPace {
    /** Rests are so many times as long as the work before them. */
    private static final int REST = 3;

    private static final long MAX_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final BooleanSupplier hurry;
    private long since;

    /** For a flush that makes room, or ends the store. */
    static FlushPace atOnce() {
        return new FlushPace(() -> true);
    }

    /** This pace, and none as soon as somebody else waits as well. */
    FlushPace unless(BooleanSupplier awaited) {
        return new FlushPace(() -> hurry.getAsBoolean() || awaited.getAsBoolean());
    }

    /** @param hurry tells whether somebody waits after all */
    FlushPace(BooleanSupplier hurry) {
        this.hurry = hurry;
    }

    void begin() {
        since = System.nanoTime();
    }

    void partWritten() {
        if (!hurry.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
            long worked = System.nanoTime() - since;
            try {
                TimeUnit.NANOSECONDS.sleep(Math.min(MAX_REST_NANOS, REST * worked));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        since = System.nanoTime();
    }
}
