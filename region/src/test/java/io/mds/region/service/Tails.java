package io.mds.region.service;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.store.Store;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.RecoveryVisitor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Keeps what a log holds beyond the store for the replicas, without applying any of it. */
final class Tails implements RecoveryVisitor {
    private final Store store;
    private final Map<ShardId, List<LogEntry>> entries = new HashMap<>();
    private final Map<ShardId, ViewNumber> promises = new HashMap<>();

    Tails(Store store) {
        this.store = store;
    }

    @Override
    public void entry(ShardId shard, LogEntry entry, LogIndex committed) {
        List<LogEntry> tail = entries.computeIfAbsent(shard, id -> new ArrayList<>());
        tail.removeIf(each -> each.index().compareTo(entry.index()) >= 0);
        if (store.shard(shard)
                .filter(known -> entry.index().compareTo(known.appliedIndex()) > 0)
                .isPresent()) {
            tail.add(entry);
        }
        promised(shard, entry.view());
    }

    @Override
    public void promised(ShardId shard, ViewNumber view) {
        promises.merge(shard, view, (known, other) -> known.compareTo(other) >= 0 ? known : other);
    }

    @Override
    public void forgotten(ShardId shard, ViewNumber view) {
        entries.remove(shard);
        promises.remove(shard);
        store.dropShard(shard);
    }

    Shards.Recovered recovered(ShardId shard) {
        return new Shards.Recovered(
                promises.getOrDefault(shard, new ViewNumber(0)), entries.getOrDefault(shard, List.of()));
    }
}
