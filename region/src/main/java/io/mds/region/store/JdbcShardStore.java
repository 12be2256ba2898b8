package io.mds.region.store;

import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.CountReply;
import io.mds.proto.CountRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.KeyRange;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.region.store.ShardApplier.Cut;
import io.mds.region.store.ShardCatalog.ShardRecord;
import io.mds.region.store.ShardContent.Parts;
import io.mds.region.store.ShardJournal.Loaded;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import io.mds.table.TableSchema;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** A shard in the database, with its latest changes in memory. */
final class JdbcShardStore implements ShardStore {
    private final ShardId id;
    private final Shared shared;
    private final Database database;
    private final Optional<ShardChanges> changes;

    /** One apply at a time, and none while a flush is cut out or the content is replaced. */
    private final ReentrantLock applyLock = new ReentrantLock();

    /** One flush at a time. Taken before the apply lock, and held across the flush's transaction. */
    private final ReentrantLock flushLock = new ReentrantLock();

    /** Replaced under both locks. */
    private volatile ShardContent content;

    private final Followers followers = new Followers();
    private volatile RecordedView view;
    private volatile boolean dropped;

    /** Set for good when it is not known which content the database has. */
    private volatile boolean uncertain;

    /** What all shards of a store work with. */
    record Shared(
            Database database,
            StoreFlusher flusher,
            OpenCopies copies,
            ChangeMemory changes,
            IndexBuilder indexBuilder) {}

    JdbcShardStore(ShardId id, Parts parts, Shared shared) {
        this.id = id;
        this.shared = shared;
        this.view = parts.record().view();
        this.database = shared.database();
        this.changes = shared.changes().addShard(id, parts.appliedIndex());
        this.content = contentOf(parts);
        lookAtIndexes();
    }

    private ShardContent contentOf(Parts parts) {
        return new ShardContent(id, parts, database, flushLock, changes, this::lookAtIndexes);
    }

    private void lookAtIndexes() {
        shared.indexBuilder().look(this);
    }

    @Override
    public ShardId id() {
        return id;
    }

    @Override
    public TableSchema schema() {
        return content.schema();
    }

    @Override
    public RecordedView view() {
        return view;
    }

    void setView(RecordedView newView) {
        view = newView;
    }

    @Override
    public LogIndex appliedIndex() {
        return new LogIndex(content.applied().appliedIndex());
    }

    @Override
    public ViewNumber appliedView() {
        return new ViewNumber(content.applied().appliedView());
    }

    @Override
    public long rowCount() {
        return content.applied().rowCount();
    }

    @Override
    public Optional<ShardChanges> changes() {
        return changes;
    }

    ShardRows rows() {
        return content.rows();
    }

    /** What the database has of the log, when it has committed. */
    LogPosition flushed() {
        ShardJournal.Position flushed = content.flushed().position();
        return new LogPosition(new ViewNumber(flushed.appliedView()), new LogIndex(flushed.appliedIndex()));
    }

    @Override
    public List<ApplyResult> apply(List<LogEntry> entries) {
        shared.flusher().awaitRoom();
        applyLock.lock();
        try {
            requirePresent();
            requireCertain();
            return followers.tell(entries, content.applier().apply(entries));
        } finally {
            applyLock.unlock();
            shared.flusher().wakeWhenNeeded();
        }
    }

    @Override
    public int indexesLeft() {
        return content.indexesLeft();
    }

    /** See {@link ShardIndexes#step}. */
    ShardIndexes.Step indexStep() {
        flushLock.lock();
        try {
            return dropped ? ShardIndexes.Step.NOTHING_LEFT : content.indexes().step(content.schema());
        } finally {
            flushLock.unlock();
        }
    }

    @Override
    public Optional<List<ApplyResult>> applyIfCached(List<LogEntry> entries) {
        if (!shared.flusher().hasRoom() || !applyLock.tryLock()) {
            return Optional.empty();
        }
        try {
            requirePresent();
            requireCertain();
            return followers.tell(entries, content.applier().applyIfCached(entries));
        } finally {
            applyLock.unlock();
            shared.flusher().wakeWhenNeeded();
        }
    }

    @Override
    public Followers followers() {
        return followers;
    }

    @Override
    public void makeDurable() {
        flush(FlushPace.atOnce());
        database.sync();
    }

    /** Writes to the database, in one transaction, what was applied since the last flush. */
    void flush(FlushPace pace) {
        flushLock.lock();
        try {
            ShardContent flushing = content;
            if (dropped || flushing.flushed().position().equals(flushing.applied())) {
                return;
            }
            requireCertain();
            Cut cut = cut(flushing);
            // In key order, changes of one page of the database come together.
            cut.dirty().sort(Comparator.comparing(ShardRows.DirtyRow::key, Arrays::compareUnsigned));
            changes.ifPresent(told -> told.keep(new LogIndex(cut.position().appliedIndex())));
            boolean committed = false;
            try {
                database.write(
                        "write the rows of shard " + id,
                        connection -> flushing.write(connection, cut, pace.unless(flushLock::hasQueuedThreads)));
                committed = true;
            } finally {
                flushing.written(cut, committed);
            }
        } finally {
            flushLock.unlock();
        }
    }

