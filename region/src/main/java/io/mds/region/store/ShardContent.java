package io.mds.region.store;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.region.store.ShardApplier.Cut;
import io.mds.region.store.ShardCatalog.ShardRecord;
import io.mds.region.store.ShardJournal.Loaded;
import io.mds.region.store.ShardJournal.Position;
import io.mds.table.TableSchema;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Lock;

/**
 * What a shard consists of: a table of the database, what is newer in memory, and what applies to and reads from the two. An
 * installed copy is a content of its own, which takes the place of the one before it as a whole.
 *
 * <p><em>Thread:</em> the applier under the shard's apply lock, the journal and {@code flushed} under its flush lock.
 */
final class ShardContent {
    private final ShardId id;
    private final ShardTable table;
    private final ShardRows rows;
    private final ShardIndexes indexes;
    private final CompletedReads reads;
    private final ShardJournal journal;
    private final ShardApplier applier;

    /** Told when another schema is applied; must not block. */
    private final Runnable onSchema;

    /** As of the last entry applied. */
    private volatile Reading reading;

    /** Where the database is. */
    private volatile Flushed flushed;

    /** A schema, and what reads by it. */
    private record Reading(TableSchema schema, ShardReader reader) {}

    /** What the database has: everything up to a position, under the schema of that position. */
    record Flushed(Position position, TableSchema schema) {}

    /**
     * What it is made of.
     *
     * @param indexes that the database has of it, and whether they are complete
     */
    record Parts(
            ShardRecord record,
            ShardTable table,
            ShardRows rows,
            ShardJournal journal,
            Loaded loaded,
            Map<IndexTable.Of, Boolean> indexes) {
        LogIndex appliedIndex() {
            return new LogIndex(loaded.position().appliedIndex());
        }
    }

    ShardContent(
            ShardId id,
            Parts parts,
            Database database,
            Lock flushLock,
            Optional<ShardChanges> changes,
            Runnable onSchema) {
        TableSchema schema = parts.record().schema();
        Loaded loaded = parts.loaded();
        this.onSchema = onSchema;
        this.id = id;
        this.table = parts.table();
        this.rows = parts.rows();
        this.journal = parts.journal();
        this.indexes = new ShardIndexes(table, database, rows, schema, parts.indexes());
        this.flushed = new Flushed(loaded.position(), schema);
        this.reads = new CompletedReads(database, table, rows, flushLock);
        this.applier = new ShardApplier(id, schema, database, table, rows, loaded, changes, this::take);
        read(schema);
    }

    private void take(TableSchema schema) {
        read(schema);
        onSchema.run();
    }

    /** From now on the rows are read so; what they were written by makes no difference. */
    private void read(TableSchema schema) {
        ShardApplier counting = applier;
        reading = new Reading(
                schema,
                new ShardReader(
                        schema, rows, reads, indexes, () -> counting.position().rowCount()));
    }

    /** As of the last entry applied. Never blocks. */
    TableSchema schema() {
        return reading.schema();
    }

    ShardIndexes indexes() {
        return indexes;
    }

    /** See {@link ShardStore#indexesLeft}. */
    int indexesLeft() {
        return indexes.left(schema());
    }

    ShardTable table() {
        return table;
    }

    ShardRows rows() {
        return rows;
    }

    ShardReader reader() {
        return reading.reader();
    }

    ShardJournal journal() {
        return journal;
    }

    ShardApplier applier() {
        return applier;
    }

    /** Where memory is. Never blocks. */
    Position applied() {
        return applier.position();
    }

    Flushed flushed() {
        return flushed;
    }

    /** Removes its tables from the database; nothing names them any more. */
    void dropTables(Database database, OpenCopies copies) {
        copies.closeThoseOf(table);
        indexes.removeAll();
        database.transact("drop the rows of shard " + id, connection -> {
            table.drop(connection);
            return null;
        });
    }

    /** Writes what was cut out, within a transaction. */
    void write(Connection connection, Cut cut, FlushPace pace) throws SQLException {
        if (cut.schema().version() != flushed.schema().version()) {
            ShardCatalog.updateSchema(connection, id, cut.schema());
        }
        indexes.write(connection, cut.dirty());
        table.write(connection, cut.dirty(), pace);
        journal.write(connection, cut.position(), cut.addition());
    }

    /** The transaction of the last write has ended. */
    void written(Cut cut, boolean committed) {
        if (committed) {
            journal.committed();
            flushed = new Flushed(cut.position(), cut.schema());
            rows.endFlush(cut.dirty());
        } else {
            journal.failed();
            rows.failFlush(cut.dirty());
        }
    }
}
