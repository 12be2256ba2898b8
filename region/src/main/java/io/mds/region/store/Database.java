package io.mds.region.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import io.mds.region.store.SqlDialect.Failure;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/** The pool of connections, and the tables that are not a shard's. Any thread; every method may block. */
final class Database implements AutoCloseable {
    /** Counts checkpoints, in mds_meta. */
    static final String CHECKPOINTS_KEY = "checkpoints";

    static final String COUNT_CHECKPOINT =
            "UPDATE mds_meta SET v = CAST(CAST(v AS BIGINT) + 1 AS VARCHAR) WHERE k = '" + CHECKPOINTS_KEY + "'";
    private static final String SELECT_CHECKPOINTS = "SELECT v FROM mds_meta WHERE k = '" + CHECKPOINTS_KEY + "'";

    private static final int MAX_COMPACTIONS = 32;

    private static final String[] TABLES = {
        "CREATE TABLE IF NOT EXISTS mds_meta (k VARCHAR(200) PRIMARY KEY, v VARCHAR(10000) NOT NULL)",
        "CREATE TABLE IF NOT EXISTS mds_shards (shard_id BIGINT PRIMARY KEY, table_schema %s NOT NULL,"
                + " view_number BIGINT NOT NULL, sole_view BIGINT DEFAULT 0 NOT NULL,"
                + " generation BIGINT DEFAULT 0 NOT NULL)",
        "CREATE TABLE IF NOT EXISTS mds_journal (id BIGINT PRIMARY KEY, shard_id BIGINT NOT NULL,"
                + " applied_index BIGINT NOT NULL, applied_view BIGINT NOT NULL, row_count BIGINT NOT NULL,"
                + " requests %s NOT NULL)",
        IndexCatalog.TABLE
    };

    private final SqlDialect dialect;
    private final String url;
    private final HikariDataSource pool;
    private final Optional<SyncMark> mark;

    /** The first damage met; null for none. */
    private volatile DamagedStoreException damage;

    private Database(SqlDialect dialect, StoreSettings settings, HikariDataSource pool) {
        this.dialect = dialect;
        this.url = settings.url();
        this.mark = settings.markFile().map(SyncMark::new);
        this.pool = pool;
    }

    /** Work with a connection. */
    interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /** Work that returns nothing. */
    interface Task {
        void with(Connection connection) throws SQLException;
    }

    static Database open(StoreSettings settings, MeterRegistry registry) {
        SqlDialect dialect = SqlDialect.of(settings);
        HikariConfig config = new HikariConfig();
        dialect.configure(config, settings);
        config.setPoolName("mds-store");
        config.setAutoCommit(false);
        config.setMaximumPoolSize(settings.poolSize() + settings.copies());
        config.setConnectionTimeout(settings.connectionTimeout().toMillis());
        config.setMetricsTrackerFactory(new MicrometerMetricsTrackerFactory(registry));
        Database database;
        try {
            database = new Database(dialect, settings, new HikariDataSource(config));
        } catch (PoolInitializationException e) {
            String advice = e.getCause() instanceof SQLException cause ? dialect.advice(cause) : "";
            String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
            String message = "the store " + settings.url() + " cannot be opened: " + reason + advice;
            throw dialect.kindOf(e) == Failure.DAMAGED
                    ? new DamagedStoreException(message, e)
                    : new StoreException(message, e);
        }
        try {
            database.transact("create its tables", connection -> {
                try (Statement statement = connection.createStatement()) {
                    for (String table : TABLES) {
                        statement.execute(table.formatted(dialect.bytesType()));
                    }
                }
                return null;
            });
            database.requireNotOlder();
        } catch (StoreException e) {
            database.close();
            throw e;
        }
        return database;
    }

    private void requireNotOlder() {
        long marked = mark.map(SyncMark::read).orElse(0L);
        long found = read("tell how often it was made durable", Database::checkpoints);
        if (found < marked) {
            throw damaged(
                    "the store was made durable " + marked + " times, and holds a state of after " + found
                            + " times: its file was cut, replaced or removed",
                    null);
        }
    }

