package io.mds.region.store;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * Rests between the parts of a flush that nobody waits for, so that it takes a part of a core instead of a whole one, and
 * requests do not feel it.
 *
 * <p>Thread: the one that flushes.
 */
final class FlushPace {
    private static final long MAX_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final IntSupplier rests;
    private long since;

    /** For a flush that makes room, or ends the store. */
    static FlushPace atOnce() {
        return new FlushPace(() -> 0);
    }

    /** This pace, and none as soon as somebody else waits as well. */
    FlushPace unless(BooleanSupplier awaited) {
        return new FlushPace(() -> awaited.getAsBoolean() ? 0 : rests.getAsInt());
    }

    /** @param rests tells how many times as long as the work before it a rest is to be; 0 when somebody waits after all */
    FlushPace(IntSupplier rests) {
        this.rests = rests;
    }

    void begin() {
        since = System.nanoTime();
    }

    void partWritten() {
        int times = rests.getAsInt();
        if (times > 0 && !Thread.currentThread().isInterrupted()) {
            long worked = System.nanoTime() - since;
            try {
                TimeUnit.NANOSECONDS.sleep(Math.min(MAX_REST_NANOS, times * worked));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        since = System.nanoTime();
    }
}
