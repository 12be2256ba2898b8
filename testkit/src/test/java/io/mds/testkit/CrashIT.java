package io.mds.testkit;

import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.client.MdsClient;
import io.mds.client.Row;
import io.mds.client.Table;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All daemons die at once, again and again, under load and with torn logs: acknowledged is there, once. */
class CrashIT {
    private static final int ROUNDS = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static TableSchema schema() {
        return TableSchema.named("tour")
                .column("worker", STRING)
                .column("n", INT64)
                .nullableColumn("value", INT64)
                .primaryKey("worker", "n")
                .shards(6)
                .replicas(1)
                .build();
    }

    @Tag("soak")
    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void allKilledTwentyTimesUnderLoadNothingAcknowledgedIsLostOrAppliedTwice() {
        long seed = Long.getLong("mds.seed", System.nanoTime());
        System.out.println("CrashIT: seed " + seed + ", replay with -Dmds.seed=" + seed);
        Random random = new Random(seed);
        try (MdsCluster cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .masters(2)
                .regions(3)
                .set("zookeeper.session-timeout", "2s")
                .setOnRegions("store.checkpoint-interval", "2s")
                .start()) {
            MdsClient client = cluster.client();
            client.createTable(schema());
            Table table = client.table("tour");
            try (SteadyWriter inserts = SteadyWriter.start(table, "w");
                    Incrementers increments = Incrementers.start(table, 4, seed);
                    VersionChain chain = VersionChain.start(table, "chain")) {
                for (int round = 1; round <= ROUNDS; round++) {
                    inserts.awaitMore(20 + random.nextInt(100));
                    killAll(cluster);
                    boolean torn = random.nextBoolean();
                    if (torn) {
                        cluster.regions().forEach(region -> LogDamage.of(region).tearTail(random));
                    }
                    startAll(cluster);
                    try {
                        inserts.awaitMore(1);
                    } catch (IllegalStateException e) {
                        throw new AssertionError("round " + round + ", torn " + torn + "\n" + cluster.dump(), e);
                    }
                    if (torn) {
                        assertThat(cluster.regions())
                                .as("regions that say that they cut a torn tail off")
                                .anySatisfy(
                                        region -> assertThat(region.output()).contains("had not finished"));
                    }
                }
                long links = chain.links();
                await().atMost(PATIENCE)
                        .until(() -> chain.links() > links || chain.problem().isPresent());
                assertThat(chain.problem()).isEmpty();
                inserts.stop();
                increments.stop();
                chain.stop();
                System.out.printf(
                        "CrashIT: %d inserts, %d increments, %d conditional updates acknowledged%n",
                        inserts.acknowledged(), increments.total(), chain.links());
                assertThat(inserts.missingFrom(table)).isEmpty();
                assertThat(increments.problems()).isEmpty();
                assertThat(chain.problem()).isEmpty();
            }
        }
    }

    private static void killAll(MdsCluster cluster) {
        Stream.concat(cluster.masters().stream(), cluster.regions().stream())
                .parallel()
                .forEach(Member::kill);
    }

    private static void startAll(MdsCluster cluster) {
        cluster.masters().forEach(Member::start);
        cluster.regions().forEach(Member::start);
    }

    @Test
    void aRegionWhoseAcknowledgedLogIsDamagedOrGoneDoesNotStartAndSaysWhy() throws IOException {
        try (MdsCluster cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .masters(1)
                .regions(1)
                .start()) {
            MdsClient client = cluster.client();
            client.createTable(schema());
            Table table = client.table("tour");
            for (long n = 0; n < 50; n++) {
                table.insert(Row.of("worker", "w", "n", n, "value", n));
            }
            Member region = cluster.region(1);
            region.kill();
            LogDamage damage = LogDamage.of(region);
            damage.flipAcknowledgedBit();
            region.start();
            await().atMost(PATIENCE).until(() -> !region.isRunning());
            assertThat(region.output())
                    .contains("is damaged at offset")
                    .contains(damage.segment().getFileName().toString())
                    .doesNotContain("\tat io.mds");

            Files.delete(damage.segment());
            region.start();
            await().atMost(PATIENCE).until(() -> !region.isRunning());
            assertThat(region.output()).contains("their log is missing").doesNotContain("\tat io.mds");
        }
    }
}
