package io.mds.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** What became of the heartbeats of a while. Thread: any. */
final class HeartbeatTally {
    private static final long SLOWEST_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int DIGITS = 3;

    private final Histogram answered = new ConcurrentHistogram(SLOWEST_NANOS, DIGITS);
    private final LongAdder missed = new LongAdder();

    void answered(long nanos) {
        answered.recordValue(Math.min(nanos, SLOWEST_NANOS));
    }

    /** Not sent because the one before had no answer yet, not answered, or answered by "register again". */
    void missed() {
        missed.increment();
    }

    /** Of answers, in nanoseconds. */
    Histogram latencies() {
        return answered.copy();
    }

    long missedCount() {
        return missed.sum();
    }
}
