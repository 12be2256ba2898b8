package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.CountReply;
import io.mds.proto.CountRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.region.store.ShardApplier.Cut;
import io.mds.region.store.ShardJournal.Loaded;
import io.mds.region.store.ShardJournal.Position;
import io.mds.region.wal.LogEntry;
import io.mds.table.TableSchema;
import java.sql.PreparedStatement;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** A shard in the database, with its latest changes in memory. */
final class JdbcShardStore implements ShardStore {
    private final ShardId id;
    private final TableSchema schema;
    private final Database database;
    private final StoreFlusher flusher;
    private final ShardTable table;
    private final ShardRows rows;
    private final ShardReader reader;
    private final ShardJournal journal;
    private final Supplier<Position> applied;

    /** One apply at a time, and none while a flush is cut out. */
    private final ReentrantLock applyLock = new ReentrantLock();

    @GuardedBy("applyLock")
    private final ShardApplier applier;

    /** One flush at a time. Taken before the apply lock, and held across the flush's transaction. */
    private final ReentrantLock flushLock = new ReentrantLock();

    private volatile ViewNumber view;
    private volatile Position flushed;
    private volatile boolean dropped;

    JdbcShardStore(
            ShardId id,
            TableSchema schema,
            ViewNumber view,
            Database database,
            StoreFlusher flusher,
            ShardRows rows,
            ShardJournal journal,
            Loaded loaded) {
        this.id = id;
        this.schema = schema;
        this.view = view;
        this.database = database;
        this.flusher = flusher;
        this.table = new ShardTable(database.dialect(), id);
        this.rows = rows;
        this.journal = journal;
        this.flushed = loaded.position();
        ShardApplier newApplier = new ShardApplier(id, schema, database, table, rows, loaded);
        this.applier = newApplier;
        // Reading the position needs no lock.
        this.applied = newApplier::position;
        CompletedReads reads = new CompletedReads(database, table, rows, flushLock);
        this.reader = new ShardReader(schema, rows, reads, this::rowCount);
    }

    @Override
    public ShardId id() {
        return id;
    }

    @Override
    public TableSchema schema() {
        return schema;
    }

    @Override
    public ViewNumber view() {
        return view;
    }

    void setView(ViewNumber newView) {
        view = newView;
    }

    @Override
    public LogIndex appliedIndex() {
        return new LogIndex(applied.get().appliedIndex());
    }

    @Override
    public ViewNumber appliedView() {
        return new ViewNumber(applied.get().appliedView());
    }

    @Override
    public long rowCount() {
        return applied.get().rowCount();
    }

    ShardRows rows() {
        return rows;
    }

    /** What the database has of the log, when it has committed. */
    LogIndex flushedIndex() {
        return new LogIndex(flushed.appliedIndex());
    }

    @Override
    public List<ApplyResult> apply(List<LogEntry> entries) {
        flusher.awaitRoom();
        applyLock.lock();
        try {
            requirePresent();
            return applier.apply(entries);
        } finally {
            applyLock.unlock();
            flusher.wakeWhenNeeded();
        }
    }

    @Override
    public Optional<List<ApplyResult>> applyIfCached(List<LogEntry> entries) {
        if (!flusher.hasRoom() || !applyLock.tryLock()) {
            return Optional.empty();
        }
        try {
            requirePresent();
            return applier.applyIfCached(entries);
        } finally {
            applyLock.unlock();
            flusher.wakeWhenNeeded();
        }
    }

    /** Writes to the database, in one transaction, what was applied since the last flush. */
    void flush(FlushPace pace) {
        flushLock.lock();
        try {
            if (dropped || flushed.equals(applied.get())) {
                return;
            }
            Cut cut = cut();
            // In key order, changes of one page of the database come together.
            cut.dirty().sort(Comparator.comparing(ShardRows.DirtyRow::key, Arrays::compareUnsigned));
            boolean committed = false;
            try {
                database.transact("write the rows of shard " + id, connection -> {
                    table.write(connection, cut.dirty(), pace.unless(flushLock::hasQueuedThreads));
                    journal.write(connection, cut.position(), cut.addition());
                    return null;
                });
                committed = true;
            } finally {
                if (committed) {
                    journal.committed();
                    flushed = cut.position();
                    rows.endFlush(cut.dirty());
                } else {
                    journal.failed();
                    rows.failFlush(cut.dirty());
                }
            }
        } finally {
            flushLock.unlock();
        }
    }

    private Cut cut() {
        applyLock.lock();
        try {
            return applier.cut(journal);
        } finally {
            applyLock.unlock();
        }
    }

    @Override
    public Optional<GetReply> getIfCached(GetRequest request) {
        requirePresent();
        return reader.getIfCached(request);
    }

    @Override
    public GetReply get(GetRequest request) {
        return read(() -> reader.get(request));
    }

    @Override
    public Optional<ScanReply> scanIfCached(ScanRequest request, PageLimits limits) {
        requirePresent();
        return reader.scanIfCached(request, limits);
    }

    @Override
    public ScanReply scan(ScanRequest request, PageLimits limits) {
        return read(() -> reader.scan(request, limits));
    }

    @Override
    public CountReply count(CountRequest request, PageLimits limits) {
        return read(() -> reader.count(request, limits));
    }

    private <T> T read(Supplier<T> read) {
        requirePresent();
        try {
            return read.get();
        } catch (StoreException e) {
            // The table may have gone under the read.
            requirePresent();
            throw e;
        }
    }

    private void requirePresent() {
        if (dropped) {
            throw MdsException.builder(ErrorCode.STALE_ROUTE, "shard " + id + " was dropped from this region")
                    .withoutStackTrace()
                    .build();
        }
    }

    /** Removes what the database holds of the shard, after the apply and the flush under way. */
    void drop() {
        flushLock.lock();
        try {
            applyLock.lock();
            try {
                dropped = true;
                rows.clear();
            } finally {
                applyLock.unlock();
            }
            database.transact("drop shard " + id, connection -> {
                try (PreparedStatement delete =
                        connection.prepareStatement("DELETE FROM mds_shards WHERE shard_id = ?")) {
                    delete.setLong(1, id.value());
                    delete.executeUpdate();
                }
                journal.deleteAll(connection);
                return null;
            });
            // A crash here leaves a table that belongs to no shard; the next start, or the next creation, removes it.
            database.transact("drop the rows of shard " + id, connection -> {
                table.drop(connection);
                return null;
            });
        } finally {
            flushLock.unlock();
        }
    }
}
