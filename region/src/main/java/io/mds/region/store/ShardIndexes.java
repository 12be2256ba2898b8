package io.mds.region.store;

import io.mds.id.ShardId;
import io.mds.proto.Filter;
import io.mds.region.store.IndexTable.Entry;
import io.mds.region.store.IndexTable.Of;
import io.mds.region.store.ShardCatalog.ShardRecord;
import io.mds.region.store.ShardRows.DirtyRow;
import io.mds.table.Index;
import io.mds.table.IndexCodec;
import io.mds.table.IndexRanges;
import io.mds.table.TableSchema;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The indexes of one content of a shard. Each has a table in the database, which says of every row that the database has
 * what the index has of it: each flush changes both in one transaction. One that is not complete lacks rows that were there
 * before it, which are added in steps, a part of the rows at a time; until it is complete nobody reads it. So a replica that
 * has lost an index, or got its rows in another way, only reads more slowly for a while.
 *
 * <p><em>Thread:</em> steps and flushes one at a time, under the shard's flush lock; what reads, any.
 */
final class ShardIndexes {
    /** Rows of one step, for which a flush may have to wait. */
    private static final int ROWS_PER_STEP = 500;

    private static final int ROWS_PER_PART = 1_000;

    private final ShardTable rowTable;
    private final Database database;
    private final ShardRows rows;

    /** Replaced as a whole. */
    private volatile List<Kept> kept = List.of();

    /** One index. */
    static final class Kept {
        private final Of of;
        private final IndexCodec codec;
        private final IndexTable table;

        /** Where the next step begins; empty for the beginning. */
        private byte[] next = {};

        private volatile boolean complete;

        private Kept(Of of, IndexCodec codec, IndexTable table, boolean complete) {
            this.of = of;
            this.codec = codec;
            this.table = table;
            this.complete = complete;
        }

        IndexTable table() {
            return table;
        }

        private Entry entryOf(byte[] key, StoredRow row) {
            return new Entry(codec.encode(key, row.bytes()), key);
        }
    }

    /** How a filter's rows are found. */
    record Access(Kept index, IndexRanges.Plan plan) {}

    /** @param recorded what the database says it has of them: each with whether it is complete */
    ShardIndexes(
            ShardTable rowTable, Database database, ShardRows rows, TableSchema schema, Map<Of, Boolean> recorded) {
        this.rowTable = rowTable;
        this.database = database;
        this.rows = rows;
        List<Kept> found = new ArrayList<>();
        for (Index index : schema.indexes()) {
            Of of = rowTable.index(index.id());
            if (recorded.containsKey(of)) {
                found.add(keep(of, schema, index, recorded.get(of)));
            }
        }
        kept = List.copyOf(found);
    }

    private Kept keep(Of of, TableSchema schema, Index index, boolean complete) {
        IndexCodec codec = new IndexCodec(schema, index);
        rows.keep(codec);
        return new Kept(of, codec, new IndexTable(database.dialect(), of), complete);
    }

    /** At the start: what there is of indexes that the schemas still have; the rest is removed. */
    static Map<Of, Boolean> load(Database database, Map<ShardId, ShardRecord> shards) {
        Map<Of, Boolean> recorded = database.read("read its indexes", IndexCatalog::read);
        Set<Of> tables = database.read("list the tables of indexes", IndexCatalog::tables);
        Set<Of> all = new HashSet<>(tables);
        all.addAll(recorded.keySet());
        for (Of of : all) {
            ShardRecord shard = shards.get(of.shard());
            boolean wanted = shard != null
                    && shard.generation() == of.generation()
                    && shard.schema().indexes().stream().anyMatch(index -> index.id() == of.index());
            if (!wanted || !tables.contains(of) || !recorded.containsKey(of)) {
                recorded.remove(of);
                drop(database, of);
            }
        }
        return recorded;
    }

    /** How many of the schema's indexes are not complete. Never blocks. */
    int left(TableSchema schema) {
        int left = schema.indexes().size();
        for (Kept each : kept) {
            left -= each.complete && has(schema, each) ? 1 : 0;
        }
        return left;
    }

    private static boolean has(TableSchema schema, Kept each) {
        return schema.indexes().contains(each.codec.index());
    }

    /** The best way to the rows that the filter accepts; empty when there is none but to look at all rows. Never blocks. */
    Optional<Access> accessTo(Filter filter) {
        Access best = null;
        for (Kept each : kept) {
            if (each.complete) {
                Optional<IndexRanges.Plan> plan = IndexRanges.plan(each.codec, filter);
                if (plan.isPresent() && (best == null || plan.get().equal() > best.plan.equal())) {
                    best = new Access(each, plan.get());
                }
            }
        }
        return Optional.ofNullable(best);
    }

