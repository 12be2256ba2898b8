package io.mds.region.snapshot;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.proto.ErrorCode;
import io.mds.proto.FetchSnapshotReply;
import io.mds.proto.ReplicatedEntry;
import io.mds.region.store.ShardCopy;
import java.time.Duration;
import java.util.List;

/**
 * A copy that somebody pulls, and what is applied after it. The last page is kept, so that it can be asked for again.
 *
 * <p><em>Thread:</em> any; a page is read under the lock, blocking on the database.
 */
final class ServedCopy implements AutoCloseable {
    private static final int MAX_PAGE_ROWS = 65_536;

    private final long id;
    private final ShardCopy copy;
    private final int pageBytes;

    /** Null when nobody asked for it. */
    private final CopyTail tail;

    /** Null before the first. */
    @GuardedBy("this")
    private FetchSnapshotReply page;

    /** The last entry that was given, of the copy or after it. */
    @GuardedBy("this")
    private LogIndex given;

    @GuardedBy("this")
    private boolean rowsDone;

    private volatile boolean done;
    private volatile long usedNanos = System.nanoTime();

    ServedCopy(long id, ShardCopy copy, CopyTail tail, int pageBytes) {
        this.id = id;
        this.copy = copy;
        this.given = copy.appliedIndex();
        this.tail = tail;
        this.pageBytes = pageBytes;
    }

    long id() {
        return id;
    }

    /** Keeps what is applied meanwhile out of memory. Blocks on the disk. */
    void spill() {
        if (tail != null) {
            tail.spill();
        }
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
        FetchSnapshotReply.Builder reply = FetchSnapshotReply.newBuilder()
                .setSnapshotId(id)
                .setPage(number)
                .setAppliedView(copy.appliedView().value())
                .setAppliedIndex(copy.appliedIndex().value())
                .setTotalRows(copy.totalRows());
        if (number == 0) {
            reply.setSchema(copy.schema().toProto());
        }
        if (rowsDone) {
            addEntries(reply);
        } else {
            addRows(reply);
        }
        page = reply.setChecksum(PageChecksum.of(reply)).build();
        usedNanos = System.nanoTime();
        return page;
    }

    @GuardedBy("this")
    private void addRows(FetchSnapshotReply.Builder reply) {
        ShardCopy.Page read = copy.nextPage(MAX_PAGE_ROWS, pageBytes);
        reply.addAllRows(read.rows()).addAllRequests(read.requests()).setLast(read.last());
        rowsDone = read.last();
        done = rowsDone && tail == null;
    }

    @GuardedBy("this")
    private void addEntries(FetchSnapshotReply.Builder reply) {
        List<ReplicatedEntry> entries = tail.take(given, pageBytes);
        String lost = tail.lost();
        if (lost != null) {
            throw MdsException.builder(
                            ErrorCode.NOT_FOUND,
                            "what came after snapshot " + id + " of shard " + copy.shard() + " is not there: " + lost)
                    .withoutStackTrace()
                    .build();
        }
        if (!entries.isEmpty()) {
            given = new LogIndex(entries.get(entries.size() - 1).getIndex());
        }
        long bytes =
                entries.stream().mapToLong(ReplicatedEntry::getSerializedSize).sum();
        reply.addAllEntries(entries).setLast(bytes < pageBytes / 4);
    }

    @Override
    public void close() {
        copy.close();
        if (tail != null) {
            tail.close();
        }
    }
}
