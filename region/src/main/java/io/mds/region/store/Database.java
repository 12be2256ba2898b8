package io.mds.region.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** The pool of connections, and the tables that are not a shard's. Any thread; every method may block. */
final class Database implements AutoCloseable {
    /** Counts checkpoints, in mds_meta. */
    static final String CHECKPOINTS_KEY = "checkpoints";

    private static final String[] TABLES = {
        "CREATE TABLE IF NOT EXISTS mds_meta (k VARCHAR(200) PRIMARY KEY, v VARCHAR(10000) NOT NULL)",
        "CREATE TABLE IF NOT EXISTS mds_shards (shard_id BIGINT PRIMARY KEY, table_schema %s NOT NULL,"
                + " view_number BIGINT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS mds_journal (id BIGINT PRIMARY KEY, shard_id BIGINT NOT NULL,"
                + " applied_index BIGINT NOT NULL, applied_view BIGINT NOT NULL, row_count BIGINT NOT NULL,"
                + " requests %s NOT NULL)"
    };

    private final SqlDialect dialect;
    private final HikariDataSource pool;

    private Database(SqlDialect dialect, HikariDataSource pool) {
        this.dialect = dialect;
        this.pool = pool;
    }

    /** Work with a connection. */
    interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    static Database open(StoreSettings settings, MeterRegistry registry) {
        SqlDialect dialect = SqlDialect.of(settings);
        HikariConfig config = new HikariConfig();
        dialect.configure(config, settings);
        config.setPoolName("mds-store");
        config.setAutoCommit(false);
        config.setMaximumPoolSize(settings.poolSize());
        config.setConnectionTimeout(settings.connectionTimeout().toMillis());
        config.setMetricsTrackerFactory(new MicrometerMetricsTrackerFactory(registry));
        Database database;
        try {
            database = new Database(dialect, new HikariDataSource(config));
        } catch (PoolInitializationException e) {
            String advice = e.getCause() instanceof SQLException cause ? dialect.advice(cause) : "";
            String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
            throw new StoreException("the store " + settings.url() + " cannot be opened: " + reason + advice, e);
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
        } catch (StoreException e) {
            database.close();
            throw e;
        }
        return database;
    }

    SqlDialect dialect() {
        return dialect;
    }

    /** Runs work that only reads, each statement on its own snapshot. */
    <T> T read(String what, Work<T> work) {
        try (Connection connection = pool.getConnection()) {
            // Spares the commit, which is a round trip to a server.
            connection.setAutoCommit(true);
            return work.with(connection);
        } catch (SQLException e) {
            throw failure(what, e);
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
        }
    }

    private static StoreException failure(String what, SQLException cause) {
        return new StoreException("the store could not " + what + ": " + cause.getMessage(), cause);
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
