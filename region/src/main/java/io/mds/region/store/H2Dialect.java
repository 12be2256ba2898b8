package io.mds.region.store;

import com.zaxxer.hikari.HikariConfig;
import io.mds.table.IndexCodec;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/**
 * H2, embedded, on its MVStore.
 *
 * <p>Settings that matter, measured with 100,000 rows of 515 bytes on two cores:
 *
 * <ul>
 *   <li>Rows are in a plain table with the key's index beside it. A covering index makes scans of 100 rows four times as
 *       fast (31 µs against 126 µs) and updates three times as slow (61 µs against 23 µs a row). Rows in memory need neither:
 *       a scan of 100 of them takes 15 µs.
 *   <li>PAGE_SIZE 4096: an update rewrites a page, and small ones are cheaper (15 µs against 25 µs a row).
 *   <li>QUERY_CACHE_SIZE: statements are prepared anew for each use, which costs little while H2 remembers them.
 *   <li>RETENTION_TIME stays at H2's 45 s: pages are reused only when the medium surely holds their successors. The file
 *       grows under many updates, and shrinks afterwards.
 *   <li>WRITE_DELAY 0: each transaction is written when it commits, by the thread that commits. Otherwise H2 writes in two
 *       threads of its own, one behind the other, and a part of the file can be written that does not list the one before it,
 *       because that is still on its way; a process that is killed then leaves a database that does not open ("Chunk not
 *       found"). A torture run met it. Transactions are few and large here, so that it costs nothing;
 *       but the thread that would rewrite sparse parts of the file is gone, too, so that checkpoints do it.
 *   <li>A flush is gathered in memory. H2 writes what is not committed yet as well, whenever it holds 19 MB of changed pages:
 *       the log of what was before, then pages with both versions of a row, then those that the commit leaves. Of 100,000 rows
 *       that were updated, six tables one after the other, each took 4.2 KiB of the file, 42 µs and 30 KB of garbage; gathered,
 *       0.7 KiB, 19 µs and 15 KB.
 * </ul>
 */
final class H2Dialect implements SqlDialect {
    /** H2's own isolation level, in which a transaction sees all tables as they were at its first statement. */
    private static final int TRANSACTION_SNAPSHOT = 6;

    private static final int ALREADY_OPEN = 90020;
    private static final int FILE_CORRUPTED = 90030;
    private static final int WRONG_USER_OR_PASSWORD = 28000;
    private static final int UNSUPPORTED_FORMAT = 90048;
    private static final String OPTIONS =
            ";DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=10000;QUERY_CACHE_SIZE=512;WRITE_DELAY=0";

    /** Parts of the file of which less than this is in use are written anew, so many bytes at once. */
    private static final int SPARSE_PERCENT = 50;

    private static final int COMPACT_BYTES = 1024 * 1024;

    /**
     * What H2 may gather, by its own count, which takes small rows for twice what they are: of the heap this part, and less than
     * its count can hold.
     */
    private static final int GATHERED_PART_OF_HEAP = 8;

    private static final long MAX_GATHERED_BYTES = 1L << 30;

    @Override
    public void configure(HikariConfig pool, StoreSettings settings) {
        String options = OPTIONS + ";CACHE_SIZE=" + settings.cacheBytes() / 1024;
        // Only a new database takes a page size.
        pool.setJdbcUrl(settings.url() + options + ";PAGE_SIZE=4096");
        pool.setDriverClassName("org.h2.Driver");
        pool.setUsername(settings.user().isEmpty() ? "sa" : settings.user());
        pool.setPassword(settings.password());
    }

    @Override
    public String bytesType() {
        return "VARBINARY";
    }

    @Override
    public String keyType() {
        return "VARBINARY(2048)";
    }

    @Override
    public String upsert(String table) {
        return "MERGE INTO " + table + " (k, ver, v) KEY (k) VALUES (?, ?, ?)";
    }

    @Override
    public String addEntry(String table) {
        return "MERGE INTO " + table + " (x, k) KEY (x, k) VALUES (?, ?)";
    }

    @Override
    public String entryType() {
        return "VARBINARY(" + IndexCodec.MAX_BYTES + ")";
    }