    /** Whether the index can still be read. Never blocks. */
    boolean isKept(Kept index) {
        return kept.contains(index);
    }

    /** Within a flush's transaction, before its rows are written: what it changes of the indexes. */
    void write(Connection connection, List<DirtyRow> dirty) throws SQLException {
        if (kept.isEmpty()) {
            return;
        }
        for (int from = 0; from < dirty.size(); from += ROWS_PER_PART) {
            writePart(connection, dirty.subList(from, Math.min(dirty.size(), from + ROWS_PER_PART)));
        }
    }

    private void writePart(Connection connection, List<DirtyRow> dirty) throws SQLException {
        Map<KeyBytes, StoredRow> before = new HashMap<>();
        rowTable.find(connection, dirty.stream().map(DirtyRow::key).toList(), (key, row) -> {
            before.put(new KeyBytes(key), row);
            return true;
        });
        for (Kept each : kept) {
            List<Entry> removed = new ArrayList<>();
            List<Entry> added = new ArrayList<>();
            for (DirtyRow row : dirty) {
                StoredRow old = before.get(new KeyBytes(row.key()));
                Entry was = old == null ? null : each.entryOf(row.key(), old);
                Entry is = row.rowOrNull() == null ? null : each.entryOf(row.key(), row.rowOrNull());
                if (was != null && is != null && Arrays.equals(was.encoded(), is.encoded())) {
                    if (each.complete) {
                        continue;
                    }
                    was = null;
                }
                if (was != null) {
                    removed.add(was);
                }
                if (is != null) {
                    added.add(is);
                }
            }
            each.table.remove(connection, removed);
            each.table.add(connection, added);
        }
    }

    /** A key, to be looked up by. */
    private record KeyBytes(byte[] bytes) {
        @Override
        public boolean equals(Object other) {
            return other instanceof KeyBytes that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }

    /** What a step did. */
    enum Step {
        NOTHING_LEFT,
        SOME,
        /** An index came or went, or is complete now. */
        CHANGED
    }

    /** Goes on towards what the schema says. Every step is safe to be repeated after a crash. */
    Step step(TableSchema schema) {
        for (Kept each : kept) {
            if (!has(schema, each)) {
                remove(each);
                return Step.CHANGED;
            }
        }
        for (Index index : schema.indexes()) {
            if (kept.stream().noneMatch(each -> each.codec.index().equals(index))) {
                begin(schema, index);
                return Step.CHANGED;
            }
        }
        for (Kept each : kept) {
            if (!each.complete) {
                fill(each);
                return each.complete ? Step.CHANGED : Step.SOME;
            }
        }
        return Step.NOTHING_LEFT;
    }

    private void begin(TableSchema schema, Index index) {
        Of of = rowTable.index(index.id());
        // Some databases commit with each table that they make: one that is not recorded belongs to nobody.
        database.transact("make the table of an index", connection -> {
            new IndexTable(database.dialect(), of).create(connection);
            return null;
        });
        database.transact("record an index", connection -> {
            IndexCatalog.insert(connection, of);
            return null;
        });
        List<Kept> more = new ArrayList<>(kept);
        more.add(keep(of, schema, index, false));
        kept = List.copyOf(more);
    }

    private void fill(Kept index) {
        List<Entry> entries = new ArrayList<>();
        boolean last = database.transact("fill an index", connection -> {
            int found = rowTable.copy(connection, index.next, new byte[0], ROWS_PER_STEP, (key, row) -> {
                entries.add(index.entryOf(key, row));
                return true;
            });
            index.table.add(connection, entries);
            if (found < ROWS_PER_STEP) {
                IndexCatalog.complete(connection, index.of);
            }
            return found < ROWS_PER_STEP;
        });
        if (last) {
            index.complete = true;
        } else {
            byte[] key = entries.get(entries.size() - 1).key();
            index.next = Arrays.copyOf(key, key.length + 1);
        }
    }

    private void remove(Kept index) {
        kept = kept.stream().filter(each -> !Objects.equals(each, index)).toList();
        rows.forget(index.of.index());
        drop(database, index.of);
    }

    /** Removes all, with the rows that they are about. */
    void removeAll() {
        for (Kept each : kept) {
            remove(each);
        }
    }

    static void drop(Database database, Of index) {
        database.transact("forget an index", connection -> {
            IndexCatalog.delete(connection, index);
            return null;
        });
        // A crash here leaves a table that nobody has recorded; the next start removes it.
        database.transact("drop an index", connection -> {
            new IndexTable(database.dialect(), index).drop(connection);
            return null;
        });
    }
}
