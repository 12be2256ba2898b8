package io.mds.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.mds.client.internal.CachedTable;
import io.mds.client.internal.ChangesCall;
import io.mds.client.internal.ClusterAccess;
import io.mds.client.internal.Failures;
import io.mds.client.internal.TableLayout;
import io.mds.client.internal.TableRoutes;
import io.mds.client.internal.WatchPositions;
import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.proto.ChangesReply;
import io.mds.proto.ErrorCode;
import io.mds.proto.RowChange;
import io.mds.rpc.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The changes of all shards of a table, merged as they come. Each shard has one question under way, or changes that wait here.
 *
 * <p><em>Thread:</em> any; questions are asked, and those who wait are woken, outside the lock.
 */
final class TableWatch implements ChangeStream {
    private static final int BEGINNINGS_AT_ONCE = 64;
    private static final int ROWS_AT_ONCE = 1_000;
    private static final int MIN_ROWS_AT_ONCE = 16;
    /** Changes that may wait here before shards are not asked for more. */
    private static final int MAX_WAITING = 16_000;

    private final ClusterAccess access;
    private final CachedTable table;
    private final long tableId;
    private final TableLayout firstLayout;
    private final Executor executor;
    private final int rowsAtOnce;
    private final List<Feed> feeds = new ArrayList<>();

    /** Those with changes that wait; the first one's are taken. */
    @GuardedBy("this")
    private final Deque<Feed> ready = new ArrayDeque<>();

    /** Those that are to be asked when fewer changes wait. */
    @GuardedBy("this")
    private final Deque<Feed> resting = new ArrayDeque<>();

    @GuardedBy("this")
    private int waiting;

    @GuardedBy("this")
    private MdsException failure;

    @GuardedBy("this")
    private boolean closed;

    /** Completes when there may be something to take, or the end. */
    @GuardedBy("this")
    private CompletableFuture<Void> news = new CompletableFuture<>();

    /** One shard. Guarded by the watch. */
    private static final class Feed {
        private final int number;
        private final ShardId shard;
        private final Deque<RowChange> changes = new ArrayDeque<>();
        /** All changes up to here were taken. */
        private long taken;
        /** All changes up to here were taken when none waits. */
        private long told;

        private Feed(int number, ShardId shard, long position) {
            this.number = number;
            this.shard = shard;
            this.taken = position;
            this.told = position;
        }
    }

    private TableWatch(ClusterAccess access, Target target, List<Long> positions, Executor executor) {
        this.access = access;
        this.table = target.table();
        this.tableId = target.routes().tableId();
        this.firstLayout = target.layout();
        this.executor = executor;
        this.rowsAtOnce = Math.max(MIN_ROWS_AT_ONCE, Math.min(ROWS_AT_ONCE, MAX_WAITING / positions.size()));
        for (int i = 0; i < positions.size(); i++) {
            feeds.add(new Feed(i, new ShardId(target.routes().shardId(i)), positions.get(i)));
        }
    }

    static CompletableFuture<ChangeStream> open(
            ClusterAccess access, Target target, WatchFrom from, Executor executor, Deadline deadline) {
        return positions(access, target, from, deadline).thenApply(positions -> {
            TableWatch watch = new TableWatch(access, target, positions, executor);
            watch.feeds.forEach(watch::ask);
            return watch;
        });
    }

    private static CompletableFuture<List<Long>> positions(
            ClusterAccess access, Target target, WatchFrom from, Deadline deadline) {
        long tableId = target.routes().tableId();
        int shards = target.routes().shardCount();
        if (from.positions().isEmpty()) {
            return Fanout.run(
                    shards,
                    BEGINNINGS_AT_ONCE,
                    i -> ChangesCall.fromNow(access, target.table(), tableId, i, deadline)
                            .thenApply(ChangesReply::getPosition));
        }
        WatchPositions given = from.positions().get();
        if (given.tableId() != tableId || given.shards().size() != shards) {
            return CompletableFuture.failedFuture(Encoding.invalid(
                    target.routes().schema(),
                    "the watch token is of table id " + given.tableId() + " with "
                            + given.shards().size() + " shards, and this one has id " + tableId + " and " + shards
                            + "; a table that was made anew is watched from now"));
        }
        return CompletableFuture.completedFuture(given.shards());
    }

    private void ask(Feed feed) {
        long after;
        synchronized (this) {
            if (closed || failure != null) {
                return;
            }
            after = feed.told;
        }
        CompletableFuture<ChangesReply> unused = ChangesCall.after(
                        access, table, tableId, feed.number, after, rowsAtOnce)
                .whenComplete((reply, error) -> answered(feed, reply, error));
    }

