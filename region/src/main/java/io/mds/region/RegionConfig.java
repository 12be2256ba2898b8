package io.mds.region;

import io.mds.config.RpcSettings;
import io.mds.config.Settings;
import io.mds.config.ZooKeeperConfig;
import io.mds.region.replication.ReplicaSettings;
import io.mds.region.service.RequestLimits;
import io.mds.region.service.Shards;
import io.mds.region.snapshot.SnapshotSettings;
import io.mds.region.store.StoreSettings;
import io.mds.region.wal.LogSettings;
import io.mds.rpc.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a region is told at its start; sealed then.
 *
 * @param checkpointInterval how often rows are made durable and the log is cut
 * @param queuedWrites writes that may wait on one shard
 */
public record RegionConfig(
        ZooKeeperConfig zooKeeper,
        RpcSettings rpc,
        HostPort admin,
        Path dataDirectory,
        StoreSettings store,
        LogSettings log,
        RequestLimits limits,
        SnapshotSettings snapshots,
        ReplicaSettings replication,
        Duration checkpointInterval,
        int queuedWrites,
        int queuedReads,
        int readThreads,
        int applyThreads) {
    private static final int MAX_PORT = 65_535;
    private static final int MAX_THREADS = 64;
    private static final Duration SHORTEST_LEASE = Duration.ofMillis(200);
    /** A seal is answered when the lease has ended, and a master waits for two seconds. */
    private static final Duration LONGEST_LEASE = Duration.ofMillis(1_500);
    /** Orders, heartbeats and checkpoints use the store as well. */
    private static final int OTHER_CONNECTIONS = 3;
    /** More than the key and the headers that go with a row in a message, or with a write in a segment. */
    private static final long AROUND_A_WRITE = 16 << 10;

    /**
     * Reads the keys of the region's reference configuration.
     *
     * @throws io.mds.config.ConfigException naming every problem
     */
    public static RegionConfig from(Settings settings) {
        Path directory = Path.of(settings.string("data.dir"));
        int readThreads = settings.integer("limits.read-threads", 1, MAX_THREADS);
        int applyThreads = settings.integer("limits.apply-threads", 1, MAX_THREADS);
        String url = settings.string("store.url");
        settings.require(
                url.isEmpty() || url.startsWith("jdbc:h2:") || url.startsWith("jdbc:postgresql:"),
                "store.url",
                "empty, jdbc:h2:file:... or jdbc:postgresql://...");
        ZooKeeperConfig zooKeeper = ZooKeeperConfig.from(settings);
        RpcSettings rpc = RpcSettings.from(settings);
        HostPort admin = new HostPort(settings.host("admin.host"), settings.integer("admin.port", 0, MAX_PORT));
        long segment = settings.bytes("log.segment-size", 1 << 20, 1 << 30);
        long maxLog = settings.bytes("log.max-size", 1 << 21, 1L << 40);
        settings.requireRelation(maxLog >= 2 * segment, "log.max-size", "at least twice", "log.segment-size");
        long maxRow = settings.bytes("limits.max-row", 1 << 10, 8 << 20);
        int frame = rpc.limits().maxFrameBytes();
        settings.requireRelation(
                segment >= frame + AROUND_A_WRITE, "log.segment-size", "at least 16KiB more than", "rpc.max-frame");
        settings.requireRelation(
                maxRow + AROUND_A_WRITE <= frame, "limits.max-row", "at least 16KiB less than", "rpc.max-frame");
        int maxOperations = settings.integer("limits.max-batch-operations", 1, 1_000_000);
        long cache = settings.bytes("store.cache", 1 << 20, 1L << 40);
        long rowCache = settings.bytesOrShareOfHeap("store.row-cache", 0, 1L << 40);
        Duration connectionTimeout =
                settings.duration("store.connection-timeout", Duration.ofMillis(250), Duration.ofMinutes(5));
        Duration checkpoint =
                settings.duration("store.checkpoint-interval", Duration.ofMillis(100), Duration.ofHours(1));
        int copies = settings.integer("snapshot.copies", 1, 64);
        long changes = settings.bytes("changes.memory", 0, 1L << 40);
        int pulls = settings.integer("snapshot.pulls", 1, 8);
        // One page of each pull within the shortest idle timeout, so that no copy is given up because of the limit.
        long bandwidth = settings.bytes("snapshot.bandwidth", 1 << 20, 1L << 40);
        Duration idle = settings.duration("snapshot.idle-timeout", Duration.ofSeconds(10), Duration.ofHours(1));
        Duration progress = settings.duration("snapshot.progress-timeout", Duration.ofSeconds(1), Duration.ofHours(1));
        boolean fsync = settings.bool("log.fsync");
        int queuedWrites = settings.integer("limits.queued-writes", 1, 1_000_000);
        int queuedReads = settings.integer("limits.queued-reads", 1, 1_000_000);
        Duration lease = settings.duration("replication.lease", SHORTEST_LEASE, LONGEST_LEASE);
        settings.finish();
        LogSettings log = LogSettings.defaults().withSegmentBytes((int) segment);
        // A write comes in one message, so that whatever passes the limits of requests fits the log.
        long queued = Math.max(log.maxQueuedBytes(), frame + AROUND_A_WRITE);
        return new RegionConfig(
                zooKeeper,
                rpc,
                admin,
                directory,
                new StoreSettings(
                        url.isEmpty() ? storeIn(directory) : url,
                        settings.string("store.user"),
                        settings.string("store.password"),
                        readThreads + applyThreads + OTHER_CONNECTIONS,
                        cache,
                        rowCache,
                        copies,
                        changes,
                        Optional.of(directory.resolve("changes")),
                        connectionTimeout),
                new LogSettings(
                        log.segmentBytes(),
                        log.preallocateBytes(),
                        log.maxBatchBytes(),
                        frame,
                        queued,
                        maxLog,
                        fsync,
                        log.stallAfter()),
                new RequestLimits((int) maxRow, maxOperations, RequestLimits.DEFAULTS.maxKeys()),
                SnapshotSettings.of(frame, idle, bandwidth, pulls, progress),
                ReplicaSettings.DEFAULTS.withLease(lease),
                checkpoint,
                queuedWrites,
                queuedReads,
                readThreads,
                applyThreads);
    }

    Shards.Settings shards() {
        return new Shards.Settings(limits, queuedWrites, replication);
    }

    /** Whether the store is a file in the data directory, and not a database of its own. */
    boolean isStoreHere() {
        return store.url().equals(storeIn(dataDirectory));
    }

    private static String storeIn(Path directory) {
        return "jdbc:h2:file:" + directory.resolve("store").toAbsolutePath();
    }
}
