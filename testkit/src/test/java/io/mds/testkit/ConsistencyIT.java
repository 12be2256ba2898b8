package io.mds.testkit;

import static io.mds.table.ColumnType.INT64;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.ClusterStatus;
import io.mds.client.Consistency;
import io.mds.client.Freshness;
import io.mds.client.Key;
import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.Row;
import io.mds.client.Scan;
import io.mds.client.Session;
import io.mds.client.ShardInfo;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.client.WriteResult;
import io.mds.id.RegionId;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the levels of consistency promise, with three replicas in processes of their own. */
class ConsistencyIT {
    private static MdsCluster cluster;
    private static MdsClient client;

    @BeforeAll
    static void start() {
        cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .masters(1)
                .regions(3)
                .start();
        client = cluster.client();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static Table counters(MdsClient on, String name) {
        client.createTableIfNotExists(TableSchema.named(name)
                .column("k", INT64)
                .column("n", INT64)
                .primaryKey("k")
                .shards(3)
                .replicas(3)
                .build());
        return on.table(name);
    }

    @Test
    void aSessionSeesItsWritesAndNeverGoesBack() {
        Table table = counters(client, "session");
        String token = Session.begin().token();
        for (int n = 1; n <= 300; n++) {
            long k = n % 7;
            try (MdsClient ignored = n % 100 == 0 ? cluster.newClient() : null) {
                Session session = Session.fromToken(token);
                Table mine =
                        (ignored == null ? client : ignored).table("session").within(session);
                WriteResult written = mine.upsert(Row.of("k", k, "n", n));
                assertSees(mine, written, k, n);
                token = session.token();
            }
            Table next = table.within(Session.fromToken(token));
            assertSees(next, null, k, n);
        }
        assertThat(table.with(Consistency.session()).count(Scan.all())).isEqualTo(7);
    }

    /** Fails with what is needed to find out why. */
    private static void assertSees(Table inSession, WriteResult written, long k, long n) {
        List<Freshness> told = new ArrayList<>();
        long seen = inSession.observing(told::add).get(k).orElseThrow().getLong("n");
        assertThat(seen)
                .as(() -> "key " + k + ", written by " + written + ", in an answer of " + told + "; now "
                        + inSession.with(Consistency.strong()).get(k) + ", shards "
                        + client.statusWithShards().shardStates())
                .isEqualTo(n);
    }

    @Test
    void oldAnswersTellHowOldTheyAreAndBoundsAreKept() {
        Table table = counters(client, "bounded");
        table.upsert(Row.of("k", 1, "n", 1));
        long written = System.nanoTime();
        Duration bound = Duration.ofMillis(500);
        Table bounded = table.with(Consistency.bounded(bound));
        Table nearest = table.with(Consistency.eventual());
        long age;
        do {
            age = System.nanoTime() - written;
            Optional<Row> row = bounded.get(1);
            if (row.isPresent() || age > bound.toNanos()) {
                assertThat(row).as("asked %d ns after the write", age).isPresent();
                assertThat(row.get().staleness().orElseThrow()).isLessThanOrEqualTo(bound);
            }
            nearest.get(1);
        } while (age < 3 * bound.toNanos());
        Await.until(
                "every replica has the row",
                () -> IntStream.range(0, 10).allMatch(attempt -> nearest.get(1).isPresent()));
    }

    @Test
    void aPausedLeaderIsLeftWhenAnotherOneLeads() {
        // An attempt may last longer than the test: only the news of the new leader can end it.
        MdsClientOptions options = MdsClientOptions.builder(cluster.connectString())
                .timeout(Duration.ofMinutes(2))
                .attemptTimeout(Duration.ofMinutes(2))
                .build();
        try (MdsClient patient = MdsClient.connect(options)) {
            Table table = counters(patient, "paused");
            for (int k = 0; k < 30; k++) {
                table.upsert(Row.of("k", k, "n", 0));
            }
            Member leader = memberOf(leaderOf("paused"));
            leader.pause();
            try {
                List<CompletableFuture<?>> calls = new ArrayList<>();
                for (int k = 0; k < 30; k++) {
                    calls.add(table.updateAsync(Key.of(k), Update.increment("n", 1)));
                    calls.add(table.getAsync(k));
                }
                Table nearest = table.with(Consistency.eventual());
                for (int k = 0; k < 30; k++) {
                    // What the followers have may be old; that they answer without their leader is the point.
                    nearest.get(k);
                }
                Await.until("all calls end", () -> calls.stream().allMatch(CompletableFuture::isDone));
                assertThat(calls).allSatisfy(call -> assertThat(call).isCompleted());
            } finally {
                leader.resume();
            }
            for (int k = 0; k < 30; k++) {
                assertThat(table.get(k).orElseThrow().getLong("n")).isEqualTo(1);
            }
        }
    }

    @Test
    void leadersAreTransferredAndDrainedAway() {
        Table table = counters(client, "moved");
        table.upsert(Row.of("k", 1, "n", 1));
        ShardInfo shard = leaderOf("moved");
        RegionId other = shard.replicas().stream()
                .filter(id -> !id.equals(shard.leader().orElseThrow()))
                .findFirst()
                .orElseThrow();
        assertThat(client.transferLeader(shard.id(), other)).isEqualTo(other);
        assertThat(table.get(1)).isPresent();
        Await.until(
                "no leader is left on region " + other,
                () -> client.drainRegion(other, false).isDone(false));
        assertThat(client.statusWithShards().shardStates())
                .allMatch(state -> !state.shard().leader().equals(Optional.of(other)));
        table.upsert(Row.of("k", 1, "n", 2));
        client.cancelDrain(other);
    }

    private static ShardInfo leaderOf(String table) {
        return client.statusWithShards().shardStates().stream()
                .filter(state -> state.table().equals(table))
                .map(ClusterStatus.ShardState::shard)
                .filter(shard -> shard.leader().isPresent())
                .findFirst()
                .orElseThrow();
    }

    private static Member memberOf(ShardInfo shard) {
        String address = shard.leaderAddress().orElseThrow();
        return cluster.regions().stream()
                .filter(region -> address.endsWith(":" + region.port()))
                .findFirst()
                .orElseThrow();
    }
}
