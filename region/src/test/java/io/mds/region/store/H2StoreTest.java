package io.mds.region.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2StoreTest {
    @TempDir
    private Path directory;

    private StoreSettings settings(long rowCacheBytes) {
        StoreSettings file = StoreSettings.h2File(directory.resolve("store"));
        return new StoreSettings(file.url(), "", "", 4, file.cacheBytes(), rowCacheBytes, file.connectionTimeout());
    }

    @Nested
    class WithRowsInMemory extends StoreSuite {
        @Override
        StoreSettings settings() {
            return H2StoreTest.this.settings(16 * 1024 * 1024);
        }
    }

    @Nested
    class WithFewRowsInMemory extends StoreSuite {
        @Override
        StoreSettings settings() {
            return H2StoreTest.this.settings(5_000);
        }
    }

    @Nested
    class WithoutRowsInMemory extends StoreSuite {
        @Override
        StoreSettings settings() {
            return H2StoreTest.this.settings(0);
        }

        @Override
        boolean flushesAlways() {
            return true;
        }
    }

    @Test
    void aFileThatIsNoStoreIsNamed() throws IOException {
        Files.write(
                directory.resolve("store.mv.db"),
                "this is not a database".repeat(1_000).getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> Store.open(settings(0), new SimpleMeterRegistry()))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("store")
                .hasMessageContaining("move it away");
    }

    @Test
    void aStoreThatIsOpenElsewhereIsRefused() {
        try (Store store = Store.open(settings(0), new SimpleMeterRegistry())) {
            assertThat(store.shards()).isEmpty();
            StoreSettings other = settings(0);
            StoreSettings asAnotherUser =
                    new StoreSettings(other.url(), "intruder", "", 2, 1 << 20, 0, other.connectionTimeout());
            assertThatThrownBy(() -> Store.open(asAnotherUser, new SimpleMeterRegistry()))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("another user or password");
        }
    }

    @Test
    void readsUseTheKeysIndexWithoutSorting() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:h2:mem:")) {
            H2Dialect dialect = new H2Dialect();
            new ShardTable(dialect, new io.mds.id.ShardId(1), 0).create(connection);
            assertThat(plan(connection, "SELECT k, ver, v FROM r_1 WHERE k = ANY(?)"))
                    .contains("PRIMARY_KEY");
            assertThat(plan(connection, "SELECT k, ver, v FROM r_1 WHERE k >= ? ORDER BY k LIMIT 100"))
                    .contains("PRIMARY_KEY")
                    .contains("index sorted");
            assertThat(plan(connection, "SELECT k, ver, v FROM r_1 WHERE k < ? ORDER BY k DESC LIMIT 100"))
                    .contains("PRIMARY_KEY")
                    .contains("index sorted");
        }
    }

    @Test
    void indexesAreReadByTheirPrimaryKeyWithoutSorting() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:h2:mem:")) {
            List<String> plans = StoreSchemaSuite.plans(connection, new H2Dialect());
            assertThat(plans).allSatisfy(plan -> assertThat(plan).contains("PRIMARY_KEY"));
            assertThat(plans.subList(0, 2)).allSatisfy(plan -> assertThat(plan).contains("index sorted"));
        }
    }

    private static String plan(Connection connection, String sql) throws SQLException {
        try (PreparedStatement explain = connection.prepareStatement("EXPLAIN " + sql)) {
            if (sql.contains("ANY")) {
                explain.setArray(1, connection.createArrayOf("VARBINARY", new Object[] {new byte[] {1}}));
            } else {
                explain.setBytes(1, new byte[] {1});
            }
            try (ResultSet rows = explain.executeQuery()) {
                rows.next();
                return rows.getString(1);
            }
        }
    }
}
