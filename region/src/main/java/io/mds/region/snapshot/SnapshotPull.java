package io.mds.region.snapshot;

import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ErrorCode;
import io.mds.proto.FetchSnapshotReply;
import io.mds.proto.FetchSnapshotRequest;
import io.mds.proto.Reply;
import io.mds.region.snapshot.SnapshotPulls.Progress;
import io.mds.region.store.ShardInstall;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.wal.LogPosition;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One shard's copy on its way into the store: page by page, each asked for until it comes whole, and from the beginning when
 * the other side has forgotten the copy. Nothing of it is seen before all of it is there.
 *
 * <p><em>Thread:</em> any; it runs, and its result completes, on a thread of {@link SnapshotPulls}.
 */
public final class SnapshotPull {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotPull.class);
    private static final int MAX_BEGINS = 8;
    private static final Duration MIN_PAUSE = Duration.ofMillis(20);
    private static final Duration MAX_PAUSE = Duration.ofSeconds(5);

    private final Function<FetchSnapshotReply, ShardInstall> installs;
    private final Supplier<ShardStore> shard;
    private final FetchSnapshotRequest request;
    private final Function<FetchSnapshotRequest, CompletableFuture<Reply>> source;
    private final SnapshotSettings settings;
    private final Bandwidth bandwidth;
    private final Progress progress;
    private final CompletableFuture<LogPosition> result = new CompletableFuture<>();
    /** Completed with the reason. */
    private final CompletableFuture<String> cancelled = new CompletableFuture<>();

    private final AtomicBoolean started = new AtomicBoolean();

    /** Confined to the thread that runs. */
    private long progressNanos;

    SnapshotPull(
            Function<FetchSnapshotReply, ShardInstall> installs,
            Supplier<ShardStore> shard,
            FetchSnapshotRequest request,
            Function<FetchSnapshotRequest, CompletableFuture<Reply>> source,
            SnapshotSettings settings,
            Bandwidth bandwidth,
            Progress progress) {
        this.installs = installs;
        this.shard = shard;
        this.request = request;
        this.source = source;
        this.settings = settings;
        this.bandwidth = bandwidth;
        this.progress = progress;
    }

    /** The shard that is pulled, which may have been dropped meanwhile. */
    static ShardStore shardOf(Store store, ShardId shard) {
        return store.shard(shard).orElseThrow(() -> failed("shard " + shard + " was dropped"));
    }

    /**
     * Where the shard is once the copy is installed, or, when it got further by itself meanwhile, without it. Fails with an
     * {@link MdsException} when the source refused or gave no page for too long, with a {@link
     * io.mds.region.store.StoreException} when this region's store failed, or is cancelled.
     */
    public CompletableFuture<LogPosition> result() {
        return result;
    }

    /** Gives up, unless the end is near; the result tells, with the reason. Never blocks. */
    public void cancel(String reason) {
        cancelled.complete(reason);
        if (started.compareAndSet(false, true)) {
            result.completeExceptionally(new CancellationException(reason));
        }
    }

    /** The copy that was being pulled is of no use. */
    static final class BeginAgain extends Exception {
        private static final long serialVersionUID = 1L;

        BeginAgain(String reason) {
            super(reason, null, false, false);
        }
    }

    /** Blocks until the end. */
    void run() {
        if (!started.compareAndSet(false, true)) {
            return;
        }
        try {
            progressNanos = System.nanoTime();
            result.complete(pull());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            result.completeExceptionally(new CancellationException(cancelled.getNow("it was interrupted")));
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
    }

    private LogPosition pull() throws InterruptedException {
        for (int begin = 1; ; begin++) {
            try {
                return pullOnce();
            } catch (BeginAgain e) {
                LOG.info("the snapshot of shard {} is pulled from the beginning: {}", name(), e.getMessage());
                if (begin == MAX_BEGINS) {
                    throw failed("the snapshot of shard " + name() + " was begun " + MAX_BEGINS
                            + " times and never came to its end; the last time: " + e.getMessage());
                }
                pause(backOff(begin));
            }
        }
    }

    private String name() {
        return Long.toString(request.getShardId());
    }

    private LogPosition pullOnce() throws BeginAgain, InterruptedException {
        FetchSnapshotReply first = fetch(0, 0);
        try {
            int[] pages = {install(first)};
            PulledLog log = new PulledLog(shard.get());
            try {
                log.follow(() -> next(first, ++pages[0]));
            } catch (BeginAgain | MdsException e) {
                // The copy is of use all the same: its leader may still have what came after it.
                LOG.info("shard {}: the log after its snapshot did not come: {}", name(), e.getMessage());
            }
            return log.end();
        } finally {
            giveUp(first.getSnapshotId());
        }
    }

    /** Gives the number of the last page. */
    private int install(FetchSnapshotReply first) throws BeginAgain, InterruptedException {
        try (ShardInstall install = installs.apply(first)) {
            FetchSnapshotReply page = first;
            long bytes = 0;
            while (true) {
                install.add(page.getRowsList(), page.getRequestsList());
                bytes += page.getSerializedSize();
                progressNanos = System.nanoTime();
                progress.at(install.rows(), first.getTotalRows(), bytes);
                if (page.getLast()) {
                    break;
                }
                page = next(first, page.getPage() + 1);
            }
            if (install.rows() != first.getTotalRows()) {
                throw new BeginAgain("it had " + install.rows() + " rows instead of " + first.getTotalRows());
            }
            requireNotCancelled();
            // When the shard got further by itself, what it has is better.
            boolean unused = install.finish(
                    new LogIndex(first.getAppliedIndex()),
                    new ViewNumber(first.getAppliedView()),
                    first.getTotalRows());
            return page.getPage();
        }
    }

    private FetchSnapshotReply next(FetchSnapshotReply first, int number) throws BeginAgain, InterruptedException {
        FetchSnapshotReply page = fetch(first.getSnapshotId(), number);
        requireSameCopy(first, page);
        progressNanos = System.nanoTime();
        pause(Duration.ofNanos(bandwidth.take(page.getSerializedSize())));
        return page;
    }

    /** Spares the other side keeping what nobody will ask for any more; when it does not hear of it, time tells it. */
    @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for it
    private void giveUp(long snapshotId) {
        call(request.toBuilder().setSnapshotId(snapshotId).setEnd(true)).exceptionally(failure -> {
            LOG.debug("snapshot {} of shard {} could not be given up", snapshotId, name(), failure);
            return null;
        });
    }

    private CompletableFuture<Reply> call(FetchSnapshotRequest.Builder asked) {
        try {
            return source.apply(asked.build());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static void requireSameCopy(FetchSnapshotReply first, FetchSnapshotReply page) throws BeginAgain {
        if (page.getAppliedIndex() != first.getAppliedIndex()
                || page.getAppliedView() != first.getAppliedView()
                || page.getTotalRows() != first.getTotalRows()) {
            throw new BeginAgain("page " + page.getPage() + " is of another state of the shard");
        }
    }

    /** A page, asked for as often as it takes. */
    private FetchSnapshotReply fetch(long snapshotId, int number) throws BeginAgain, InterruptedException {
        FetchSnapshotRequest asked =
                request.toBuilder().setSnapshotId(snapshotId).setPage(number).build();
        for (int attempt = 1; ; attempt++) {
            requireNotCancelled();
            MdsException problem;
            try {
                FetchSnapshotReply page = await(asked).getFetchSnapshot();
                if (page.getPage() == number
                        && page.getSnapshotId() != 0
                        && (snapshotId == 0 || page.getSnapshotId() == snapshotId)
                        && page.getChecksum() == PageChecksum.of(page)) {
                    return page;
                }
                problem = failed("page " + number + " of the snapshot of shard " + name() + " came damaged");
            } catch (MdsException e) {
                if (e.code() == ErrorCode.NOT_FOUND && snapshotId != 0) {
                    throw new BeginAgain(e.getMessage());
                }
                if ((!e.isRetryable() && e.code() != ErrorCode.DEADLINE_EXCEEDED)
                        || e.code() == ErrorCode.NOT_LEADER
                        || e.code() == ErrorCode.STALE_ROUTE) {
                    throw e;
                }
                problem = e;
            }
            Duration pause = backOff(attempt);
            if (problem.retryAfter().compareTo(pause) > 0) {
                pause = problem.retryAfter().compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : problem.retryAfter();
            }
            if (System.nanoTime() - progressNanos + pause.toNanos()
                    > settings.progressTimeout().toNanos()) {
                throw failed("no page of the snapshot of shard " + name() + " has come for "
                        + settings.progressTimeout().toMillis()
                        + " ms (limit: snapshot.progress-timeout); the last problem: " + problem.getMessage());
            }
            pause(pause);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // of an answer that nobody waits for any more
    private Reply await(FetchSnapshotRequest asked) throws InterruptedException {
        CompletableFuture<Reply> reply = call(asked.toBuilder());
        boolean ended = false;
        try {
            CompletableFuture.anyOf(reply, cancelled).get(settings.pageTimeout().toNanos(), TimeUnit.NANOSECONDS);
            requireNotCancelled();
            ended = true;
            return reply.join();
        } catch (TimeoutException e) {
            throw MdsException.builder(
                            ErrorCode.DEADLINE_EXCEEDED,
                            "no answer within " + settings.pageTimeout().toMillis() + " ms")
                    .withoutStackTrace()
                    .build();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof MdsException refused) {
                throw refused;
            }
            throw MdsException.builder(ErrorCode.UNAVAILABLE, "the call failed: " + e.getCause())
                    .cause(e.getCause())
                    .build();
        } finally {
            if (!ended && asked.getSnapshotId() == 0) {
                // It may still come, and have begun a copy.
                reply.thenAccept(late -> giveUp(late.getFetchSnapshot().getSnapshotId()));
            }
        }
    }

    private static MdsException failed(String problem) {
        return MdsException.builder(ErrorCode.UNAVAILABLE, problem)
                .withoutStackTrace()
                .build();
    }

    private static Duration backOff(int attempt) {
        long max = Math.min(MAX_PAUSE.toNanos(), MIN_PAUSE.toNanos() << Math.min(attempt - 1, 20));
        return Duration.ofNanos(max / 2 + ThreadLocalRandom.current().nextLong(max / 2 + 1));
    }

    private void requireNotCancelled() {
        if (cancelled.isDone()) {
            throw new CancellationException(cancelled.join());
        }
    }

    private void pause(Duration time) throws InterruptedException {
        try {
            cancelled.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        requireNotCancelled();
    }
}
