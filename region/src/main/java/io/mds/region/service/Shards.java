package io.mds.region.service;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ShardReport;
import io.mds.region.peer.Peers;
import io.mds.region.replication.Replica;
import io.mds.region.replication.ReplicaSettings;
import io.mds.region.replication.View;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import io.mds.region.wal.WriteAheadLog;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** The shards that are open on this region. Any thread. */
public final class Shards {
    private final LongSupplier regionId;
    private final Settings settings;
    private final CatchUp catchUp;
    private final ReplicaChecksums checksums;
    private final RunningReplica.Surroundings shared;
    private final Map<Long, ShardHost> hosts = new ConcurrentHashMap<>();
    private final RestlessShards restless;
    private volatile Runnable onNews = () -> {};

    /**
     * What holds for every shard.
     *
     * @param queuedWrites writes to one shard that may wait
     */
    public record Settings(RequestLimits limits, int queuedWrites, ReplicaSettings replication) {}

    /** @param regionId this region's id, 0 while it has none */
    public Shards(
            LongSupplier regionId,
            WriteAheadLog log,
            DurableWork durable,
            RegionWorkers workers,
            Peers peers,
            CatchUp catchUp,
            Settings settings) {
        this.regionId = regionId;
        this.settings = settings;
        this.catchUp = catchUp;
        this.checksums = new ReplicaChecksums(workers.read());
        this.restless =
                new RestlessShards(workers.timer(), settings.replication().beat());
        this.shared = new RunningReplica.Surroundings(
                log,
                durable,
                workers.apply(),
                peers,
                restless,
                new RetainedEntries(),
                checksums,
                new WaitingPolls(workers.timer()),
                () -> onNews.run());
        durable.onPoisoned(cause -> hosts.values().forEach(host -> host.logFailed(cause)));
    }

    /**
     * Takes up what the store holds. A shard without other replicas serves before any master is found; one with others
     * follows whoever leads it, and leads again when a master says so.
     *
     * @param recovered what the log has of each shard beyond the store
     */
    public void reopen(Store store, Function<ShardId, Recovered> recovered) {
        for (ShardStore shard : store.shards()) {
            Recovered left = recovered.apply(shard.id());
            ViewNumber promised = max(shard.view().promised(), left.promised());
            ShardHost host = add(
                    shard,
                    new Replica(
                            self(),
                            settings.replication(),
                            promised,
                            new LogPosition(shard.appliedView(), shard.appliedIndex()),
                            left.rest(),
                            System.nanoTime()));
            if (shard.view().sole().equals(promised)) {
                host.open(View.of(promised, self(), Set.of(self())), null);
            }
        }
    }

    /**
     * What the log has of a shard beyond what the store has applied.
     *
     * @param rest entries that may or may not be committed
     */
    public record Recovered(ViewNumber promised, List<LogEntry> rest) {}

    private static ViewNumber max(ViewNumber one, ViewNumber other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    /** The times of the protocol here. */
    ReplicaSettings replication() {
        return settings.replication();
    }

    RegionId self() {
        return new RegionId(regionId.getAsLong());
    }

    /** A shard that the store has just made: its replica has taken part in nothing. */
    void add(ShardStore made) {
        add(
                made,
                new Replica(
                        self(),
                        settings.replication(),
                        new ViewNumber(0),
                        LogPosition.START,
                        List.of(),
                        System.nanoTime()));
    }

    private ShardHost add(ShardStore shard, Replica replica) {
        return hosts.computeIfAbsent(
                shard.id().value(),
                id -> new ShardHost(shard, replica, shared, settings.queuedWrites(), settings.limits(), catchUp));
    }

    /** Null when it is not here. */
    ShardHost get(long shard) {
        return hosts.get(shard);
    }

    void remove(long shard) {
        catchUp.forget(new ShardId(shard));
        hosts.remove(shard);
    }

    /**
     * The rows of a shard that this region leads, so that it can give copies of it. Also while it does not serve yet: what is
     * in its store is committed, and a view whose majority needs a copy could never begin to serve otherwise.
     */
    public Optional<ShardStore> led(ShardId shard) {
        return Optional.ofNullable(hosts.get(shard.value()))
                .filter(ShardHost::isLeader)
                .map(ShardHost::store);
    }

    ReplicaChecksums checksums() {
        return checksums;
    }

    Collection<ShardHost> all() {
        return Collections.unmodifiableCollection(hosts.values());
    }

    /** Who hears that a shard has begun to serve, or that a learner has caught up; must not block. */
    public void onNews(Runnable listener) {
        onNews = listener;
    }

    /** The state of every shard here. Never blocks. */
    public List<ShardReport> reports() {
        List<ShardReport> reports = new ArrayList<>();
        hosts.values().forEach(host -> reports.add(host.report()));
        return reports;
    }

    /** For each shard, the oldest view that it still takes part in. */
    public Map<ShardId, ViewNumber> promises() {
        Map<ShardId, ViewNumber> promises = new HashMap<>();
        hosts.values().forEach(host -> promises.put(host.id(), host.promised()));
        return promises;
    }

    /** For tests: whether no shard has anything to do by itself. */
    boolean areQuiet() {
        return restless.isEmpty();
    }

    /** For tests and status: the applied index of each shard. */
    public Map<Long, LogIndex> appliedIndexes() {
        Map<Long, LogIndex> applied = new HashMap<>();
        hosts.forEach((id, host) -> applied.put(id, host.store().appliedIndex()));
        return applied;
    }
}
