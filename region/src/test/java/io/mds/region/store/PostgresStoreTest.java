package io.mds.region.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store on a PostgreSQL server that the test starts. */
class PostgresStoreTest {
    private static final AtomicInteger DATABASES = new AtomicInteger();

    @TempDir
    private static Path directory;

    private static PostgresServer server;

    private String database;

    @BeforeAll
    static void startServer() throws IOException, InterruptedException {
        Optional<Path> programs = PostgresServer.programs();
        if (programs.isEmpty()) {
            System.err.println("**** SKIPPED: the store's tests on PostgreSQL. There is no initdb and postgres in"
                    + " /usr/lib/postgresql/*/bin or on the PATH. ****");
        }
        Assumptions.assumeTrue(programs.isPresent(), "PostgreSQL is not installed");
        server = PostgresServer.start(programs.get(), directory);
        await().atMost(Duration.ofSeconds(60)).until(PostgresStoreTest::answers);
    }

    private static boolean answers() {
        if (!server.isRunning()) {
            throw new IllegalStateException("the PostgreSQL server ended by itself; see postgres.log");
        }
        try (Connection connection = DriverManager.getConnection(server.url("postgres"), "mds", "")) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    @AfterAll
    static void stopServer() throws IOException, InterruptedException {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void createDatabase() throws SQLException {
        database = "store" + DATABASES.incrementAndGet();
        try (Connection connection = DriverManager.getConnection(server.url("postgres"), "mds", "");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
    }

    private StoreSettings settings(long rowCacheBytes) {
        return new StoreSettings(server.url(database), "mds", "", 4, 1 << 20, rowCacheBytes, Duration.ofSeconds(10));
    }

    @Nested
    class WithRowsInMemory extends StoreSuite {
        @Override
        StoreSettings settings() {
            return PostgresStoreTest.this.settings(16 * 1024 * 1024);
        }
    }

    @Nested
    class WithoutRowsInMemory extends StoreSuite {
        @Override
        StoreSettings settings() {
            return PostgresStoreTest.this.settings(0);
        }

        @Override
        boolean flushesAlways() {
            return true;
        }
    }

    @Test
    void indexesAreReadByTheirPrimaryKeyWithoutSorting() throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.url(database), "mds", "")) {
            assertThat(StoreSchemaSuite.plans(connection, new PostgresDialect()))
                    .allSatisfy(plan ->
                            assertThat(plan).contains("using x_7_0_1_pkey").doesNotContain("Sort", "Seq Scan"));
        }
    }
}
