package io.mds.region.snapshot;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.proto.ErrorCode;
import io.mds.proto.FetchSnapshotReply;
import io.mds.proto.FetchSnapshotRequest;
import io.mds.proto.Reply;
import io.mds.region.store.ShardCopy;
import io.mds.region.store.ShardStore;
import io.mds.region.store.StoreException;
import io.mds.rpc.Replier;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers those who pull copies of this region's shards.
 *
 * <p>A copy is closed when its last page was read, or nobody has asked for a page for the idle timeout. How many are open at
 * once is the store's limit.
 *
 * <p><em>Thread:</em> any; the work is done on the workers, and one thread of its own closes what is idle.
 */
public final class SnapshotServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotServer.class);
    private static final Duration RETRY_AFTER = Duration.ofMillis(200);

    /** Between two looks at what is applied after the copies. */
    private static final long SPILL_MS = 100;

    /** Copies whose last page was read, and may have to be sent again. */
    private static final int MAX_DONE = 16;

    private final Function<ShardId, Optional<ShardStore>> shards;
    private final Executor workers;
    private final SnapshotSettings settings;
    private final Path directory;
    private final SecureRandom ids = new SecureRandom();
    private final Map<Long, ServedCopy> copies = new ConcurrentHashMap<>();
    private final ScheduledExecutorService expiry = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "region-snapshot-expiry");
        thread.setDaemon(true);
        return thread;
    });

    private volatile boolean closed;

    /**
     * @param shards those that this region may give copies of
     * @param workers threads that may block on the store
     * @param directory for files that last as long as a copy is pulled
     */
    @SuppressWarnings("FutureReturnValueIgnored") // it runs until the server is closed
    public SnapshotServer(
            Function<ShardId, Optional<ShardStore>> shards,
            Executor workers,
            SnapshotSettings settings,
            Path directory) {
        this.directory = directory;
        this.shards = shards;
        this.workers = workers;
        this.settings = settings;
        long pause = Math.max(1, settings.idleTimeout().toMillis() / 4);
        expiry.scheduleWithFixedDelay(this::closeIdle, pause, pause, TimeUnit.MILLISECONDS);
        expiry.scheduleWithFixedDelay(
                () -> copies.values().forEach(ServedCopy::spill), SPILL_MS, SPILL_MS, TimeUnit.MILLISECONDS);
    }

    /** Answers later, on a worker; never blocks. */
    public void fetch(FetchSnapshotRequest request, Replier reply) {
        try {
            workers.execute(() -> answer(request, reply));
        } catch (RejectedExecutionException e) {
            reply.fail(MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED, "too much work waits on this region to read a snapshot")
                    .retryAfter(RETRY_AFTER)
                    .withoutStackTrace()
                    .build());
        }
    }

    private void answer(FetchSnapshotRequest request, Replier reply) {
        FetchSnapshotReply page;
        try {
            page = page(request);
        } catch (MdsException e) {
            reply.fail(e);
            return;
        } catch (RuntimeException e) {
            if (e instanceof StoreException) {
                LOG.warn("a page of a snapshot could not be read: {}", e.getMessage());
            } else {
                LOG.error("a page of a snapshot of shard {} could not be made", request.getShardId(), e);
            }
            reply.fail(MdsException.builder(
                            ErrorCode.UNAVAILABLE,
                            "a page of a snapshot of shard " + request.getShardId() + " could not be read: "
                                    + e.getMessage())
                    .retryAfter(RETRY_AFTER)
                    .withoutStackTrace()
                    .build());
            return;
        }
        reply.reply(Reply.newBuilder().setFetchSnapshot(page));
    }

    private FetchSnapshotReply page(FetchSnapshotRequest request) {
        if (request.getEnd()) {
            Optional.ofNullable(copies.get(request.getSnapshotId())).ifPresent(this::remove);
            return FetchSnapshotReply.newBuilder()
                    .setSnapshotId(request.getSnapshotId())
                    .build();
        }
        ServedCopy copy = request.getSnapshotId() == 0 ? begin(request) : find(request);
        boolean read = false;
        try {
            FetchSnapshotReply page = copy.page(request.getPage());
            read = true;
            if (page.getLast()) {
                forgetDone();
            }
            return page;
        } catch (MdsException e) {
            // A page that is not there; the copy is as good as it was.
            read = true;
            throw e;
        } finally {
            if (!read) {
                remove(copy);
            }
        }
    }

    private ServedCopy find(FetchSnapshotRequest request) {
        ServedCopy copy = copies.get(request.getSnapshotId());
        if (copy == null) {
            throw refused(
                    ErrorCode.NOT_FOUND,
                    "snapshot " + request.getSnapshotId() + " of shard " + request.getShardId()
                            + " is not open, or no longer (idle timeout: "
                            + settings.idleTimeout().toMillis() + " ms): begin a new one");
        }
        return copy;
    }

    private ServedCopy begin(FetchSnapshotRequest request) {
        ShardStore shard = shards.apply(new ShardId(request.getShardId()))
                .orElseThrow(() ->
                        refused(ErrorCode.NOT_LEADER, "shard " + request.getShardId() + " is not led by this region"));
        if (shard.schema().tableId() != request.getTableId()) {
            throw refused(
                    ErrorCode.STALE_ROUTE,
                    "shard " + request.getShardId() + " belongs to table "
                            + shard.schema().tableId() + ", not " + request.getTableId());
        }
        long id = 0;
        while (id == 0 || copies.containsKey(id)) {
            id = ids.nextLong();
        }
        ServedCopy copy = open(id, shard, request.getWithLog());
        copies.put(id, copy);
        if (closed) {
            remove(copy);
            throw refused(ErrorCode.UNAVAILABLE, "the region ends");
        }
        return copy;
    }

    private ServedCopy open(long id, ShardStore shard, boolean withLog) {
        // First the tail, so that nothing is missing between the copy and it.
        CopyTail tail = withLog ? CopyTail.of(shard, directory) : null;
        ServedCopy copy = null;
        try {
            copy = new ServedCopy(id, copyOf(shard), tail, settings.pageBytes());
            return copy;
        } finally {
            if (copy == null && tail != null) {
                tail.close();
            }
        }
    }

    /** A copy, in the place of one that is likely forgotten when there is no other. */
    private ShardCopy copyOf(ShardStore shard) {
        try {
            return shard.copy();
        } catch (MdsException e) {
            long now = System.nanoTime();
            Duration quiet = settings.idleTimeout().dividedBy(3);
            Optional<ServedCopy> forgotten = copies.values().stream()
                    .filter(copy -> !copy.isDone() && copy.isIdle(now, quiet))
                    .min(Comparator.comparingLong(copy -> copy.usedNanos() - now));
            if (e.code() != ErrorCode.RESOURCE_EXHAUSTED || forgotten.isEmpty()) {
                throw e;
            }
            remove(forgotten.get());
            return shard.copy();
        }
    }

    private static MdsException refused(ErrorCode code, String message) {
        return MdsException.builder(code, message).withoutStackTrace().build();
    }

    private void remove(ServedCopy copy) {
        copies.remove(copy.id());
        copy.close();
    }

    private void forgetDone() {
        long now = System.nanoTime();
        List<ServedCopy> done = copies.values().stream()
                .filter(ServedCopy::isDone)
                .sorted(Comparator.comparingLong(copy -> copy.usedNanos() - now))
                .toList();
        done.subList(0, Math.max(0, done.size() - MAX_DONE)).forEach(this::remove);
    }

    private void closeIdle() {
        long now = System.nanoTime();
        for (ServedCopy copy : copies.values()) {
            if (copy.isIdle(now, settings.idleTimeout())) {
                if (!copy.isDone()) {
                    LOG.info("a snapshot that nobody has asked for any more is closed");
                }
                remove(copy);
            }
        }
    }

    /** Snapshots that can be asked for. Never blocks. */
    public int open() {
        return copies.size();
    }

    @Override
    public void close() {
        closed = true;
        expiry.shutdownNow();
        copies.values().forEach(this::remove);
    }
}
