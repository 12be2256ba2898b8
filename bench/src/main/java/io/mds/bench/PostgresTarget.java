package io.mds.bench;

import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A PostgreSQL of its own in a new data directory, {@code fsync} and synchronous commit on: alone, or the primary of two
 * standbys of which one has to have each commit on its disk, too, before it is answered. All requests go to the primary.
 */
final class PostgresTarget extends JdbcTarget {
    static final String NAME = "postgresql";
    static final String SYNC_NAME = "postgresql-sync";

    private final List<PostgresServer> servers;

    private PostgresTarget(String name, List<PostgresServer> servers) {
        super(name, PostgresServer.USER, servers.size());
        this.servers = servers;
        connectTo(servers.get(0).jdbcUrl());
    }

    static PostgresTarget alone(Path directory) {
        return new PostgresTarget(NAME, List.of(PostgresServer.start(directory)));
    }

    static PostgresTarget withStandbys(Path directory) {
        List<String> standbys = List.of("standby1", "standby2");
        List<PostgresServer> servers = new ArrayList<>();
        try {
            PostgresServer primary = PostgresServer.startPrimary(directory.resolve("primary"), standbys);
            servers.add(primary);
            for (String standby : standbys) {
                servers.add(primary.startStandby(directory.resolve(standby), standby));
            }
            primary.awaitStandbys(standbys.size());
            return new PostgresTarget(SYNC_NAME, servers);
        } catch (RuntimeException e) {
            servers.forEach(PostgresServer::close);
            throw e;
        }
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
        // The primary first: it waits until its standbys have what it wrote last.
        servers.forEach(PostgresServer::close);
    }
}
