package io.mds.region.store;

import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.store.ShardCatalog.ShardRecord;
import io.mds.region.store.ShardContent.Parts;
import io.mds.region.store.ShardJournal.Loaded;
import io.mds.region.store.ShardTable.Named;
import io.mds.region.wal.LogPosition;
import io.mds.table.TableSchema;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database of a region, holding its shards.
 *
 * <p>What is applied is changed in memory at once, and written to the database later, many entries in one transaction; the
 * region's log brings back what the database had not got when the process ended.
 *
 * <p><em>Thread:</em> any. Methods block on the database unless they say otherwise.
 */
public final class Store implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);

    private final Database database;
    private final StoreMetadata metadata;
    private final RowMemory memory;
    private final JdbcShardStore.Shared shared;
    private final AtomicLong journalIds = new AtomicLong();
    /** The last one given to a table. */
    private final AtomicLong generations = new AtomicLong();

    private final Map<ShardId, JdbcShardStore> shards = new ConcurrentHashMap<>();

    /** Shards are made and dropped one at a time. */
    private final ReentrantLock changeLock = new ReentrantLock();

    private Store(Database database, RowMemory memory, OpenCopies copies, ChangeMemory changes) {
        this.database = database;
        this.metadata = new StoreMetadata(database);
        this.memory = memory;
        this.shared = new JdbcShardStore.Shared(
                database, new StoreFlusher(memory, this::flush), copies, changes, new IndexBuilder());
    }

    /**
     * Opens the database, creates what is missing, and loads what the shards need in memory.
     *
     * @throws StoreException when it cannot be opened
     */
    public static Store open(StoreSettings settings, MeterRegistry metrics) {
        Store store = new Store(
                Database.open(settings, metrics),
                new RowMemory(settings.rowCacheBytes()),
                new OpenCopies(settings.copies()),
                new ChangeMemory(settings.changeBytes(), settings.changeDirectory()));
        boolean opened = false;
        try {
            new StoreFormat(store.database, store.metadata, settings.url()).require();
            store.load();
            store.shared.changes().restore(id -> store.shard(id).flatMap(ShardStore::changes));
            store.shared.flusher().start();
            store.shared.indexBuilder().start();
            opened = true;
        } finally {
            if (!opened) {
                store.database.close();
            }
        }
        StoreGauges.register(metrics, store.memory, store.shared.changes(), store.shared.copies());
        return store;
    }

    private void load() {
        Map<ShardId, ShardJournal> journals = new HashMap<>();
        Map<ShardId, ShardRecord> records = database.read("read its shards", ShardCatalog::read);
        Map<ShardId, Loaded> loaded = new HashMap<>();
        for (ShardId id : records.keySet()) {
            journals.put(id, new ShardJournal(id, journalIds));
            loaded.put(id, new Loaded());
        }
        database.transact("read its journal", connection -> {
            List<Long> useless = ShardJournal.loadAll(connection, journals, loaded, journalIds);
            ShardJournal.delete(connection, useless);
            return null;
        });
        dropOrphans(records);
        Map<IndexTable.Of, Boolean> indexes = ShardIndexes.load(database, records);
        records.forEach((id, record) -> add(id, record, journals.get(id), loaded.get(id), indexes));
    }

    private JdbcShardStore add(
            ShardId id, ShardRecord record, ShardJournal journal, Loaded loaded, Map<IndexTable.Of, Boolean> indexes) {
        ShardTable table = new ShardTable(database.dialect(), id, record.generation());
        JdbcShardStore shard =
                new JdbcShardStore(id, new Parts(record, table, memory.addShard(), journal, loaded, indexes), shared);
        shards.put(id, shard);
        return shard;
    }

    /** Called by the flusher. */
    private void flush(ShardRows rows) {
        for (JdbcShardStore shard : shards.values()) {
            if (shard.rows().equals(rows)) {
                shard.flush(FlushPace.atOnce());
            }
        }
    }

    /** Removes tables of rows whose shard was dropped, or whose install had not ended, when the region stopped. */
    private void dropOrphans(Map<ShardId, ShardRecord> records) {
        List<Named> tables = database.read("list its tables", ShardCatalog::tables);
        records.forEach((id, record) -> {
            if (!tables.contains(new Named(id, record.generation()))) {
                throw database.damaged("the store has lost the rows of shard " + id, null);
            }
        });
        for (Named table : tables) {
            generations.accumulateAndGet(table.generation(), Math::max);
            ShardRecord record = records.get(table.shard());
            if (record == null || record.generation() != table.generation()) {
                LOG.info("removing rows of shard {} that no longer are its own", table.shard());
                dropTable(new ShardTable(database.dialect(), table.shard(), table.generation()));
            }
        }
    }

    private void dropTable(ShardTable table) {
        database.transact("drop rows that no shard has", connection -> {
            table.drop(connection);
            return null;
        });
    }

    /** Any thread, never blocks. */
    public Optional<ShardStore> shard(ShardId id) {
        return Optional.ofNullable(shards.get(id));
    }

    /** Any thread, never blocks. */
    public List<ShardStore> shards() {
        return List.copyOf(shards.values());
    }

    /** The shard, empty when new; one that exists is returned as it is. Durable when this returns. */
    public ShardStore createShard(ShardId id, TableSchema schema, ViewNumber view) {
        return createShards(List.of(new NewShard(id, schema, RecordedView.of(view))))
                .get(0);
    }

    /**
     * Several shards, in the order given; those that exist are returned as they are. Durable when this returns: a shard must
     * not be gone after a crash while the log holds entries for it.
     */
    public List<ShardStore> createShards(List<NewShard> wanted) {
        changeLock.lock();
        try {
            List<NewShard> missing = wanted.stream()
                    .filter(each -> !shards.containsKey(each.id()))
                    .toList();
            for (NewShard each : missing) {
                createTable(new ShardTable(database.dialect(), each.id(), 0));
            }
            if (!missing.isEmpty()) {
                database.transact("create " + missing.size() + " shards", connection -> {
                    ShardCatalog.insert(connection, missing);
                    return null;
                });
                database.sync();
            }
            for (NewShard each : missing) {
                add(
                        each.id(),
                        new ShardRecord(each.schema(), each.view(), 0),
                        new ShardJournal(each.id(), journalIds),
                        new Loaded(),
                        Map.of());
            }
            return wanted.stream()
                    .<ShardStore>map(each -> shards.get(each.id()))
                    .toList();
        } finally {
            changeLock.unlock();
        }
    }

    private void createTable(ShardTable table) {
        database.transact("create a table of rows", connection -> {
            table.create(connection);
            return null;
        });
    }

    /**
     * Begins to replace what a shard holds by rows that come from elsewhere. The shard goes on as it is until {@link
     * ShardInstall#finish}; one that does not exist is created, empty.
     *
     * @param schema of the rows that come
     * @param view recorded at the end, unless a newer one has been
     */
    public ShardInstall install(ShardId id, TableSchema schema, ViewNumber view) {
        createShard(id, schema, view);
        return replace(id, schema, view);
    }

    /** As {@link #install}, of a shard that is here: one that was dropped does not come back by it. */
    public ShardInstall replace(ShardId id, TableSchema schema, ViewNumber view) {
        JdbcShardStore shard = shards.get(id);
        if (shard == null) {
            throw new StoreException("shard " + id + " was dropped before its copy came", null);
        }
        long generation = generations.incrementAndGet();
        ShardTable table = new ShardTable(database.dialect(), id, generation);
        createTable(table);
        return new JdbcShardInstall(
                shard, new ShardRecord(schema, RecordedView.of(view), generation), table, database, this::finish);
    }

    /** See {@link ShardInstall#finish}. */
    private boolean finish(JdbcShardStore shard, ShardRecord record, ShardTable table, Loaded loaded) {
        // The rows first, so that a crash cannot leave a shard with a table that lacks some.
        database.sync();
        changeLock.lock();
        try {
            ShardRows rows = memory.addShard();
            Optional<ShardContent> before = Optional.empty();
            try {
                ShardJournal journal = new ShardJournal(shard.id(), journalIds);
                before = shard.replace(new Parts(record, table, rows, journal, loaded, Map.of()));
            } finally {
                if (before.isEmpty()) {
                    memory.removeShard(rows);
                }
            }
            if (before.isEmpty()) {
                return false;
            }
            database.sync();
            giveBack(before.get());
            return true;
        } finally {
            changeLock.unlock();
        }
    }

    private void giveBack(ShardContent replaced) {
        replaced.rows().clear();
        memory.removeShard(replaced.rows());
        try {
            replaced.dropTables(database, shared.copies());
        } catch (StoreException e) {
            LOG.warn("the rows that an installed copy replaced stay until the next start: {}", e.getMessage());
        }
    }

    /** Records views of shards, those that are not here left out. Durable when this returns. */
    public void recordViews(Map<ShardId, RecordedView> views) {
        changeLock.lock();
        try {
            Map<ShardId, RecordedView> known = new HashMap<>(views);
            known.keySet().retainAll(shards.keySet());
            if (known.isEmpty()) {
                return;
            }
            database.transact("record the views of shards", connection -> {
                ShardCatalog.updateViews(connection, known);
                return null;
            });
            database.sync();
            known.forEach((id, view) -> shards.get(id).setView(view));
        } finally {
            changeLock.unlock();
        }
    }

    /** Records newer promises of shards, where they are newer. Durable when this returns. */
    public void recordPromises(Map<ShardId, ViewNumber> promises) {
        changeLock.lock();
        try {
            Map<ShardId, RecordedView> newer = new HashMap<>();
            promises.forEach((id, promised) -> shard(id).map(ShardStore::view).ifPresent(known -> {
                if (promised.compareTo(known.promised()) > 0) {
                    newer.put(id, new RecordedView(promised, known.sole()));
                }
            }));
            recordViews(newer);
        } finally {
            changeLock.unlock();
        }
    }

    /**
     * Removes a shard and its rows, after the apply under way; one that does not exist is fine. A crash may bring the shard
     * back, as long as there was no checkpoint since.
     */
    public void dropShard(ShardId id) {
        changeLock.lock();
        try {
            JdbcShardStore shard = shards.get(id);
            if (shard != null) {
                shard.drop();
                shards.remove(id);
                memory.removeShard(shard.rows());
            }
        } finally {
            changeLock.unlock();
        }
    }

    /** A small value kept with the store, such as the identity of the region. */
    public Optional<String> meta(String key) {
        return metadata.get(key);
    }

    /** Durable when this returns. */
    public void putMeta(String key, String value) {
        metadata.put(key, value);
    }

    /**
     * Writes everything applied so far to the database and makes it durable on the medium. May take seconds.
     *
     * @return for each shard, how far it is applied, which no crash can take back
     */
    public Map<ShardId, LogPosition> checkpoint() {
        return checkpoint(FlushPace.atOnce());
    }

    /**
     * As {@link #checkpoint}, with rests as long as there is room in memory.
     *
     * @param rests tells how many times as long as the work before it a rest is to be; 0 for none
     */
    public Map<ShardId, LogPosition> checkpointCalmly(IntSupplier rests) {
        return checkpoint(new FlushPace(() -> memory.wantsFlush() ? 0 : rests.getAsInt()));
    }

    private Map<ShardId, LogPosition> checkpoint(FlushPace pace) {
        Map<ShardId, LogPosition> flushed = new HashMap<>();
        for (JdbcShardStore shard : shards.values()) {
            shard.flush(pace);
            flushed.put(shard.id(), shard.flushed());
        }
        shared.changes().force();
        database.sync();
        database.compact(pace);
        return flushed;
    }

    /** Who hears that an index of some shard is complete, or gone; must not block. */
    public void onIndexChange(Runnable listener) {
        shared.indexBuilder().onChange(listener);
    }

    /** Bytes that the database takes. */
    public long bytes() {
        return database.read("tell its size", database.dialect()::bytes);
    }

    /** Why rows cannot be written to the database at the moment; empty when they can. Never blocks. */
    public Optional<String> problem() {
        return shared.flusher().problem();
    }

    /** That the database lacks what it once had durably; to be thrown. */
    public DamagedStoreException lost(String what) {
        return database.damaged(what, null);
    }

    /** What is wrong with the database itself, once that was noticed. Never blocks. */
    public Optional<DamagedStoreException> damage() {
        return database.damage();
    }

    /** Writes what is in memory alone, as far as the database lets it; what it does not take is still in the log. */
    @Override
    public void close() {
        shared.flusher().close();
        shared.indexBuilder().close();
        shared.copies().closeAll();
        try {
            shards.values().forEach(shard -> shard.flush(FlushPace.atOnce()));
        } catch (StoreException e) {
            LOG.warn("the store is closed without its last rows; they come back from the log", e);
        }
        shared.changes().close();
        database.close();
    }
}
