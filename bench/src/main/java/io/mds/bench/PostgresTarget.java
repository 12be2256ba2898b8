package io.mds.bench;

import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;

/** A PostgreSQL of its own, {@code fsync} and synchronous commit on, in a new data directory. */
final class PostgresTarget extends JdbcTarget {
    static final String NAME = "postgresql";

    private final PostgresServer server;

    PostgresTarget(Path directory) {
        super(NAME, PostgresServer.USER);
        this.server = PostgresServer.start(directory);
        connectTo(server.jdbcUrl());
    }

    @Override
    String upsertStatement() {
        return "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dir, name) DO UPDATE SET"
                + " c1 = excluded.c1, c2 = excluded.c2, c3 = excluded.c3, c4 = excluded.c4, c5 = excluded.c5";
    }

    @Override
    void afterLoad(Statement statement) throws SQLException {
        statement.execute("VACUUM ANALYZE rows");
    }

    @Override
    public void close() {
        super.close();
        server.close();
    }
}
