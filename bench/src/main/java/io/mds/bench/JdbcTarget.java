package io.mds.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;

/**
 * The same table in a database server, reached as applications do: HikariCP with a connection for each client, prepared
 * statements, a transaction for each batch.
 */
abstract class JdbcTarget implements Target {
    private static final String COLUMNS = "c1, c2, c3, c4, c5";
    private static final String READ = "SELECT dir, name, " + COLUMNS + " FROM rows WHERE dir = ? AND name = ?";
    private static final String SCAN =
            "SELECT dir, name, " + COLUMNS + " FROM rows WHERE dir = ? ORDER BY dir, name LIMIT " + Rows.NAMES;
    private static final String CREATE = "CREATE TABLE rows (dir VARCHAR NOT NULL, name VARCHAR NOT NULL,"
            + " c1 VARCHAR, c2 VARCHAR, c3 VARCHAR, c4 VARCHAR, c5 VARCHAR, PRIMARY KEY (dir, name))";

    private final String name;
    private final String user;
    private final int replicas;
    private String url;
    private HikariDataSource connections;

    JdbcTarget(String name, String user, int replicas) {
        this.name = name;
        this.user = user;
        this.replicas = replicas;
    }

    final void connectTo(String jdbcUrl) {
        this.url = jdbcUrl;
    }

    /** Writes a whole row, whether it exists or not: 2 key columns, then 5 values. */
    abstract String upsertStatement();

    /** Called after the load, for what an operator would do then. */
    void afterLoad(Statement statement) throws SQLException {}

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final int replicas() {
        return replicas;
    }

    @Override
    public final boolean supports(Scenario scenario) {
        return scenario != Scenario.ROUTES && scenario != Scenario.READ_EVENTUAL;
    }

    @Override
    public final void expectClients(int clients) {
        closePool();
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setUsername(user);
        config.setPassword("");
        config.setMaximumPoolSize(clients);
        config.setMinimumIdle(clients);
        config.setPoolName(name);
        connections = new HikariDataSource(config);
    }

    @Override
    public final void load(Rows rows) throws SQLException {
        expectClients(1);
        Random random = new Random(1);
        try (Connection connection = connections.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(CREATE);
            for (int directory = 0; directory < Rows.DIRECTORIES; directory++) {
                writeDirectory(connection, rows, directory, random);
            }
            afterLoad(statement);
        }
    }

    @Override
    public final Client client(Rows rows) {
        return (scenario, random) -> {
            int directory = random.nextInt(Rows.DIRECTORIES);
            int row = random.nextInt(Rows.NAMES);
            try (Connection connection = connections.getConnection()) {
                switch (scenario) {
                    case READ -> read(connection, rows, directory, row);
                    case UPSERT -> upsert(connection, rows, directory, row, random);
                    case BATCH -> writeDirectory(connection, rows, directory, random);
                    case SCAN -> scan(connection, rows, directory);
                    case MIX -> {
                        if (random.nextBoolean()) {
                            read(connection, rows, directory, row);
                        } else {
                            upsert(connection, rows, directory, row, random);
                        }
                    }
                    case READ_EVENTUAL, ROUTES ->
                        throw new UnsupportedOperationException("a database server has no " + scenario.label());
                }
            }
        };
    }

    private static void read(Connection connection, Rows rows, int directory, int row) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(READ)) {
            statement.setString(1, rows.directory(directory));
            statement.setString(2, rows.name(row));
            expect(statement, 1);
        }
    }

    private static void scan(Connection connection, Rows rows, int directory) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SCAN)) {
            statement.setString(1, rows.directory(directory));
            expect(statement, Rows.NAMES);
        }
    }

    /** Fetches every column, as the other side decodes every one. */
    private static void expect(PreparedStatement statement, int expected) throws SQLException {
        int found = 0;
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                for (int i = 1; i <= 2 + Rows.COLUMNS; i++) {
                    result.getString(i);
                }
                found++;
            }
        }
        if (found != expected) {
            throw new IllegalStateException(found + " rows instead of " + expected);
        }
    }

    private void upsert(Connection connection, Rows rows, int directory, int row, Random random) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(upsertStatement())) {
            bind(statement, rows, directory, row, random);
            statement.executeUpdate();
        }
    }

    private void writeDirectory(Connection connection, Rows rows, int directory, Random random) throws SQLException {
        connection.setAutoCommit(false);
        try (PreparedStatement statement = connection.prepareStatement(upsertStatement())) {
            for (int row = 0; row < Rows.NAMES; row++) {
                bind(statement, rows, directory, row, random);
                statement.addBatch();
            }
            statement.executeBatch();
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private static void bind(PreparedStatement statement, Rows rows, int directory, int row, Random random)
            throws SQLException {
        statement.setString(1, rows.directory(directory));
        statement.setString(2, rows.name(row));
        for (int i = 0; i < Rows.COLUMNS; i++) {
            statement.setString(3 + i, rows.value(random));
        }
    }

    private void closePool() {
        if (connections != null) {
            connections.close();
            connections = null;
        }
    }

    /** Closes the connections; the server is the subclass's to stop. */
    @Override
    public void close() {
        closePool();
    }
}
