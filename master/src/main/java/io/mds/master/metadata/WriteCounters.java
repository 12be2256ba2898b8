package io.mds.master.metadata;

import java.util.concurrent.atomic.LongAdder;

/** Counts of what was written to ZooKeeper, and how long it took; for the metrics. Thread: any. */
public record WriteCounters(LongAdder count, LongAdder nanos) {
    public WriteCounters() {
        this(new LongAdder(), new LongAdder());
    }

    void add(long tookNanos) {
        count.increment();
        nanos.add(tookNanos);
    }
}