    private Cut cut(ShardContent flushing) {
        applyLock.lock();
        try {
            return flushing.applier().cut(flushing.journal());
        } finally {
            applyLock.unlock();
        }
    }

    @Override
    public ShardCopy copy(KeyRange range) {
        requirePresent();
        shared.copies().reserve(id);
        boolean opened = false;
        try {
            // Most of it while others can flush as well; what has come since is little.
            flush(FlushPace.atOnce());
            flushLock.lock();
            try {
                flush(FlushPace.atOnce());
                requirePresent();
                // Writes go on: they change memory alone until the lock is free.
                ShardCopy copy = JdbcShardCopy.open(id, content, range, database, shared.copies());
                opened = true;
                return copy;
            } finally {
                flushLock.unlock();
            }
        } finally {
            if (!opened) {
                shared.copies().release();
            }
        }
    }

    /**
     * Replaces all that the shard holds, in the database and in memory, without making it durable.
     *
     * @param parts with rows in memory that are empty
     * @return the content that was replaced, whose table and memory are to be given back; empty when more is applied than
     *     the new content has
     */
    Optional<ShardContent> replace(Parts parts) {
        flushLock.lock();
        try {
            applyLock.lock();
            try {
                requirePresent();
                requireCertain();
                ShardContent before = content;
                if (appliedIndex().compareTo(parts.appliedIndex()) > 0) {
                    return Optional.empty();
                }
                ShardRecord record = parts.record().withViewNotBefore(view);
                write(record, parts.journal(), parts.loaded());
                content = contentOf(parts);
                lookAtIndexes();
                changes.ifPresent(told -> told.restart(parts.appliedIndex()));
                followers.interrupt();
                view = record.view();
                return Optional.of(before);
            } finally {
                applyLock.unlock();
            }
        } finally {
            flushLock.unlock();
        }
    }

    private void write(ShardRecord record, ShardJournal journal, Loaded loaded) {
        // The journal of the content before is not told: when this fails, its rows are as they were.
        try {
            database.transact("replace the rows of shard " + id, connection -> {
                ShardCatalog.replace(connection, id, record);
                journal.replace(connection, loaded.position(), loaded.requests());
                return null;
            });
        } catch (StoreException e) {
            // The database may have committed and failed to say so.
            uncertain = true;
            ShardRecord found =
                    database.read("read its shards", ShardCatalog::read).get(id);
            uncertain = false;
            if (found == null || found.generation() != record.generation()) {
                throw e;
            }
        }
        journal.committed();
    }

    /** Whether the shard's rows are in this table, or may be. Never blocks. */
    @SuppressWarnings("ReferenceEquality") // a table is one object per generation of a shard
    boolean mayHave(ShardTable table) {
        return uncertain || content.table() == table;
    }

    private void requireCertain() {
        if (uncertain) {
            throw new StoreException(
                    "the database failed while the rows of shard " + id
                            + " were replaced, and it is not known which it has; restart the region",
                    null);
        }
    }

    @Override
    public Optional<GetReply> getIfCached(GetRequest request) {
        requirePresent();
        return content.reader().getIfCached(request);
    }

    @Override
    public GetReply get(GetRequest request) {
        return read(reader -> reader.get(request));
    }

    @Override
    public Optional<ScanReply> scanIfCached(ScanRequest request, PageLimits limits) {
        requirePresent();
        return content.reader().scanIfCached(request, limits);
    }

    @Override
    public ScanReply scan(ScanRequest request, PageLimits limits) {
        return read(reader -> reader.scan(request, limits));
    }

    @Override
    public CountReply count(CountRequest request, PageLimits limits) {
        return read(reader -> reader.count(request, limits));
    }

    /** Reads again what met the replacement of the content: some of what it read may have been given up by then. */
    private <T> T read(Function<ShardReader, T> read) {
        while (true) {
            requirePresent();
            ShardContent reading = content;
            try {
                T result = read.apply(reading.reader());
                if (isCurrent(reading)) {
                    return result;
                }
            } catch (StoreException e) {
                // The table may have gone under the read.
                requirePresent();
                if (isCurrent(reading)) {
                    throw e;
                }
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // a content is the one that it is
    private boolean isCurrent(ShardContent read) {
        return read == content;
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
                followers.interrupt();
                content.rows().clear();
            } finally {
                applyLock.unlock();
            }
            database.transact("drop shard " + id, connection -> {
                ShardCatalog.delete(connection, id);
                content.journal().deleteAll(connection);
                return null;
            });
            changes.ifPresent(ShardChanges::drop);
            // A crash here leaves a table that belongs to no shard; the next start, or the next creation, removes it.
            content.dropTables(database, shared.copies());
        } finally {
            flushLock.unlock();
        }
    }
}
