package io.mds.testkit;

import static io.mds.table.ColumnType.INT64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mds.client.Change;
import io.mds.client.ChangeStream;
import io.mds.client.Key;
import io.mds.client.Row;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.client.WatchFrom;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Positions in the changes of a table, after all regions were down at once. */
class WatchRestartIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static Table counters(MdsCluster cluster) {
        cluster.client()
                .createTable(TableSchema.named("counters")
                        .column("id", INT64)
                        .column("n", INT64)
                        .primaryKey("id")
                        .shards(2)
                        .replicas(3)
                        .build());
        return cluster.client().table("counters");
    }

    private static MdsCluster.Builder cluster() {
        return MdsCluster.builder().masters(1).regions(3);
    }

    private static void restartAll(MdsCluster cluster, Consumer<Member> end) {
        cluster.regions().forEach(end);
        cluster.regions().forEach(Member::start);
        cluster.awaitReady();
    }

    private static void goOnWithoutAGap(MdsCluster.Builder regions, Consumer<Member> end) {
        try (MdsCluster cluster = regions.start()) {
            Table table = counters(cluster);
            String token;
            try (ChangeStream now = table.watch(WatchFrom.now())) {
                token = now.token();
            }
            for (long id = 0; id < 20; id++) {
                table.upsert(Row.of("id", id, "n", 0L));
            }
            restartAll(cluster, end);
            for (long id = 0; id < 20; id++) {
                table.update(Key.of(id), Update.increment("n", 1));
            }
            restartAll(cluster, end);
            try (ChangeStream later = table.watch(WatchFrom.token(token))) {
                List<Change> all = new ArrayList<>();
                while (all.size() < 40) {
                    all.add(later.poll(PATIENCE).orElseThrow(() -> new AssertionError("only " + all)));
                }
                for (long id = 0; id < 20; id++) {
                    Key key = Key.of(id);
                    assertThat(all.stream().filter(each -> each.key().equals(key)))
                            .as("changes of " + id)
                            .extracting(each -> each.row().orElseThrow().getLong("n"))
                            .containsExactly(0L, 1L);
                }
            }
        }
    }

    @Test
    void whoWatchesGoesOnWithoutAGapAfterAllRegionsWereStoppedInOrder() {
        goOnWithoutAGap(cluster(), Member::stop);
    }

    @Test
    void whoWatchesGoesOnWithoutAGapAfterAllRegionsWereKilled() {
        // The databases have most of it by then, so that the log tells little of it again.
        goOnWithoutAGap(
                cluster()
                        .mode(MdsCluster.Mode.PROCESSES)
                        .zooKeeperProcess()
                        .setOnRegions("store.checkpoint-interval", "100ms"),
                Member::kill);
    }

    @Test
    void aPositionThatIsGoneIsRefusedAndSaysWhatToDo() {
        try (MdsCluster cluster =
                cluster().setOnRegions("changes.memory", "64KiB").start()) {
            Table table = counters(cluster);
            String token;
            try (ChangeStream now = table.watch(WatchFrom.now())) {
                token = now.token();
            }
            for (long id = 0; id < 1_000; id++) {
                table.upsert(Row.of("id", id, "n", 0L));
            }
            restartAll(cluster, Member::stop);
            try (ChangeStream later = table.watch(WatchFrom.token(token))) {
                MdsException gone = catchThrowableOfType(MdsException.class, () -> later.poll(PATIENCE));
                assertThat(gone).isNotNull();
                assertThat(gone.code()).isEqualTo(ErrorCode.NOT_FOUND);
                assertThat(gone)
                        .hasMessageContaining("are forgotten")
                        .hasMessageContaining("read the table anew and watch from now");
            }
        }
    }
}
