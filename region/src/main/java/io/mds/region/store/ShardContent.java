package io.mds.region.store;

import io.mds.id.ShardId;
import io.mds.region.store.ShardJournal.Loaded;
import io.mds.region.store.ShardJournal.Position;
import io.mds.table.TableSchema;
import java.util.Optional;
import java.util.concurrent.locks.Lock;

/**
 * What a shard consists of: a table of the database, what is newer in memory, and what applies to and reads from the two. An
 * installed copy is a content of its own, which takes the place of the one before it as a whole.
 *
 * <p><em>Thread:</em> the applier under the shard's apply lock, the journal and {@code flushed} under its flush lock.
 */
final class ShardContent {
    private final TableSchema schema;
    private final ShardTable table;
    private final ShardRows rows;
    private final ShardReader reader;
    private final ShardJournal journal;
    private final ShardApplier applier;

    /** Where the database is. */
    private volatile Position flushed;

    ShardContent(
            ShardId id,
            TableSchema schema,
            ShardTable table,
            Database database,
            ShardRows rows,
            ShardJournal journal,
            Loaded loaded,
            Lock flushLock,
            Optional<ShardChanges> changes) {
        this.schema = schema;
        this.table = table;
        this.rows = rows;
        this.journal = journal;
        this.flushed = loaded.position();
        ShardApplier newApplier = new ShardApplier(id, schema, database, table, rows, loaded, changes);
        this.applier = newApplier;
        CompletedReads reads = new CompletedReads(database, table, rows, flushLock);
        this.reader =
                new ShardReader(schema, rows, reads, () -> newApplier.position().rowCount());
    }

    TableSchema schema() {
        return schema;
    }

    ShardTable table() {
        return table;
    }

    ShardRows rows() {
        return rows;
    }

    ShardReader reader() {
        return reader;
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

    Position flushed() {
        return flushed;
    }

    void flushedTo(Position position) {
        flushed = position;
    }
}
