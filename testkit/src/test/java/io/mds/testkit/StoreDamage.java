package io.mds.testkit;

import io.mds.id.ShardId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Changes the database of a region that is stopped, in ways that nothing but a comparison with other replicas finds. */
final class StoreDamage {
    private static final String SUFFIX = ".mv.db";

    private final String url;

    private StoreDamage(String url) {
        this.url = url;
    }

    static StoreDamage of(Member region) throws IOException {
        try (Stream<Path> files = Files.walk(region.directory())) {
            String file = files.map(each -> each.toAbsolutePath().toString())
                    .filter(each -> each.endsWith(SUFFIX))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no database below " + region.directory()));
            return new StoreDamage("jdbc:h2:file:" + file.substring(0, file.length() - SUFFIX.length()));
        }
    }

    /** Gives the first row of some shard another version; answers which shard. */
    ShardId changeOneRow() throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "sa", "");
                Statement statement = connection.createStatement()) {
            List<String> tables = new ArrayList<>();
            try (ResultSet names = statement.executeQuery(
                    "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME LIKE 'R\\_%'")) {
                while (names.next()) {
                    tables.add(names.getString(1));
                }
            }
            for (String table : tables) {
                if (statement.executeUpdate(
                                "UPDATE " + table + " SET ver = ver - 1 WHERE k = (SELECT MIN(k) FROM " + table + ")")
                        == 1) {
                    return new ShardId(Long.parseLong(table.split("_", -1)[1]));
                }
            }
            throw new IllegalStateException("no shard has rows: " + tables);
        }
    }
}
