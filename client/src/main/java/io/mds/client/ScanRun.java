package io.mds.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.client.internal.ClusterAccess;
import io.mds.client.internal.Failures;
import io.mds.client.internal.ReadPolicy;
import io.mds.client.internal.TableLayout;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Filter;
import io.mds.proto.KeyRange;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.rpc.Deadline;
import io.mds.table.WireRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * One scan under way: a cursor on each shard, whose rows are merged by their encoded keys.
 *
 * <p>A row is handed out only when every cursor that is not at its end has a row to compare. Each cursor fetches its next page
 * as soon as one arrives, and no further ahead. A page that was fetched ahead and failed is asked for again when it is needed.
 *
 * <p><em>Thread:</em> pages are asked for by one thread at a time; answers arrive on network threads; the state is guarded by the
 * lock, requests are sent and futures completed outside it.
 */
final class ScanRun {
    private static final int SHARDS_AT_ONCE = 64;
    private static final int MIN_PAGE_ROWS = 50;

    private final ClusterAccess access;
    private final Target target;
    private final TableLayout.Projection projection;
    private final List<Integer> columnIds;
    private final Filter filter;
    private final boolean reverse;
    private final int pageRows;
    private final Duration timeout;
    private final ReadSettings settings;
    private final ReadPolicy policy;
    private final List<Cursor> cursors = new ArrayList<>();

    /** Cursors with a row to compare, the one with the first row first. */
    @GuardedBy("this")
    private final PriorityQueue<Cursor> ready;

    /** Cursors that have no row yet and are not at their end. */
    @GuardedBy("this")
    private int empty;

    @GuardedBy("this")
    private int opened;

    @GuardedBy("this")
    private long rowsLeft;

    @GuardedBy("this")
    private CompletableFuture<List<WireRow>> wanted;

    @GuardedBy("this")
    private boolean closed;

    @GuardedBy("this")
    private int stalenessMs;

    @GuardedBy("this")
    private boolean answered;

    ScanRun(
            ClusterAccess access,
            Target target,
            Scan scan,
            int pageRows,
            Duration timeout,
            ReadSettings tableSettings) {
        TableLayout layout = target.layout();
        this.access = access;
        this.target = target;
        this.projection = layout.project(scan.columns());
        this.columnIds = scan.columns().isEmpty() ? List.of() : projection.columnIds();
        this.filter = scan.filter()
                .map(where -> Encoding.filter(layout.schema(), where))
                .orElse(null);
        this.reverse = scan.isReverse();
        this.timeout = timeout;
        this.settings = tableSettings.of(scan);
        this.policy = settings.policy();
        this.rowsLeft = scan.limit() == 0 ? Long.MAX_VALUE : scan.limit();
        Reads.Bounds bounds = Reads.Bounds.of(layout, scan);
        if (!bounds.isEmpty()) {
            for (int shard : bounds.shards(target.routes().shardCount())) {
                cursors.add(new Cursor(shard, bounds.range()));
            }
        }
        this.pageRows = cursors.size() <= 1
                ? pageRows
                : Math.min(pageRows, Math.max(MIN_PAGE_ROWS, 4 * pageRows / cursors.size()));
        this.empty = cursors.size();
        Comparator<WireRow> byKey = WireRow::compareKey;
        this.ready = new PriorityQueue<>(
                Math.max(1, cursors.size()), Comparator.comparing(Cursor::first, reverse ? byKey.reversed() : byKey));
    }

    /** The next rows in order, empty when the scan is at its end. One call at a time. */
    CompletableFuture<List<WireRow>> nextRows() {
        CompletableFuture<List<WireRow>> mine = new CompletableFuture<>();
        List<Cursor> fetch = new ArrayList<>();
        synchronized (this) {
            if (wanted != null) {
                return CompletableFuture.failedFuture(MdsException.of(
                        ErrorCode.INVALID_ARGUMENT, "the next page of this scan is under way already; wait for it"));
            }
            wanted = mine;
            while (opened < Math.min(cursors.size(), SHARDS_AT_ONCE)) {
                fetch.add(cursors.get(opened++));
            }
            for (Cursor cursor : cursors.subList(0, opened)) {
                if (cursor.failedAhead) {
                    cursor.failedAhead = false;
                    fetch.add(cursor);
                }
            }
        }
        fetch.forEach(this::fetch);
        handOut();
        return mine;
    }

    synchronized boolean isAtEnd() {
        return closed || rowsLeft == 0 || (empty == 0 && ready.isEmpty());
    }

    /** A row that {@link #nextRows} gave last. */
    Row decode(WireRow row) {
        int staleness;
        synchronized (this) {
            staleness = stalenessMs;
        }
        return new Row(projection.names(), target.layout().cells(projection, row), row.version(), staleness);
    }

    synchronized Optional<Duration> staleness() {
        return answered ? ReadSettings.duration(stalenessMs) : Optional.empty();
    }

    void close() {
        CompletableFuture<List<WireRow>> waiter;
        synchronized (this) {
            closed = true;
            waiter = wanted;
            wanted = null;
            ready.clear();
            cursors.forEach(cursor -> cursor.rows = List.of());
        }
        if (waiter != null) {
            waiter.complete(List.of());
        }
    }

