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
import io.mds.region.store.ShardJournal.Position;
import io.mds.region.wal.LogEntry;
import io.mds.table.TableSchema;
import java.sql.PreparedStatement;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** A shard in the database. */
final class JdbcShardStore implements ShardStore {
    private final ShardId id;
    private final TableSchema schema;
    private final Database database;
    private final ShardTable table;
    private final ShardRowCache cache;
    private final ShardReader reader;

    /** One apply at a time, and none while the shard is dropped. */
    private final ReentrantLock applyLock = new ReentrantLock();

    @GuardedBy("applyLock")
    private final ShardApplier applier;

    private final Supplier<Position> applied;
    private volatile ViewNumber view;
    private volatile boolean dropped;

    JdbcShardStore(
            ShardId id,
            TableSchema schema,
            ViewNumber view,
            Database database,
            ShardRowCache cache,
            ShardJournal journal) {
        this.id = id;
        this.schema = schema;
        this.view = view;
        this.database = database;
        this.table = new ShardTable(database.dialect(), id);
        this.cache = cache;
        ShardApplier newApplier = new ShardApplier(id, schema, database, table, cache, journal);
        this.applier = newApplier;
        // Reading the position needs no lock.
        this.applied = newApplier::position;
        this.reader = new ShardReader(schema, database, table, cache, this::rowCount);
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

    @Override
    public void recordView(ViewNumber newView) {
        database.transact("record view " + newView + " of shard " + id, connection -> {
            try (PreparedStatement update =
                    connection.prepareStatement("UPDATE mds_shards SET view_number = ? WHERE shard_id = ?")) {
                update.setLong(1, newView.value());
                update.setLong(2, id.value());
                return update.executeUpdate();
            }
        });
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

    ShardRowCache cache() {
        return cache;
    }

    @Override
    public List<ApplyResult> apply(List<LogEntry> entries) {
        applyLock.lock();
        try {
            requirePresent();
            return applier.apply(entries);
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

    private interface Read<T> {
        T run();
    }

    private <T> T read(Read<T> read) {
        requirePresent();
        try {
            return read.run();
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

    /** Removes what the database holds of the shard, after the apply under way. */
    void drop() {
        applyLock.lock();
        try {
            dropped = true;
            applier.drop();
            // A crash here leaves a table that belongs to no shard; the next start, or the next creation, removes it.
            database.transact("drop the rows of shard " + id, connection -> {
                table.drop(connection);
                return null;
            });
        } finally {
            applyLock.unlock();
        }
    }
}
