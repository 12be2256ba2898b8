package io.mds.region.snapshot;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.FetchSnapshotReply;
import io.mds.region.store.ShardCopy;
import java.time.Duration;

/**
 * A copy that somebody pulls. The last page is kept, so that it can be asked for again.
 *
 * <p><em>Thread:</em> any; a page is read under the lock, blocking on the database.
 */
final class ServedCopy implements AutoCloseable {
    private static final int MAX_PAGE_ROWS = 65_536;

    private final long id;
    private final ShardCopy copy;
    private final int pageBytes;

    /** Null before the first. */
    @GuardedBy("this")
    private FetchSnapshotReply page;

    private volatile boolean done;
    private volatile long usedNanos = System.nanoTime();

    ServedCopy(long id, ShardCopy copy, int pageBytes) {
        this.id = id;
        this.copy = copy;
        this.pageBytes = pageBytes;
    }

    long id() {
        return id;
    }

    /** Whether its last page was read, so that it holds no more than that page. Never blocks. */
    boolean isDone() {
        return done;
    }

    long usedNanos() {
        return usedNanos;
    }

    boolean isIdle(long nowNanos, Duration timeout) {
        return nowNanos - usedNanos > timeout.toNanos();
    }

    /**
     * The page of this number: the last one, or the one after it.
     *
     * @throws MdsException NOT_FOUND for any other
     */
    synchronized FetchSnapshotReply page(int number) {
        usedNanos = System.nanoTime();
        int next = page == null ? 0 : page.getPage() + 1;
        if (page != null && number == page.getPage()) {
            return page;
        }
        if (number != next || done) {
            throw MdsException.builder(
                            ErrorCode.NOT_FOUND,
                            "page " + number + " of snapshot " + id + " of shard " + copy.shard()
                                    + " is not there (the next is " + next + "): begin a new snapshot")
                    .withoutStackTrace()
                    .build();
        }
        ShardCopy.Page read = copy.nextPage(MAX_PAGE_ROWS, pageBytes);
        FetchSnapshotReply.Builder reply = FetchSnapshotReply.newBuilder()
                .setSnapshotId(id)
                .setPage(number)
                .setAppliedView(copy.appliedView().value())
                .setAppliedIndex(copy.appliedIndex().value())
                .addAllRows(read.rows())
                .addAllRequests(read.requests())
                .setLast(read.last())
                .setTotalRows(copy.totalRows());
        page = reply.setChecksum(PageChecksum.of(reply)).build();
        done = read.last();
        usedNanos = System.nanoTime();
        return page;
    }

    @Override
    public void close() {
        copy.close();
    }
}
