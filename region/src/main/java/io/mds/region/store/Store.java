package io.mds.region.store;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.table.TableSchema;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The database of a region, holding its shards. */
public final class Store implements AutoCloseable {
    private Store() {}

    /**
     * Opens the database, creates what is missing, and loads what the shards need in memory.
     *
     * @throws StoreException when it cannot be opened
     */
    public static Store open(StoreSettings settings, MeterRegistry metrics) {
        throw new UnsupportedOperationException(settings.toString() + metrics);
    }

    /** Any thread, never blocks. */
    public Optional<ShardStore> shard(ShardId id) {
        return Optional.empty();
    }

    /** Any thread, never blocks. */
    public List<ShardStore> shards() {
        return List.of();
    }

    /** The shard, empty when new; one that exists is returned as it is. */
    public ShardStore createShard(ShardId id, TableSchema schema, ViewNumber view) {
        throw new UnsupportedOperationException(id.toString() + schema + view);
    }

    /** Removes a shard and its rows; one that does not exist is fine. */
    public void dropShard(ShardId id) {}

    /** A small value kept with the store, such as the identity of the region. */
    public Optional<String> meta(String key) {
        return Optional.empty();
    }

    public void putMeta(String key, String value) {}

    /**
     * Makes everything applied so far durable on the medium.
     *
     * @return for each shard, an applied index that no crash can take back
     */
    public Map<ShardId, LogIndex> checkpoint() {
        return Map.of();
    }

    /** Bytes that the database takes. */
    public long bytes() {
        return 0;
    }

    @Override
    public void close() {}
}
