package io.mds.region.store;

import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.store.ShardTable.Named;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The SQL of mds_shards, which says what shards there are, and which of the tables of rows are theirs. */
final class ShardCatalog {
    private ShardCatalog() {}

    /** @param generation of the table that holds the shard's rows */
    record ShardRecord(TableSchema schema, RecordedView view, long generation) {
        /** The same, with the other view unless that is older. */
        ShardRecord withViewNotBefore(RecordedView other) {
            return view.promised().compareTo(other.promised()) > 0 ? this : new ShardRecord(schema, other, generation);
        }
    }

    /** Adds what the first format did not have. Doing it twice changes nothing. */
    static void addColumns(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("ALTER TABLE mds_shards ADD COLUMN IF NOT EXISTS sole_view BIGINT DEFAULT 0 NOT NULL");
            statement.execute("ALTER TABLE mds_shards ADD COLUMN IF NOT EXISTS generation BIGINT DEFAULT 0 NOT NULL");
        }
    }

    static Map<ShardId, ShardRecord> read(Connection connection) throws SQLException {
        Map<ShardId, ShardRecord> records = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(
                        "SELECT shard_id, table_schema, view_number, sole_view, generation FROM mds_shards");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                TableSchema schema = TableSchema.fromProto(io.mds.proto.TableSchema.parseFrom(rows.getBytes(2)));
                records.put(
                        new ShardId(rows.getLong(1)),
                        new ShardRecord(
                                schema,
                                new RecordedView(new ViewNumber(rows.getLong(3)), new ViewNumber(rows.getLong(4))),
                                rows.getLong(5)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a table's schema in the store cannot be read", e);
        }
        return records;
    }

    static void insert(Connection connection, List<NewShard> shards) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO mds_shards (shard_id, table_schema, view_number, sole_view) VALUES (?, ?, ?, ?)")) {
            for (NewShard shard : shards) {
                insert.setLong(1, shard.id().value());
                insert.setBytes(2, shard.schema().toProto().toByteArray());
                insert.setLong(3, shard.view().promised().value());
                insert.setLong(4, shard.view().sole().value());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    static void updateViews(Connection connection, Map<ShardId, RecordedView> views) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE mds_shards SET view_number = ?, sole_view = ? WHERE shard_id = ?")) {
            for (Map.Entry<ShardId, RecordedView> each : views.entrySet()) {
                update.setLong(1, each.getValue().promised().value());
                update.setLong(2, each.getValue().sole().value());
                update.setLong(3, each.getKey().value());
                update.addBatch();
            }
            update.executeBatch();
        }
    }

    static void updateSchema(Connection connection, ShardId shard, TableSchema schema) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE mds_shards SET table_schema = ? WHERE shard_id = ?")) {
            update.setBytes(1, schema.toProto().toByteArray());
            update.setLong(2, shard.value());
            if (update.executeUpdate() != 1) {
                throw new SQLException("shard " + shard + " is not recorded");
            }
        }
    }

    static void replace(Connection connection, ShardId shard, ShardRecord record) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE mds_shards SET table_schema = ?, view_number = ?, sole_view = ?, generation = ?"
                        + " WHERE shard_id = ?")) {
            update.setBytes(1, record.schema().toProto().toByteArray());
            update.setLong(2, record.view().promised().value());
            update.setLong(3, record.view().sole().value());
            update.setLong(4, record.generation());
            update.setLong(5, shard.value());
            if (update.executeUpdate() != 1) {
                throw new SQLException("shard " + shard + " is not recorded");
            }
        }
    }

    static void delete(Connection connection, ShardId shard) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM mds_shards WHERE shard_id = ?")) {
            delete.setLong(1, shard.value());
            delete.executeUpdate();
        }
    }

    /** All tables of rows, those that no shard has included. */
    static List<Named> tables(Connection connection) throws SQLException {
        List<Named> found = new ArrayList<>();
        try (ResultSet tables =
                connection.getMetaData().getTables(null, null, "%", new String[] {"TABLE", "BASE TABLE"})) {
            while (tables.next()) {
                ShardTable.named(tables.getString("TABLE_NAME").toLowerCase(Locale.ROOT))
                        .ifPresent(found::add);
            }
        }
        return found;
    }
}