    @Override
    public String keyArrayType() {
        return "VARBINARY";
    }

    @Override
    public void checkpoint(Connection connection) throws SQLException {
        // What tells an old state of the file from this one.
        execute(connection, Database.COUNT_CHECKPOINT);
        connection.commit();
        execute(connection, "CHECKPOINT SYNC");
    }

    @Override
    public boolean compact(Connection connection) throws SQLException {
        return files(connection)
                .map(store -> store.compact(SPARSE_PERCENT, COMPACT_BYTES))
                .orElse(false);
    }

    /** Sets the count of what H2 has not written back by so much; from its next writing on, it counts as before. */
    @Override
    public void gather(Connection connection) throws SQLException {
        files(connection).filter(store -> store.getUnsavedMemory() >= 0).ifPresent(store -> {
            long bytes = Math.min(MAX_GATHERED_BYTES, Runtime.getRuntime().maxMemory() / GATHERED_PART_OF_HEAP);
            store.registerUnsavedMemory((int) -bytes);
        });
    }

    /** Empty when the database is another process's, or has no files. */
    private static Optional<MVStore> files(Connection connection) throws SQLException {
        return connection.unwrap(JdbcConnection.class).getSession() instanceof SessionLocal session
                ? Optional.of(session.getDatabase().getStore().getMvStore())
                        .filter(store -> store.getFileStore() != null)
                : Optional.empty();
    }

    @Override
    public void beginCopy(Connection connection) throws SQLException {
        connection.setTransactionIsolation(TRANSACTION_SNAPSHOT);
        // A query then reads as far as its rows are taken, and does not hold them all.
        execute(connection, "SET LAZY_QUERY_EXECUTION TRUE");
    }

    @Override
    public void endCopy(Connection connection) throws SQLException {
        execute(connection, "SET LAZY_QUERY_EXECUTION FALSE");
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public long bytes(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet size = statement.executeQuery("SELECT SETTING_VALUE FROM INFORMATION_SCHEMA.SETTINGS"
                        + " WHERE SETTING_NAME = 'info.FILE_SIZE'")) {
            return size.next() ? Long.parseLong(size.getString(1)) : 0;
        }
    }

    @Override
    public Failure kindOf(Throwable failure) {
        boolean damaged = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException io && isDiskFull(io)) {
                return Failure.DISK_FULL;
            }
            if (cause instanceof ClosedChannelException) {
                // A thread that reads was interrupted, which closes the file.
                return Failure.OTHER;
            }
            if (cause instanceof SQLException sql) {
                damaged |= sql.getErrorCode() == FILE_CORRUPTED || sql.getErrorCode() == UNSUPPORTED_FORMAT;
            } else if (cause instanceof MVStoreException store) {
                damaged |= isDamage(store.getErrorCode());
            }
        }
        return damaged ? Failure.DAMAGED : Failure.OTHER;
    }

    private static boolean isDiskFull(IOException failure) {
        String message = failure.getMessage() == null ? "" : failure.getMessage();
        return message.contains("No space left") || message.contains("not enough space") || message.contains("quota");
    }

    private static boolean isDamage(int code) {
        return switch (code) {
            case DataUtils.ERROR_FILE_CORRUPT,
                    DataUtils.ERROR_CHUNK_NOT_FOUND,
                    DataUtils.ERROR_BLOCK_NOT_FOUND,
                    DataUtils.ERROR_SERIALIZATION,
                    DataUtils.ERROR_READING_FAILED,
                    DataUtils.ERROR_UNSUPPORTED_FORMAT,
                    DataUtils.ERROR_TRANSACTION_CORRUPT -> true;
            default -> false;
        };
    }

    @Override
    public String advice(SQLException failure) {
        return switch (failure.getErrorCode()) {
            case ALREADY_OPEN -> "; another process, perhaps another region, has it open";
            case FILE_CORRUPTED, UNSUPPORTED_FORMAT ->
                "; the file is damaged or is not a store of this version: move it away and let the region's shards be"
                        + " rebuilt from other replicas, or restore it and the log from a copy";
            case WRONG_USER_OR_PASSWORD -> "; it was made with another user or password";
            default -> "";
        };
    }
}
