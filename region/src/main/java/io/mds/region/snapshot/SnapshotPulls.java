package io.mds.region.snapshot;

import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.FetchSnapshotReply;
import io.mds.proto.FetchSnapshotRequest;
import io.mds.proto.Reply;
import io.mds.region.store.Store;
import io.mds.table.TableSchema;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Pulls copies of shards into this region's store, a few at once, within a bandwidth that they share.
 *
 * <p>Those beyond wait for their turn: at most as many as the region has shards, when each is pulled once.
 *
 * <p><em>Thread:</em> any; the pulls run on threads of their own.
 */
public final class SnapshotPulls implements AutoCloseable {
    private static final long CLOSE_LIMIT_S = 10;

    private final Store store;
    private final SnapshotSettings settings;
    private final Bandwidth bandwidth;
    private final ExecutorService threads;
    private final Set<SnapshotPull> underWay = ConcurrentHashMap.newKeySet();

    public SnapshotPulls(Store store, SnapshotSettings settings) {
        this.store = store;
        this.settings = settings;
        this.bandwidth = new Bandwidth(settings.bytesPerSecond(), System::nanoTime);
        AtomicInteger number = new AtomicInteger();
        this.threads = Executors.newFixedThreadPool(settings.pulls(), work -> {
            Thread thread = new Thread(work, "region-pull-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Whom a pull tells how far it is; on the pull's thread, must not block for long. */
    public interface Progress {
        Progress NONE = (rows, totalRows, bytes) -> {};

        /** @param rows of {@code totalRows} that have come, since the pull began for the last time */
        void at(long rows, long totalRows, long bytes);
    }

    /**
     * Begins to pull a shard.
     *
     * @param schema of the shard's table, where the source does not tell it
     * @param view recorded with the copy, unless the store has a newer one
     * @param source asks the region that has the shard, with a deadline on each call
     * @throws java.util.concurrent.RejectedExecutionException after the end
     */
    public SnapshotPull start(
            ShardId shard,
            TableSchema schema,
            ViewNumber view,
            Function<FetchSnapshotRequest, CompletableFuture<Reply>> source,
            Progress progress) {
        SnapshotPull pull = new SnapshotPull(
                first -> store.replace(shard, schemaOf(first, schema), view),
                () -> SnapshotPull.shardOf(store, shard),
                FetchSnapshotRequest.newBuilder()
                        .setWithLog(true)
                        .setTableId(schema.tableId())
                        .setShardId(shard.value())
                        .build(),
                source,
                settings,
                bandwidth,
                progress);
        underWay.add(pull);
        threads.execute(() -> {
            try {
                pull.run();
            } finally {
                underWay.remove(pull);
            }
        });
        return pull;
    }

    /** Of the rows that come, which may be older or newer than what is known here. */
    private static TableSchema schemaOf(FetchSnapshotReply first, TableSchema known) {
        return first.hasSchema() ? TableSchema.fromProto(first.getSchema()) : known;
    }

    /** Pulls under way, and those that wait. Never blocks. */
    public int count() {
        return underWay.size();
    }

    /** Gives up what is under way. */
    @Override
    public void close() {
        threads.shutdown();
        underWay.forEach(pull -> pull.cancel("this region stops"));
        try {
            if (!threads.awaitTermination(CLOSE_LIMIT_S, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
