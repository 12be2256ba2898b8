package io.mds.region.store;

import com.zaxxer.hikari.HikariConfig;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** PostgreSQL. Commits do not wait for its own log: the region's log is what is durable. */
final class PostgresDialect implements SqlDialect {
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
    public String keyArrayType() {
        return "bytea";
    }

    @Override
    public void checkpoint(Connection connection) throws SQLException {
        // A synchronous commit makes durable what was committed before it, because PostgreSQL's log is one sequence. It
        // must write something: a commit without changes is not waited for.
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL synchronous_commit TO on");
            statement.executeUpdate("UPDATE mds_meta SET v = CAST(CAST(v AS BIGINT) + 1 AS VARCHAR) WHERE k = '"
                    + Database.CHECKPOINTS_KEY + "'");
        }
        connection.commit();
    }

    @Override
    public long bytes(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet size = statement.executeQuery("SELECT pg_database_size(current_database())")) {
            return size.next() ? size.getLong(1) : 0;
        }
    }

    @Override
    public String advice(SQLException failure) {
        return "";
    }
}
