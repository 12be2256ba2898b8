package io.mds.region.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Optional;

/** Small values kept with the store, by name. Any thread; every method may block. */
final class StoreMetadata {
    private final Database database;

    StoreMetadata(Database database) {
        this.database = database;
    }

    Optional<String> get(String key) {
        return database.read("read '" + key + "'", connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT v FROM mds_meta WHERE k = ?")) {
                select.setString(1, key);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
                }
            }
        });
    }

    /** Durable when this returns. */
    void put(String key, String value) {
        database.transact("record '" + key + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement("UPDATE mds_meta SET v = ? WHERE k = ?")) {
                update.setString(1, value);
                update.setString(2, key);
                if (update.executeUpdate() > 0) {
                    return null;
                }
            }
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO mds_meta (k, v) VALUES (?, ?)")) {
                insert.setString(1, key);
                insert.setString(2, value);
                insert.executeUpdate();
            }
            return null;
        });
        database.sync();
    }
}
