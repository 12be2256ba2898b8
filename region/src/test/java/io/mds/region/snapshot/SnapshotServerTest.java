package io.mds.region.snapshot;

import static io.mds.region.snapshot.SampleShard.SHARD;
import static io.mds.region.store.Writes.SCHEMA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.FetchSnapshotReply;
import io.mds.proto.FetchSnapshotRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a server of copies keeps, for whom, and for how long. */
class SnapshotServerTest {
    private static final FetchSnapshotRequest BEGIN = FetchSnapshotRequest.newBuilder()
            .setTableId(SCHEMA.tableId())
            .setShardId(SHARD.value())
            .build();

    @TempDir
    private Path directory;

    private final ExecutorService workers = Executors.newFixedThreadPool(2);
    private SampleShard sample;
    private SnapshotServer server;

    @BeforeEach
    void open() {
        sample = SampleShard.in(directory);
    }

    private void serve(SnapshotSettings settings) {
        server = new SnapshotServer(sample.store()::shard, workers, settings, directory.resolve("copies"));
    }

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
        }
        sample.close();
        workers.shutdownNow();
    }

    @Test
    void theServerKeepsTheLastPageAndForgetsWhatIsIdle() throws Exception {
        sample.fill(1_000);
        serve(new SnapshotSettings(
                4_000, Duration.ofMillis(200), 1L << 40, 2, Duration.ofSeconds(20), Duration.ofSeconds(10)));
        FetchSnapshotReply first = fetch(BEGIN);
        FetchSnapshotRequest next = BEGIN.toBuilder()
                .setSnapshotId(first.getSnapshotId())
                .setPage(1)
                .build();
        FetchSnapshotReply second = fetch(next);
        assertThat(fetch(next)).isEqualTo(second);
        assertThat(first.getSerializedSize()).isBetween(2_000, 4_500);
        for (int wrong : new int[] {0, 3}) {
            assertThatThrownBy(() -> fetch(next.toBuilder().setPage(wrong).build()))
                    .hasCauseInstanceOf(MdsException.class)
                    .hasMessageContaining("begin a new snapshot");
        }
        await().until(() -> server.open() == 0);
        assertThatThrownBy(() -> fetch(next))
                .satisfies(e -> assertThat(((MdsException) e.getCause()).code()).isEqualTo(ErrorCode.NOT_FOUND));
        assertThatThrownBy(() -> fetch(BEGIN.toBuilder().setTableId(99).build()))
                .hasMessageContaining("belongs to table");
    }

    @Test
    void onlySoManySnapshotsAreServedAtOnce() throws Exception {
        sample.fill(1_000);
        serve(new SnapshotSettings(
                4_000, Duration.ofMinutes(1), 1L << 40, 2, Duration.ofSeconds(20), Duration.ofSeconds(10)));
        for (int i = 0; i < 4; i++) {
            fetch(BEGIN);
        }
        assertThatThrownBy(() -> fetch(BEGIN)).satisfies(e -> {
            MdsException refused = (MdsException) e.getCause();
            assertThat(refused.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(refused.retryAfter()).isPositive();
        });
    }

    @Test
    void anOldCopyThatNobodyAsksForGivesItsPlaceToANewOne() throws Exception {
        sample.fill(1_000);
        serve(new SnapshotSettings(
                4_000, Duration.ofSeconds(3), 1L << 40, 2, Duration.ofSeconds(20), Duration.ofSeconds(10)));
        FetchSnapshotReply first = fetch(BEGIN);
        List<FetchSnapshotReply> used = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            used.add(fetch(BEGIN));
        }
        await().ignoreExceptions().untilAsserted(() -> {
            for (FetchSnapshotReply each : used) {
                fetch(BEGIN.toBuilder().setSnapshotId(each.getSnapshotId()).build());
            }
            fetch(BEGIN);
        });
        assertThatThrownBy(() -> fetch(
                        BEGIN.toBuilder().setSnapshotId(first.getSnapshotId()).build()))
                .hasMessageContaining("begin a new one");
    }

    private FetchSnapshotReply fetch(FetchSnapshotRequest request) throws Exception {
        return TestingSource.fetch(server, request).get(30, TimeUnit.SECONDS).getFetchSnapshot();
    }
}
