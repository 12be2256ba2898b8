package io.mds.client;

import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One table: its rows are written and read here.
 *
 * <p>A value may be given in any type that converts to the column's without loss: an {@code Integer} for an INT64 column, a
 * {@code Long} for a DECIMAL one. A nullable column that a row leaves out is NULL.
 *
 * <p>Writes are applied at most once, however often the client has to send them. A write that fails with the outcome
 * {@code UNKNOWN} may have been applied, or may still be; {@code NOT_APPLIED} promises that it changed nothing.
 *
 * <p><em>Thread:</em> safe for use by any number of threads.
 */
public interface Table {

    String name();

    /** The table's schema as the client knows it; asks the master when it does not know it yet. */
    TableSchema schema();

    CompletableFuture<TableSchema> schemaAsync();

    /** The same table with another deadline for each call. */
    Table withTimeout(Duration timeout);

    /** The same table whose reads are of this consistency instead of the client's. */
    Table with(Consistency consistency);

    /**
     * The same table within a session: it notes what is written and read here, and reads have session consistency, unless
     * {@link #with(Consistency)} says otherwise afterwards.
     */
    Table within(Session session);

    /**
     * The same table that tells how new each answer to a read is: once for each shard and page, before the call ends, on the
     * thread that decodes it. The observer must not block.
     */
    Table observing(Consumer<Freshness> observer);

    // ---- writes ----

    /** Adds a row. Fails with ALREADY_EXISTS when a row with its key exists. */
    WriteResult insert(Row row);

    CompletableFuture<WriteResult> insertAsync(Row row);

    /** Adds a row, or replaces the whole row of its key. */
    WriteResult upsert(Row row);

    CompletableFuture<WriteResult> upsertAsync(Row row);

    /** As {@link #upsert(Row)}; fails with CONDITION_FAILED when the condition does not hold. */
    WriteResult upsert(Row row, Condition condition);

    CompletableFuture<WriteResult> upsertAsync(Row row, Condition condition);

    /** Changes some columns of a row. Fails with NOT_FOUND when there is no such row, or with CONDITION_FAILED. */
    WriteResult update(Key key, Update update);

    CompletableFuture<WriteResult> updateAsync(Key key, Update update);

    /** Removes a row; {@link WriteResult#existed()} tells whether there was one. */
    WriteResult delete(Key key);

    CompletableFuture<WriteResult> deleteAsync(Key key);

    /** As {@link #delete(Key)}; fails with CONDITION_FAILED when the condition does not hold. */
    WriteResult delete(Key key, Condition condition);

    CompletableFuture<WriteResult> deleteAsync(Key key, Condition condition);

    /** {@code delete(Key.of(keyValues))}. */
    WriteResult delete(Object... keyValues);

    CompletableFuture<WriteResult> deleteAsync(Object... keyValues);

    /**
     * Applies the operations of a batch in their order; answers one result for each.
     *
     * <p>An {@linkplain Batch#atomic() atomic} batch is applied as a whole or not at all. When an operation fails, the error
     * names its position.
     */
    List<WriteResult> write(Batch batch);

    CompletableFuture<List<WriteResult>> writeAsync(Batch batch);

    /**
     * Bulk load: upserts rows in large batches, several under way at a time; answers how many were written.
     *
     * <p>Rows are taken from the iterable on the calling thread, no faster than the cluster takes them. When a key occurs
     * twice, the later row wins. The load as a whole is not atomic: after a failure some of its rows may be there, and it
     * may be run again. The deadline counts for each batch, not for the load.
     */
    long upsertAll(Iterable<Row> rows);

    /** As {@link #upsertAll(Iterable)}, for rows that are in memory already. */
    CompletableFuture<Long> upsertAllAsync(Collection<Row> rows);

    // ---- reads ----

    Optional<Row> get(Key key);

    CompletableFuture<Optional<Row>> getAsync(Key key);

    /** {@code get(Key.of(keyValues))}. */
    Optional<Row> get(Object... keyValues);

    CompletableFuture<Optional<Row>> getAsync(Object... keyValues);

    /** The named columns of one row, in the order named. */
    Optional<Row> get(Key key, List<String> columns);

    CompletableFuture<Optional<Row>> getAsync(Key key, List<String> columns);

    /** Many rows at once, in the order of the keys. Not a snapshot: each shard answers on its own. */
    List<Optional<Row>> getAll(List<Key> keys);

    CompletableFuture<List<Optional<Row>>> getAllAsync(List<Key> keys);

    /**
     * The rows that a scan selects, in the order of their keys, page by page. Close the stream.
     *
     * <p>Not a snapshot: rows written while the scan runs may or may not show. The deadline counts for each page.
     */
    RowStream scan(Scan scan);

    /** The first page of a scan; each page leads to the next. */
    CompletableFuture<ScanPage> scanAsync(Scan scan);

    /** How many rows a scan selects. Its limit, order and columns play no part. */
    long count(Scan scan);

    CompletableFuture<Long> countAsync(Scan scan);

    // ---- changes ----

    /**
     * The changes of the table's rows from a position on, as they are committed: those of one shard in their order, each at
     * least once. The stream goes on through changes of leaders and lost connections. Close it.
     *
     * <p>Regions remember a bounded number of changes. When those after a position are forgotten, the stream fails with
     * NOT_FOUND; read the table then, and watch from now on. The deadline counts for the beginning alone.
     */
    ChangeStream watch(WatchFrom from);

    CompletableFuture<ChangeStream> watchAsync(WatchFrom from);
}
