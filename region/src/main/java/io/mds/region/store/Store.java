package io.mds.region.store;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.table.TableSchema;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database of a region, holding its shards.
 *
 * <p><em>Thread:</em> any. Methods block on the database unless they say otherwise.
 */
public final class Store implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);
    private static final String FORMAT_KEY = "format";
    private static final String FORMAT = "1";

    private final Database database;
    private final RowCache cache;
    private final AtomicLong journalIds = new AtomicLong();
    private final Map<ShardId, JdbcShardStore> shards = new ConcurrentHashMap<>();

    /** Shards are made and dropped one at a time. */
    private final ReentrantLock changeLock = new ReentrantLock();

    private Store(Database database, RowCache cache) {
        this.database = database;
        this.cache = cache;
    }

    /**
     * Opens the database, creates what is missing, and loads what the shards need in memory.
     *
     * @throws StoreException when it cannot be opened
     */
    public static Store open(StoreSettings settings, MeterRegistry metrics) {
        Store store = new Store(Database.open(settings, metrics), new RowCache(settings.rowCacheBytes()));
        boolean opened = false;
        try {
            store.requireFormat(settings);
            store.load();
            opened = true;
        } finally {
            if (!opened) {
                store.close();
            }
        }
        Gauge.builder("mds.store.row.cache", store.cache, RowCache::bytes)
                .baseUnit("bytes")
                .description("Bytes of rows kept in memory")
                .register(metrics);
        return store;
    }

    private void requireFormat(StoreSettings settings) {
        Optional<String> format = meta(FORMAT_KEY);
        if (format.isEmpty()) {
            putMeta(FORMAT_KEY, FORMAT);
            putMeta(Database.CHECKPOINTS_KEY, "0");
        } else if (!format.get().equals(FORMAT)) {
            throw new StoreException(
                    "the store " + settings.url() + " has format " + format.get() + "; this version reads format "
                            + FORMAT,
                    null);
        }
    }

    private void load() {
        Map<ShardId, ShardJournal> journals = new HashMap<>();
        Map<ShardId, ShardRecord> records = database.read("read its shards", this::readShards);
        records.keySet().forEach(id -> journals.put(id, new ShardJournal(id, journalIds)));
        database.transact("read its journal", connection -> {
            List<Long> useless = ShardJournal.loadAll(connection, journals, journalIds);
            ShardJournal.delete(connection, useless);
            return null;
        });
        dropOrphans(records);
        records.forEach((id, record) -> shards.put(
                id,
                new JdbcShardStore(id, record.schema(), record.view(), database, cache.addShard(), journals.get(id))));
    }

    private record ShardRecord(TableSchema schema, ViewNumber view) {}

    private Map<ShardId, ShardRecord> readShards(Connection connection) throws SQLException {
        Map<ShardId, ShardRecord> records = new HashMap<>();
        try (PreparedStatement select =
                        connection.prepareStatement("SELECT shard_id, table_schema, view_number FROM mds_shards");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                TableSchema schema = TableSchema.fromProto(io.mds.proto.TableSchema.parseFrom(rows.getBytes(2)));
                records.put(new ShardId(rows.getLong(1)), new ShardRecord(schema, new ViewNumber(rows.getLong(3))));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a table's schema in the store cannot be read", e);
        }
        return records;
    }

    /** Removes tables of rows whose shard was dropped when the region stopped. */
    private void dropOrphans(Map<ShardId, ShardRecord> records) {
        List<ShardId> orphans = database.read("list its tables", connection -> {
            List<ShardId> found = new ArrayList<>();
            try (ResultSet tables =
                    connection.getMetaData().getTables(null, null, "%", new String[] {"TABLE", "BASE TABLE"})) {
                while (tables.next()) {
                    ShardTable.shardOf(tables.getString("TABLE_NAME").toLowerCase(Locale.ROOT))
                            .filter(shard -> !records.containsKey(shard))
                            .ifPresent(found::add);
                }
            }
            return found;
        });
        for (ShardId orphan : orphans) {
            LOG.info("removing the rows of shard {}, which was dropped", orphan);
            database.transact("drop the rows of shard " + orphan, connection -> {
                new ShardTable(database.dialect(), orphan).drop(connection);
                return null;
            });
        }
    }

    /** Any thread, never blocks. */
    public Optional<ShardStore> shard(ShardId id) {
        return Optional.ofNullable(shards.get(id));
    }

    /** Any thread, never blocks. */
    public List<ShardStore> shards() {
        return List.copyOf(shards.values());
    }

    /** The shard, empty when new; one that exists is returned as it is. */
    public ShardStore createShard(ShardId id, TableSchema schema, ViewNumber view) {
        changeLock.lock();
        try {
            JdbcShardStore existing = shards.get(id);
            if (existing != null) {
                return existing;
            }
            ShardTable table = new ShardTable(database.dialect(), id);
            database.transact("create the table of shard " + id, connection -> {
                table.create(connection);
                return null;
            });
            database.transact("create shard " + id, connection -> {
                try (PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO mds_shards (shard_id, table_schema, view_number) VALUES (?, ?, ?)")) {
                    insert.setLong(1, id.value());
                    insert.setBytes(2, schema.toProto().toByteArray());
                    insert.setLong(3, view.value());
                    return insert.executeUpdate();
                }
            });
            JdbcShardStore created =
                    new JdbcShardStore(id, schema, view, database, cache.addShard(), new ShardJournal(id, journalIds));
            shards.put(id, created);
            return created;
        } finally {
            changeLock.unlock();
        }
    }

    /** Removes a shard and its rows, after the apply under way; one that does not exist is fine. */
    public void dropShard(ShardId id) {
        changeLock.lock();
        try {
            JdbcShardStore shard = shards.get(id);
            if (shard != null) {
                shard.drop();
                shards.remove(id);
                cache.removeShard(shard.cache());
            }
        } finally {
            changeLock.unlock();
        }
    }

    /** A small value kept with the store, such as the identity of the region. */
    public Optional<String> meta(String key) {
        return database.read("read '" + key + "'", connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT v FROM mds_meta WHERE k = ?")) {
                select.setString(1, key);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
                }
            }
        });
    }

    /** Durable after the next {@link #checkpoint}. */
    public void putMeta(String key, String value) {
        database.transact("record '" + key + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement("UPDATE mds_meta SET v = ? WHERE k = ?")) {
                update.setString(1, value);
                update.setString(2, key);
                if (update.executeUpdate() > 0) {
                    return null;
                }
            }
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO mds_meta (k, v) VALUES (?, ?)")) {
                insert.setString(1, key);
                insert.setString(2, value);
                insert.executeUpdate();
            }
            return null;
        });
    }

    /**
     * Makes everything applied so far durable on the medium.
     *
     * @return for each shard, an applied index that no crash can take back
     */
    public Map<ShardId, LogIndex> checkpoint() {
        Map<ShardId, LogIndex> applied = new HashMap<>();
        shards.forEach((id, shard) -> applied.put(id, shard.appliedIndex()));
        database.transact("make its rows durable", connection -> {
            database.dialect().checkpoint(connection);
            return null;
        });
        return applied;
    }

    /** Bytes that the database takes. */
    public long bytes() {
        return database.read("tell its size", database.dialect()::bytes);
    }

    @Override
    public void close() {
        database.close();
    }
}