    private void answered(Feed feed, ChangesReply reply, Throwable error) {
        boolean none = false;
        CompletableFuture<Void> wake = null;
        synchronized (this) {
            if (error != null) {
                failure = failure == null ? Failures.unwrap(error) : failure;
                wake = news;
            } else {
                feed.told = reply.getPosition();
                none = reply.getChangesCount() == 0;
                if (none) {
                    feed.taken = feed.told;
                } else {
                    feed.changes.addAll(reply.getChangesList());
                    waiting += reply.getChangesCount();
                    ready.add(feed);
                    wake = news;
                }
            }
        }
        if (wake != null) {
            wake.complete(null);
        }
        if (none) {
            ask(feed);
        }
    }

    /** Null when there is none now. */
    private Change take() {
        Feed feed;
        RowChange change;
        List<Feed> toAsk = new ArrayList<>();
        synchronized (this) {
            feed = ready.peek();
            if (feed == null || closed) {
                if (failure != null && !closed) {
                    throw Failures.atCaller(failure);
                }
                news = news.isDone() && !closed ? new CompletableFuture<>() : news;
                return null;
            }
            change = feed.changes.remove();
            waiting--;
            RowChange next = feed.changes.peek();
            if (next == null) {
                feed.taken = feed.told;
                ready.remove();
                resting.add(feed);
            } else if (next.getVersion() != change.getVersion()) {
                feed.taken = change.getVersion();
            }
            if (waiting < MAX_WAITING) {
                toAsk.addAll(resting);
                resting.clear();
            }
        }
        toAsk.forEach(this::ask);
        return decode(feed, change);
    }

    private Change decode(Feed feed, RowChange change) {
        TableRoutes now = table.current();
        // Changes of columns are seen as they come.
        TableLayout layout = now.tableId() == tableId ? now.layout() : firstLayout;
        ByteString key = change.getKey();
        Object[] values = layout.keys().decode(key);
        Optional<Row> row = change.hasRow()
                ? Optional.of(new Row(
                        layout.all().names(),
                        layout.cells(layout.all(), values, change.getRow()),
                        change.getVersion(),
                        ReadSettings.UNKNOWN_STALENESS))
                : Optional.empty();
        return new Change(
                feed.shard, Key.of(values), row, change.getVersion(), Instant.ofEpochMilli(change.getTimestampMs()));
    }

    /** Waits until there is a change; false when the time is over, or the stream closed. */
    private boolean await(long nanos) {
        Calls.requireMayBlock();
        long end = System.nanoTime() + nanos;
        while (true) {
            CompletableFuture<Void> wake;
            synchronized (this) {
                if (closed) {
                    return false;
                }
                if (!ready.isEmpty()) {
                    return true;
                }
                if (failure != null) {
                    throw Failures.atCaller(failure);
                }
                news = news.isDone() ? new CompletableFuture<>() : news;
                wake = news;
            }
            try {
                wake.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                return false;
            } catch (ExecutionException e) {
                throw new IllegalStateException("news that failed", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw MdsException.builder(ErrorCode.UNAVAILABLE, "interrupted while waiting for changes")
                        .retryable(false)
                        .cause(e)
                        .build();
            }
        }
    }

    @Override
    public boolean hasNext() {
        return await(Long.MAX_VALUE / 2);
    }

    @Override
    public Change next() {
        Change change = hasNext() ? take() : null;
        if (change == null) {
            throw new NoSuchElementException("the change stream is closed");
        }
        return change;
    }

    @Override
    public Optional<Change> poll(Duration patience) {
        return await(patience.toNanos()) ? Optional.ofNullable(take()) : Optional.empty();
    }

    @Override
    public CompletableFuture<Change> nextAsync() {
        return Calls.async(executor, this::nextLater);
    }

    private CompletableFuture<Change> nextLater() {
        Change change = take();
        if (change != null) {
            return CompletableFuture.completedFuture(change);
        }
        CompletableFuture<Void> wake;
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(
                        MdsException.builder(ErrorCode.UNAVAILABLE, "the change stream is closed")
                                .retryable(false)
                                .withoutStackTrace()
                                .build());
            }
            wake = news;
        }
        return wake.thenCompose(woken -> nextLater());
    }

    @Override
    public synchronized String token() {
        return new WatchPositions(
                        tableId, feeds.stream().map(feed -> feed.taken).toList())
                .write();
    }

    @Override
    public void close() {
        CompletableFuture<Void> wake;
        synchronized (this) {
            closed = true;
            wake = news;
        }
        // The questions under way end by themselves, within the time that a region lets them wait.
        wake.complete(null);
    }

    @Override
    public synchronized String toString() {
        return "ChangeStream[" + table.name() + (closed ? ", closed]" : "]");
    }
}
