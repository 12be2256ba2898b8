package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.client.testing.Fault;
import io.mds.client.testing.TestingCluster.Telling;
import io.mds.client.testing.TestingMaster;
import io.mds.client.testing.TestingRegion;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Request;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RoutingTest extends ClusterTest {

    @ParameterizedTest
    @EnumSource(Telling.class)
    void aMovedShardIsFoundWhoeverTellsOfIt(Telling telling) {
        fill();
        for (int shard = 0; shard < 4; shard++) {
            cluster.move("files", shard, cluster.region(2), telling);
        }
        for (int i = 0; i < 20; i++) {
            assertThat(files.get("/d" + i, "f")).isPresent();
            files.update(Key.of("/d" + i, "f"), Update.increment("size", 1));
            assertThat(files.get("/d" + i, "f").orElseThrow().getLong("size")).isEqualTo(2);
        }
    }

    @Test
    void aPushedRouteSparesTheRefusal() {
        fill();
        IntStream.range(0, 4).forEach(shard -> cluster.move("files", shard, cluster.region(2), Telling.MASTER_PUSHES));
        await().untilAsserted(() -> {
            int before = cluster.region(0).requests().size()
                    + cluster.region(1).requests().size();
            fill();
            assertThat(cluster.region(0).requests().size()
                            + cluster.region(1).requests().size())
                    .isEqualTo(before);
        });
    }

    @Test
    void anOlderRouteThatIsPushedLateChangesNothing() {
        fill();
        cluster.move("files", 0, cluster.region(1), Telling.MASTER_PUSHES);
        await().untilAsserted(() -> {
            int before = cluster.region(0).requests().size();
            fill();
            assertThat(cluster.region(0).requests()).hasSizeLessThanOrEqualTo(before + 20);
        });
        cluster.pushOlder("files");
        assertThat(files.get("/d0", "f")).isPresent();
        fill();
    }

    @Test
    void aPausedLeaderIsNotWaitedForOnceAnotherOneIsKnown() {
        try (MdsClient patient = MdsClient.connect(
                options().attemptTimeout(Duration.ofMinutes(1)).build())) {
            Table table = patient.table("files").withTimeout(Duration.ofSeconds(50));
            for (int i = 0; i < 20; i++) {
                table.upsert(file("/d" + i, "f", 1));
            }
            String dir = dirOfShard0();
            TestingRegion paused = cluster.region(0);
            int before = paused.requests().size();
            paused.silent(true);
            CompletableFuture<?> write = table.updateAsync(Key.of(dir, "f"), Update.increment("size", 1));
            CompletableFuture<?> read = table.getAsync(dir, "f");
            await().until(() -> paused.requests().size() == before + 2);
            assertThat(write).isNotDone();
            cluster.move("files", 0, cluster.region(1), Telling.MASTER_PUSHES);
            await().atMost(Duration.ofSeconds(20)).until(() -> write.isDone() && read.isDone());
            assertThat(write).isCompleted();
            assertThat(read).isCompleted();
            Request first = paused.requests().stream()
                    .skip(before)
                    .filter(Request::hasWrite)
                    .findFirst()
                    .orElseThrow();
            assertThat(cluster.region(1).requests())
                    .anyMatch(request -> request.getWrite()
                            .getRequestId()
                            .equals(first.getWrite().getRequestId()));
            assertThat(table.get(dir, "f").orElseThrow().getLong("size")).isEqualTo(2);
        }
    }

    @Test
    void newsOfOtherShardsLeaveAnAttemptAlone() {
        fill();
        String dir = dirOfShard0();
        TestingRegion region = cluster.region(0);
        region.failNext(Fault.silence());
        int before = region.requests().size();
        CompletableFuture<?> read = files.getAsync(dir, "f");
        await().until(() -> region.requests().size() == before + 1);
        cluster.move("files", 1, cluster.region(2), Telling.MASTER_PUSHES);
        await().until(() -> {
            int asked = cluster.region(1).requests().size();
            fill();
            return cluster.region(1).requests().size() == asked;
        });
        // The news have come: the old leader is asked no more. The attempt is given up for what concerns it alone.
        assertThat(read).isNotDone();
        region.stop();
        region.restart();
        read.join();
    }

    /** A directory whose rows are on the first shard, which the first region leads. */
    private String dirOfShard0() {
        List<Integer> before = cluster.rowsByShard("files");
        for (int i = 0; ; i++) {
            String dir = "/d" + i;
            files.upsert(file(dir, "probe", 1));
            if (cluster.rowsByShard("files").get(0) > before.get(0)) {
                files.delete(dir, "probe");
                return dir;
            }
        }
    }

    @Test
    void withAllMastersDownReadsAndWritesGoOn() {
        fill();
        cluster.master(0).stop();
        cluster.master(1).stop();
        fill();
        assertThat(files.count(Scan.all())).isEqualTo(20);
    }

    @Test
    void withAllMastersDownARefusingRegionsHintIsEnough() {
        fill();
        cluster.master(0).stop();
        cluster.master(1).stop();
        IntStream.range(0, 4).forEach(shard -> cluster.move("files", shard, cluster.region(2), Telling.OLD_LEADER));
        fill();
        assertThat(files.count(Scan.all())).isEqualTo(20);
    }

    @Test
    void aNewActiveMasterIsSubscribedToWithoutACall() {
        fill();
        TestingMaster second = cluster.master(1);
        assertThat(cluster.master(0).subscriberCount()).isEqualTo(1);
        cluster.activate(second);
        cluster.master(0).stop();
        await().atMost(Duration.ofSeconds(20)).until(() -> second.subscriberCount() == 1);
        IntStream.range(0, 4).forEach(shard -> cluster.move("files", shard, cluster.region(2), Telling.MASTER_PUSHES));
        fill();
    }

    @Test
    void overloadNeverAsksForRoutes() {
        fill();
        long before = routeLookups();
        MdsException overloaded = MdsException.builder(ErrorCode.RESOURCE_EXHAUSTED, "too busy")
                .retryAfter(Duration.ofMillis(1))
                .build();
        IntStream.range(0, 3).forEach(region -> cluster.region(region).overload(overloaded));
        MdsException e = failure(() -> files.withTimeout(Duration.ofSeconds(1)).get("/d0", "f"));
        assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(e).hasMessageContaining("too busy");
        IntStream.range(0, 3).forEach(region -> cluster.region(region).overload(null));
        fill();
        assertThat(routeLookups()).isEqualTo(before);
    }

    @Test
    void manyCallersOfAnUnknownTableShareOneLookup() {
        // An attempt that takes too long, as on a busy machine, is repeated and has newer routes looked up.
        Duration patient = Duration.ofSeconds(20);
        try (MdsClient fresh = MdsClient.connect(options()
                .attemptTimeout(patient)
                .timeout(patient.multipliedBy(2))
                .build())) {
            long before = routeLookups();
            Table table = fresh.table("files");
            List<CompletableFuture<?>> calls = IntStream.range(0, 100)
                    .<CompletableFuture<?>>mapToObj(i -> table.getAsync("/d" + i, "f"))
                    .toList();
            CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).join();
            // One to load the table, one more at most to subscribe on the new connection.
            assertThat(routeLookups() - before).isBetween(1L, 2L);
        }
    }

    @Test
    void aRegionThatCameBackIsUsedAgain() {
        fill();
        cluster.region(0).stop();
        cluster.region(1).stop();
        cluster.region(2).stop();
        CompletableFuture<?> write = files.upsertAsync(file("/d0", "f", 5));
        cluster.region(0).restart();
        cluster.region(1).restart();
        cluster.region(2).restart();
        write.join();
        fill();
    }

    private long routeLookups() {
        return cluster.master(0).requests().stream()
                .filter(request -> request.hasGetRoutes())
                .count();
    }

    /** Twenty rows of size 1, on every shard. */
    private void fill() {
        for (int i = 0; i < 20; i++) {
            files.upsert(file("/d" + i, "f", 1));
        }
    }
}
