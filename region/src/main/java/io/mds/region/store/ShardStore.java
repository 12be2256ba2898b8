package io.mds.region.store;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.CountReply;
import io.mds.proto.CountRequest;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.KeyRange;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.region.wal.LogEntry;
import io.mds.table.TableSchema;
import java.util.List;
import java.util.Optional;

/**
 * The rows of one shard.
 *
 * <p><em>Thread:</em> one thread at a time applies; reads come from any number of threads at any time, and see the
 * effect of some whole number of entries: a get at one moment, a page of a scan at one moment or, when it takes several
 * queries of the database, part by part.
 */
public interface ShardStore {
    ShardId id();

    /** As of the last entry applied. Any thread, never blocks. */
    TableSchema schema();

    /** Indexes of the schema by which rows cannot be found yet. Any thread, never blocks. */
    int indexesLeft();

    /** What was given at creation, or recorded since by {@link Store#recordViews}. */
    RecordedView view();

    /** Index of the last entry applied. Any thread, never blocks. */
    LogIndex appliedIndex();

    /** View of the last entry applied. Any thread, never blocks. */
    ViewNumber appliedView();

    /** How many rows there are. Any thread, never blocks. */
    long rowCount();

    /**
     * Applies entries, in order; entries at or below the applied index are skipped. Readers see the effect when this
     * returns; the database gets it later, in one transaction with the applied index and much else. Waits when the database
     * does not keep up.
     *
     * @return one result per entry
     * @throws IllegalArgumentException when the indexes have a gap
     * @throws StoreException when the database failed to tell which rows there are, or has taken none for long; nothing is
     *     changed, and applying the same entries again is always right
     * @throws io.mds.error.MdsException STALE_ROUTE when the shard was dropped; nothing is changed
     */
    List<ApplyResult> apply(List<LogEntry> entries);

    /**
     * Applies entries as {@link #apply} does, when that takes nothing but memory: the rows that they meet are there, and
     * there is room for more. Never blocks; on the one thread that applies.
     *
     * @return empty when nothing was changed, because it could have blocked
     */
    Optional<List<ApplyResult>> applyIfCached(List<LogEntry> entries);

    Followers followers();

    /** What is applied by now survives a crash of the machine, without the log, when this returns. */
    void makeDurable();

    /** The latest changes of rows; empty when the store is to remember none. Any thread, never blocks. */
    Optional<ShardChanges> changes();

    /** The answer when all of it is in memory. Any thread, never blocks: fit for event loops. */
    Optional<GetReply> getIfCached(GetRequest request);

    GetReply get(GetRequest request);

    /** The page when all of it is in memory and found with little work. Any thread, never blocks: fit for event loops. */
    Optional<ScanReply> scanIfCached(ScanRequest request, PageLimits limits);

    /** One page; {@code limits} and the request's own limit bound it. */
    ScanReply scan(ScanRequest request, PageLimits limits);

    /** One page of a count; {@code limits.time()} bounds it. */
    CountReply count(CountRequest request, PageLimits limits);

    /**
     * A copy of the rows of a range as they are at some moment of this call. Writes go on meanwhile, and are not waited for.
     *
     * @throws StoreException when the database failed
     * @throws io.mds.error.MdsException RESOURCE_EXHAUSTED when too many copies are open, STALE_ROUTE when the shard was dropped
     */
    ShardCopy copy(KeyRange range);

    /** As {@link #copy(KeyRange)}, of the whole shard. */
    default ShardCopy copy() {
        return copy(KeyRange.getDefaultInstance());
    }
}
