package io.mds.region.snapshot;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;

import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.Operation;
import io.mds.proto.ShardChecksumReply;
import io.mds.proto.ShardChecksumRequest;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.store.StoreSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A shard with rows, alone in a store of its own, to be copied or compared. */
record SampleShard(Store store, ShardStore shard) implements AutoCloseable {
    static final ShardId SHARD = new ShardId(7);
    static final ViewNumber VIEW = new ViewNumber(1);

    static SampleShard in(Path directory) {
        Store store = Store.open(StoreSettings.h2File(directory), new SimpleMeterRegistry());
        return new SampleShard(store, store.createShard(SHARD, SCHEMA, VIEW));
    }

    /** Writes rows, a thousand with each entry. */
    void fill(int rows) {
        long index = shard.appliedIndex().value();
        for (int begin = 0; begin < rows; begin += 1_000) {
            List<Operation> some = new ArrayList<>();
            for (int i = begin; i < Math.min(rows, begin + 1_000); i++) {
                some.add(upsert(key(i), row("size", (long) i)));
            }
            shard.apply(List.of(entry(++index, request(1, 0, index, some.toArray(Operation[]::new)))));
        }
    }

    static ShardChecksumReply checksums(ShardStore of, int ranges) {
        return ShardChecksums.of(
                of, ShardChecksumRequest.newBuilder().setRanges(ranges).build());
    }

    @Override
    public void close() {
        store.close();
    }
}
