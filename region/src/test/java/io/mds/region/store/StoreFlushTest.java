package io.mds.region.store;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.GetRequest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How rows get from memory to the database. */
class StoreFlushTest {
    private static final ShardId SHARD = new ShardId(7);
    private static final int MIB = 1024 * 1024;

    @TempDir
    private Path directory;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

    private StoreSettings settings() {
        return new StoreSettings(
                "jdbc:h2:file:" + directory.resolve("store"), "", "", 4, 8 * MIB, 0, Duration.ofSeconds(5));
    }

    private static void write(ShardStore shard, int number, String owner) {
        long index = shard.appliedIndex().value() + 1;
        shard.apply(List.of(entry(
                index, request(1, 0, index, upsert(key(number), row("size", (long) number, "owner", owner))))));
    }

    @Test
    void memoryStaysBoundedWhileMoreIsWrittenThanFits() {
        String owner = "x".repeat(10_000);
        try (Store store = Store.open(settings(), metrics)) {
            ShardStore shard = store.createShard(SHARD, SCHEMA, new ViewNumber(1));
            for (int i = 0; i < 3_000; i++) {
                write(shard, i, owner);
                assertThat(metrics.get("mds.store.rows.dirty").gauge().value()).isLessThan(4.5 * MIB);
            }
            assertThat(store.problem()).isEmpty();
        }
        try (Store store = Store.open(settings(), new SimpleMeterRegistry())) {
            ShardStore shard = store.shard(SHARD).orElseThrow();
            assertThat(shard.rowCount()).isEqualTo(3_000);
            assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(3_000));
        }
    }

    @Test
    void rowsThatTheDatabaseDoesNotTakeStayAndAreTakenLater() throws SQLException {
        try (Store store = Store.open(settings(), metrics);
                Connection direct = DriverManager.getConnection(settings().url(), "sa", "");
                Statement statement = direct.createStatement()) {
            ShardStore shard = store.createShard(SHARD, SCHEMA, new ViewNumber(1));
            write(shard, 1, "root");
            statement.execute("ALTER TABLE r_7 RENAME TO hidden");
            assertThatThrownBy(store::checkpoint)
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("shard 7");
            GetRequest get = GetRequest.newBuilder().addKeys(key(1)).build();
            assertThat(shard.get(get).getRows(0).getFound()).isTrue();
            write(shard, 1, "nobody");
            statement.execute("ALTER TABLE hidden RENAME TO r_7");
            assertThat(store.checkpoint().get(SHARD).index()).isEqualTo(new LogIndex(2));
        }
        try (Store store = Store.open(settings(), new SimpleMeterRegistry())) {
            ShardStore shard = store.shard(SHARD).orElseThrow();
            assertThat(Writes.read(
                            shard.get(GetRequest.newBuilder().addKeys(key(1)).build())
                                    .getRows(0)
                                    .getRow(),
                            "owner"))
                    .isEqualTo("nobody");
            List<ApplyResult> again =
                    shard.apply(List.of(entry(3, request(1, 0, 2, upsert(key(1), row("owner", "root"))))));
            assertThat(((ApplyResult.Written) again.get(0)).reply().getDuplicate())
                    .isTrue();
        }
    }

    @Test
    void aFlushWritesEachPageOnce() throws IOException {
        int rows = 10_000;
        StoreSettings few = settings();
        StoreSettings roomy =
                new StoreSettings(few.url(), "", "", 4, few.cacheBytes(), 64 * MIB, few.connectionTimeout());
        try (Store store = Store.open(roomy, metrics)) {
            ShardStore shard = store.createShard(SHARD, SCHEMA, new ViewNumber(1));
            long[] sizes = new long[3];
            for (int round = 0; round < sizes.length; round++) {
                String owner = String.valueOf((char) ('a' + round)).repeat(500);
                for (int i = 0; i < rows; i++) {
                    write(shard, i, owner);
                }
                store.checkpoint();
                sizes[round] = Files.size(directory.resolve("store.mv.db"));
            }
            // The pages of all rows, and some of the trees' inner ones; four times as much when H2 writes meanwhile,
            // too.
            assertThat(sizes[1] - sizes[0]).isLessThan(rows * 1_500L);
            assertThat(sizes[2] - sizes[1]).isLessThan(rows * 1_500L);
        }
    }
}
