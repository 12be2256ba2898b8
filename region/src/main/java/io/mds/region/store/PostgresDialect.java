package io.mds.region.store;

import com.zaxxer.hikari.HikariConfig;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** PostgreSQL. Commits do not wait for its own log: the region's log is what is durable. */
final class PostgresDialect implements SqlDialect {
    private static final String DATA_CORRUPTED = "XX001";
    private static final String INDEX_CORRUPTED = "XX002";
    private static final String DISK_FULL = "53100";

    @Override
    public void configure(HikariConfig pool, StoreSettings settings) {
        pool.setJdbcUrl(settings.url());
        pool.setDriverClassName("org.postgresql.Driver");
        if (!settings.user().isEmpty()) {
            pool.setUsername(settings.user());
            pool.setPassword(settings.password());
        }
        pool.setConnectionInitSql("SET synchronous_commit TO off");
        pool.addDataSourceProperty("reWriteBatchedInserts", "true");
        pool.addDataSourceProperty("prepareThreshold", "2");
        pool.addDataSourceProperty("tcpKeepAlive", "true");
    }

    @Override
    public String bytesType() {
        return "BYTEA";
    }

    @Override
    public String keyType() {
        return "BYTEA";
    }

    @Override
    public String upsert(String table) {
        return "INSERT INTO " + table + " (k, ver, v) VALUES (?, ?, ?)"
                + " ON CONFLICT (k) DO UPDATE SET ver = EXCLUDED.ver, v = EXCLUDED.v";
    }

    @Override
    public String addEntry(String table) {
        return "INSERT INTO " + table + " (x, k) VALUES (?, ?) ON CONFLICT DO NOTHING";
    }

    @Override
    public String entryType() {
        return "BYTEA";
    }

    @Override
    public String keyArrayType() {
        return "bytea";
    }

    @Override
    public void checkpoint(Connection connection) throws SQLException {
        // A synchronous commit makes durable what was committed before it, because PostgreSQL's log is one sequence. It
        // must write something: a commit without changes is not waited for.
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL synchronous_commit TO on");
            statement.executeUpdate(Database.COUNT_CHECKPOINT);
        }
        connection.commit();
    }

    @Override
    public void beginCopy(Connection connection) throws SQLException {
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    }

    @Override
    public void endCopy(Connection connection) {
        // The pool sets the isolation back.
    }

    @Override
    public long bytes(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet size = statement.executeQuery("SELECT pg_database_size(current_database())")) {
            return size.next() ? size.getLong(1) : 0;
        }
    }

    @Override
    public Failure kindOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                switch (sql.getSQLState()) {
                    case DATA_CORRUPTED, INDEX_CORRUPTED -> {
                        return Failure.DAMAGED;
                    }
                    case DISK_FULL -> {
                        return Failure.DISK_FULL;
                    }
                    default -> {}
                }
            }
        }
        return Failure.OTHER;
    }

    @Override
    public String advice(SQLException failure) {
        return kindOf(failure) == Failure.DAMAGED
                ? "; the database is damaged: give the region an empty one, and its shards are rebuilt from other replicas"
                : "";
    }
}