    private void fetch(Cursor cursor) {
        KeyRange range;
        int limit;
        synchronized (this) {
            range = cursor.remaining;
            limit = (int) Math.min(pageRows, rowsLeft);
        }
        CompletableFuture<Reply> unused = access.read(
                        target.table(),
                        target.routes(),
                        cursor.shard,
                        policy,
                        (shard, terms) -> {
                            ScanRequest.Builder scan = ScanRequest.newBuilder()
                                    .setShard(shard)
                                    .setRange(range)
                                    .addAllColumns(columnIds)
                                    .setLimit(limit)
                                    .setReverse(reverse)
                                    .setConsistency(terms.consistency());
                            if (terms.freshness() != null) {
                                scan.setFreshness(terms.freshness());
                            }
                            if (filter != null) {
                                scan.setFilter(filter);
                            }
                            return Request.newBuilder().setScan(scan);
                        },
                        Deadline.after(timeout))
                .whenComplete((reply, error) -> {
                    if (error != null) {
                        failed(cursor, Failures.unwrap(error));
                    } else if (!reply.hasScan()) {
                        failed(cursor, Calls.unexpected(reply));
                    } else {
                        arrived(cursor, reply);
                    }
                });
    }

    private void arrived(Cursor cursor, Reply reply) {
        ScanReply answer = reply.getScan();
        Fetched page;
        try {
            page = new Fetched(
                    answer.getRowsList().stream().map(WireRow::of).toList(),
                    answer.hasRemaining() ? answer.getRemaining() : null);
        } catch (MdsException e) {
            failed(cursor, e);
            return;
        }
        int pageStalenessMs = settings.observe(target, cursor.shard, reply);
        List<Cursor> fetch = new ArrayList<>();
        synchronized (this) {
            if (closed) {
                return;
            }
            stalenessMs = answered ? ReadSettings.worse(stalenessMs, pageStalenessMs) : pageStalenessMs;
            answered = true;
            if (cursor.isEmpty()) {
                fetch.addAll(begin(cursor, page));
            } else {
                cursor.ahead = page;
            }
            if (opened < cursors.size()) {
                fetch.add(cursors.get(opened++));
            }
        }
        fetch.forEach(this::fetch);
        handOut();
    }

    /** Makes a page the cursor's current one; answers the cursor if its next page is to be fetched. */
    @GuardedBy("this")
    private List<Cursor> begin(Cursor cursor, Fetched page) {
        cursor.rows = page.rows();
        cursor.position = 0;
        cursor.remaining = page.remaining();
        cursor.ahead = null;
        if (!cursor.rows.isEmpty()) {
            empty--;
            ready.add(cursor);
        } else if (cursor.remaining == null) {
            empty--;
        }
        boolean more = cursor.remaining != null && cursor.rows.size() < rowsLeft;
        return more ? List.of(cursor) : List.of();
    }

    private void failed(Cursor cursor, MdsException e) {
        CompletableFuture<List<WireRow>> waiter = null;
        synchronized (this) {
            cursor.failedAhead = true;
            if (cursor.isEmpty() && wanted != null) {
                waiter = wanted;
                wanted = null;
            }
        }
        if (waiter != null) {
            waiter.completeExceptionally(e);
        }
    }

    /** Gives the waiting caller what can be given in order, if that is anything. */
    private void handOut() {
        List<WireRow> rows = new ArrayList<>();
        List<Cursor> fetch = new ArrayList<>();
        CompletableFuture<List<WireRow>> waiter = null;
        synchronized (this) {
            if (wanted == null) {
                return;
            }
            while (empty == 0 && rowsLeft > 0 && rows.size() < pageRows && !ready.isEmpty()) {
                Cursor first = ready.poll();
                rows.add(first.take());
                rowsLeft--;
                if (!first.isEmpty()) {
                    ready.add(first);
                } else if (first.remaining != null) {
                    empty++;
                    if (first.ahead != null) {
                        fetch.addAll(begin(first, first.ahead));
                    }
                }
            }
            if (!rows.isEmpty() || isAtEnd()) {
                waiter = wanted;
                wanted = null;
            }
        }
        fetch.forEach(this::fetch);
        if (waiter != null) {
            waiter.complete(rows);
        }
    }

    /** The first page, for callers that do not wait. */
    CompletableFuture<ScanPage> firstPage(Executor executor) {
        return nextRows().thenApply(rows -> new Page(rows, executor));
    }

    /**
     * A page of one shard.
     *
     * @param remaining null when the shard has no more
     */
    private record Fetched(List<WireRow> rows, KeyRange remaining) {}

    /** The scan's place on one shard. Guarded by the run's lock. */
    private static final class Cursor {
        private final int shard;
        private List<WireRow> rows = List.of();
        private int position;
        private KeyRange remaining;
        private Fetched ahead;
        private boolean failedAhead;

        private Cursor(int shard, KeyRange range) {
            this.shard = shard;
            this.remaining = range;
        }

        private boolean isEmpty() {
            return position == rows.size();
        }

        private WireRow take() {
            return rows.get(position++);
        }

        private WireRow first() {
            return rows.get(position);
        }
    }

    /** Some rows, decoded, and the way to those that follow. */
    private final class Page implements ScanPage {
        private final List<Row> rows;
        private final Optional<Duration> staleness;
        private final Executor executor;

        private Page(List<WireRow> encoded, Executor executor) {
            this.rows = encoded.stream().map(ScanRun.this::decode).toList();
            this.staleness = ScanRun.this.staleness();
            this.executor = executor;
        }

        @Override
        public List<Row> rows() {
            return rows;
        }

        @Override
        public Optional<Duration> staleness() {
            return staleness;
        }

        @Override
        public boolean hasNext() {
            return !rows.isEmpty() && !isAtEnd();
        }

        @Override
        public CompletableFuture<ScanPage> next() {
            if (!hasNext()) {
                return CompletableFuture.failedFuture(
                        MdsException.of(ErrorCode.INVALID_ARGUMENT, "there is no page after this one; ask hasNext()"));
            }
            return Calls.async(executor, () -> firstPage(executor));
        }
    }
}