    private static long checkpoints(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery(SELECT_CHECKPOINTS)) {
            return count.next() ? Long.parseLong(count.getString(1)) : 0;
        }
    }

    /** Makes everything committed so far durable on the medium. */
    void sync() {
        long count = transact("make what it holds durable", connection -> {
            dialect.checkpoint(connection);
            return mark.isPresent() ? checkpoints(connection) : 0;
        });
        mark.ifPresent(each -> each.write(count));
    }

    SqlDialect dialect() {
        return dialect;
    }

    /** The damage that was met first; empty when none was. Never blocks. */
    Optional<DamagedStoreException> damage() {
        return Optional.ofNullable(damage);
    }

    /** Runs work that only reads, each statement on its own snapshot. */
    <T> T read(String what, Work<T> work) {
        try (Connection connection = pool.getConnection()) {
            // Spares the commit, which is a round trip to a server.
            connection.setAutoCommit(true);
            return work.with(connection);
        } catch (SQLException e) {
            throw failure(what, e);
        } catch (RuntimeException e) {
            throw orDamage(what, e);
        }
    }

    /** Gives room in the files back, a bounded part at each checkpoint, with rests: nobody waits for it. */
    void compact(FlushPace pace) {
        boolean more = true;
        for (int part = 0; more && part < MAX_COMPACTIONS; part++) {
            pace.begin();
            more = transact("tidy up", dialect::compact);
            pace.partWritten();
        }
    }

    /** Runs work in one transaction, undone when it fails. */
    <T> T transact(String what, Work<T> work) {
        try (Connection connection = pool.getConnection()) {
            try {
                T result = work.with(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                rollback(connection, e);
                throw e;
            }
        } catch (SQLException e) {
            throw failure(what, e);
        } catch (RuntimeException e) {
            throw orDamage(what, e);
        }
    }

    /** Runs work that writes much, in one transaction, undone when it fails. */
    void write(String what, Task work) {
        transact(what, connection -> {
            dialect.gather(connection);
            work.with(connection);
            return null;
        });
    }

    /** Begins a transaction that sees one state of the database, at the latest that of its first statements. */
    Connection beginCopy(String what, Task firstStatements) {
        try {
            Connection connection = pool.getConnection();
            boolean begun = false;
            try {
                // The pool's look whether the connection lives may have begun a transaction.
                connection.rollback();
                dialect.beginCopy(connection);
                connection.commit();
                firstStatements.with(connection);
                begun = true;
                return connection;
            } finally {
                if (!begun) {
                    discard(connection);
                }
            }
        } catch (SQLException e) {
            throw failure(what, e);
        } catch (RuntimeException e) {
            throw orDamage(what, e);
        }
    }

    /** Ends the transaction and gives the connection back. */
    void endCopy(Connection connection) {
        boolean clean = false;
        try {
            try {
                connection.rollback();
                dialect.endCopy(connection);
                connection.commit();
                clean = true;
            } finally {
                if (clean) {
                    connection.close();
                } else {
                    discard(connection);
                }
            }
        } catch (SQLException e) {
            throw failure("end a copy of a shard", e);
        }
    }

    /** Not back to the pool: nobody knows what state the connection is in. */
    private void discard(Connection connection) throws SQLException {
        pool.evictConnection(connection);
        connection.close();
    }

    /** What a failed statement means; damage is remembered. */
    StoreException failure(String what, SQLException cause) {
        String message = "the store could not " + what + ": " + cause.getMessage();
        return switch (dialect.kindOf(cause)) {
            case DAMAGED -> damaged(message, cause);
            case DISK_FULL -> new StoreException(message + "; the disk is full: make room on it", cause);
            // What follows damage is often said in other words, such as that the database is closed.
            case OTHER -> damage == null ? new StoreException(message, cause) : damaged(message, cause);
        };
    }

    /** The failure itself, or the damage that it means. */
    RuntimeException orDamage(String what, RuntimeException failure) {
        boolean unreadable = failure instanceof UncheckedIOException || dialect.kindOf(failure) == Failure.DAMAGED;
        return unreadable ? damaged("the store could not " + what + ": " + failure.getMessage(), failure) : failure;
    }

    DamagedStoreException damaged(String message, Throwable cause) {
        DamagedStoreException found = new DamagedStoreException(message + " (the store " + url + " is damaged)", cause);
        if (damage == null) {
            damage = found;
        }
        return found;
    }

    private static void rollback(Connection connection, Exception cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            // The connection is gone, and the transaction with it.
            cause.addSuppressed(e);
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
