package io.mds.region.wal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The log's meters, taken out of the registry when the log is closed. */
final class LogMetrics {
    private static final double[] PERCENTILES = {0.5, 0.99, 0.999};

    private final MeterRegistry registry;
    private final Timer force;
    private final DistributionSummary entries;
    private final Counter written;
    private final List<Meter> meters;

    LogMetrics(MeterRegistry registry, WriteAheadLog log, AppendQueue queue) {
        this.registry = registry;
        force = Timer.builder("mds.log.force")
                .description("Time of one force of the log to disk")
                .publishPercentiles(PERCENTILES)
                .register(registry);
        entries = DistributionSummary.builder("mds.log.batch.entries")
                .description("Entries that one force made durable")
                .register(registry);
        written = Counter.builder("mds.log.written")
                .baseUnit("bytes")
                .description("Bytes of batches written to the log")
                .register(registry);
        Gauge size = Gauge.builder("mds.log.size", log, WriteAheadLog::bytes)
                .baseUnit("bytes")
                .description("Bytes of all log segments")
                .register(registry);
        Gauge queued = Gauge.builder("mds.log.queued", queue, AppendQueue::bytes)
                .baseUnit("bytes")
                .description("Bytes of entries that wait for the log thread")
                .register(registry);
        meters = List.of(force, entries, written, size, queued);
    }

    void batch(int entryCount, int bytes, long forceNanos) {
        force.record(forceNanos, TimeUnit.NANOSECONDS);
        entries.record(entryCount);
        written.increment(bytes);
    }

    void close() {
        meters.forEach(registry::remove);
    }
}
