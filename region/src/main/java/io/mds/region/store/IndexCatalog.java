package io.mds.region.store;

import io.mds.id.ShardId;
import io.mds.region.store.IndexTable.Of;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The SQL of mds_indexes, which says what tables of indexes there are, and which of them are complete. */
final class IndexCatalog {
    static final String TABLE = "CREATE TABLE IF NOT EXISTS mds_indexes (shard_id BIGINT NOT NULL,"
            + " generation BIGINT NOT NULL, index_id BIGINT NOT NULL, complete BOOLEAN NOT NULL,"
            + " PRIMARY KEY (shard_id, generation, index_id))";
    private static final String WHERE = " WHERE shard_id = ? AND generation = ? AND index_id = ?";

    private IndexCatalog() {}

    /** Those that are recorded, and whether they are complete. */
    static Map<Of, Boolean> read(Connection connection) throws SQLException {
        Map<Of, Boolean> found = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(
                        "SELECT shard_id, generation, index_id, complete FROM mds_indexes");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                found.put(new Of(new ShardId(rows.getLong(1)), rows.getLong(2), rows.getInt(3)), rows.getBoolean(4));
            }
        }
        return found;
    }

    /** The tables that there are, recorded or not. */
    static Set<Of> tables(Connection connection) throws SQLException {
        Set<Of> found = new HashSet<>();
        try (ResultSet tables =
                connection.getMetaData().getTables(null, null, "%", new String[] {"TABLE", "BASE TABLE"})) {
            while (tables.next()) {
                IndexTable.named(tables.getString("TABLE_NAME").toLowerCase(Locale.ROOT))
                        .ifPresent(found::add);
            }
        }
        return found;
    }

    /** Records an index that is not complete, in the place of what was recorded of it. */
    static void insert(Connection connection, Of index) throws SQLException {
        delete(connection, index);
        execute(
                connection,
                "INSERT INTO mds_indexes (shard_id, generation, index_id, complete) VALUES (?, ?, ?, FALSE)",
                index);
    }

    static void complete(Connection connection, Of index) throws SQLException {
        execute(connection, "UPDATE mds_indexes SET complete = TRUE" + WHERE, index);
    }

    static void delete(Connection connection, Of index) throws SQLException {
        execute(connection, "DELETE FROM mds_indexes" + WHERE, index);
    }

    private static void execute(Connection connection, String sql, Of index) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, index.shard().value());
            statement.setLong(2, index.generation());
            statement.setLong(3, index.index());
            statement.executeUpdate();
        }
    }
}
