package io.mds.region.store;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.EncodedRow;
import io.mds.proto.Operation;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.h2.mvstore.DataUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of an H2 file that was cut, overwritten or removed behind the store's back. */
class DamagedStoreTest {
    private static final ShardId SHARD = new ShardId(1);

    @TempDir
    private Path directory;

    private StoreSettings settings() {
        StoreSettings file = StoreSettings.h2File(directory.resolve("store"));
        return new StoreSettings(file.url(), "", "", 2, 1 << 20, 0, file.connectionTimeout());
    }

    private Store open() {
        return Store.open(settings(), new SimpleMeterRegistry());
    }

    private Path file() {
        return directory.resolve("store.mv.db");
    }

    private byte[] filled() throws IOException {
        Random random = new Random(1);
        try (Store store = open()) {
            ShardStore shard = store.createShard(SHARD, SCHEMA, new ViewNumber(1));
            for (int round = 1; round <= 60; round++) {
                List<Operation> some = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    String owner = Long.toHexString(random.nextLong()).repeat(10);
                    some.add(upsert(key(random.nextInt(3_000)), row("owner", owner)));
                }
                shard.apply(List.of(entry(round, request(some.toArray(Operation[]::new)))));
                store.checkpoint();
            }
        }
        return Files.readAllBytes(file());
    }

    private void assertDamaged() {
        assertThatThrownBy(() -> {
                    try (Store store = open()) {
                        Copies.rows(store.shard(SHARD).orElseThrow());
                        throw new AssertionError("opened and read, at "
                                + store.shard(SHARD).orElseThrow().appliedIndex());
                    }
                })
                .isInstanceOf(DamagedStoreException.class)
                .hasMessageContaining(directory.resolve("store").toString());
    }

    /** Where no more was cut off than room that H2 had to spare, nothing is lost. */
    private void assertWholeOrDamaged(List<EncodedRow> rows) {
        try (Store store = open()) {
            assertThat(Copies.rows(store.shard(SHARD).orElseThrow())).isEqualTo(rows);
        } catch (DamagedStoreException e) {
            assertThat(e).hasMessageContaining(directory.resolve("store").toString());
        }
    }

    @Test
    void aFileThatWasCutIsDamaged() throws IOException {
        byte[] whole = filled();
        List<EncodedRow> rows;
        try (Store store = open()) {
            rows = Copies.rows(store.shard(SHARD).orElseThrow());
        }
        for (double left : new double[] {0.3, 0.5, 0.7, 0.9}) {
            Files.write(file(), Arrays.copyOf(whole, (int) (whole.length * left)));
            assertWholeOrDamaged(rows);
        }
        Files.write(file(), Arrays.copyOf(whole, whole.length / 10));
        assertDamaged();
        Files.write(file(), new byte[0]);
        assertDamaged();
        Files.delete(file());
        assertDamaged();
        Files.write(file(), whole);
        open().close();
    }

    @Test
    void aFileThatWasOverwrittenIsDamagedAtTheLatestWhenItIsRead() throws IOException {
        byte[] whole = filled();
        byte[] zeros = whole.clone();
        // All pages, and not the two headers.
        Arrays.fill(zeros, 8_192, zeros.length, (byte) 0);
        Files.write(file(), zeros);
        assertDamaged();
        byte[] flipped = whole.clone();
        for (int at = 8_192; at < flipped.length; at++) {
            flipped[at] ^= 0x55;
        }
        Files.write(file(), flipped);
        assertDamaged();
    }

    @Test
    void aStoreThatLacksTheTableOfAShardIsDamaged() throws Exception {
        filled();
        try (Connection connection = DriverManager.getConnection(settings().url(), "sa", "");
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE r_1");
        }
        assertDamaged();
    }

    @Test
    void damageThatIsMetWhileReadingIsRemembered() throws IOException {
        byte[] whole = filled();
        try (Store store = open()) {
            ShardStore shard = store.shard(SHARD).orElseThrow();
            assertThat(store.damage()).isEmpty();
            byte[] flipped = whole.clone();
            for (int at = 8_192; at < flipped.length; at++) {
                flipped[at] ^= 0x55;
            }
            // In place: the store has the file open.
            try (var channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(flipped), 0);
            }
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10; i++) {
                            Copies.rows(shard);
                            Copies.rest(shard.copy(), 100, 1 << 20);
                        }
                    })
                    .isInstanceOf(DamagedStoreException.class);
            assertThat(store.damage()).isPresent();
            assertThatThrownBy(() -> Copies.rows(shard)).isInstanceOf(DamagedStoreException.class);
        }
    }

    @Test
    void otherTroubleIsNotDamage() {
        H2Dialect dialect = new H2Dialect();
        assertThat(dialect.kindOf(new SQLException("locked", "", 90_020))).isEqualTo(SqlDialect.Failure.OTHER);
        assertThat(dialect.kindOf(wrapped(DataUtils.ERROR_WRITING_FAILED, new IOException("No space left on device"))))
                .isEqualTo(SqlDialect.Failure.DISK_FULL);
        assertThat(dialect.kindOf(wrapped(DataUtils.ERROR_READING_FAILED, new ClosedByInterruptException())))
                .isEqualTo(SqlDialect.Failure.OTHER);
        assertThat(dialect.kindOf(wrapped(DataUtils.ERROR_FILE_CORRUPT, null))).isEqualTo(SqlDialect.Failure.DAMAGED);
    }

    private static SQLException wrapped(int code, Exception cause) {
        return new SQLException("failed", "", 50_000, DataUtils.newMVStoreException(code, "{0}", "broken", cause));
    }
}
