package io.mds.region.store;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** What a store tells of itself in numbers. */
final class StoreGauges {
    private StoreGauges() {}

    static void register(MeterRegistry metrics, RowMemory memory, ChangeMemory changes, OpenCopies copies) {
        Gauge.builder("mds.store.rows.memory", memory, RowMemory::bytes)
                .baseUnit("bytes")
                .description("Bytes of rows in memory")
                .register(metrics);
        Gauge.builder("mds.store.rows.dirty", memory, RowMemory::dirtyBytes)
                .baseUnit("bytes")
                .description("Bytes of rows in memory that the database does not have yet")
                .register(metrics);
        Gauge.builder("mds.store.changes", changes, ChangeMemory::bytes)
                .baseUnit("bytes")
                .description("Bytes of changes that are remembered for those who watch tables")
                .register(metrics);
        Gauge.builder("mds.store.copies", copies, OpenCopies::count)
                .description("Copies of shards that are being read")
                .register(metrics);
    }
}
