package io.mds.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mds.error.MdsException;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.OpenShard;
import io.mds.proto.OpenShardsRequest;
import io.mds.proto.RouteDelta;
import io.mds.proto.SealShardsReply;
import io.mds.proto.SealShardsRequest;
import io.mds.proto.ShardReport;
import io.mds.proto.ShardView;
import io.mds.znode.ShardRecord;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class HeartbeatsTest {
    @TempDir
    Path directory;

    // ---- tables and where their shards are ----

    @Test
    void noRegionHoldsOrLeadsTwoShardsMoreThanAnother() {
        for (int regions : List.of(3, 7, 30, 50, 2_000)) {
            List<Long> ids = LongStream.rangeClosed(1, regions).boxed().toList();
            TablePlan plan = TablePlan.of(1_000, 1, 3, ids, 1, 1);
            Map<Long, Integer> held = new HashMap<>();
            Map<Long, Integer> led = new HashMap<>();
            ids.forEach(id -> {
                held.put(id, 0);
                led.put(id, 0);
            });
            for (ShardRecord shard : plan.shards()) {
                assertThat(new HashSet<>(shard.replicas())).hasSize(3).contains(shard.leader());
                shard.replicas().forEach(region -> held.merge(region, 1, Integer::sum));
                led.merge(shard.leader(), 1, Integer::sum);
            }
            assertThat(spread(held)).as("held by %d regions", regions).isLessThan(2);
            assertThat(spread(led)).as("led by %d regions", regions).isLessThan(2);
        }
    }

    private static int spread(Map<Long, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).max().orElseThrow()
                - counts.values().stream().mapToInt(Integer::intValue).min().orElseThrow();
    }

    @Test
    void aTableNamesItsShardsAndTheyNameIt() {
        TablePlan plan = TablePlan.of(3, 2, 1, List.of(5L, 6L), 11, 101);
        assertThat(plan.tables()).isEqualTo(3);
        assertThat(plan.table(2).id()).isEqualTo(13);
        assertThat(plan.table(2).shards()).containsExactly(105L, 106L);
        assertThat(plan.shardsOf(2)).extracting(ShardRecord::table).containsOnly(13L);
        assertThat(plan.byRegion().get(5L)).extracting(ShardRecord::id).containsExactly(101L, 103L, 105L);
        assertThatThrownBy(() -> TablePlan.of(1, 1, 3, List.of(1L, 2L), 1, 1))
                .hasMessageContaining("2 regions (expected: at least 3");
    }

    // ---- what a simulated region says and does ----

    private static HeartbeatShards held(long region) {
        HeartbeatShards shards = new HeartbeatShards();
        shards.hold(
                List.of(
                        new ShardRecord(1, 1, 1, 1, List.of(1L, 2L), List.of(), List.of(), List.of()),
                        new ShardRecord(2, 1, 1, 2, List.of(1L, 2L), List.of(), List.of(), List.of())),
                region);
        shards.epoch(4);
        return shards;
    }

    @Test
    void onlyWhatWasWrittenSinceTheLastReportIsReported() {
        HeartbeatShards shards = held(1);
        assertThat(shards.all()).extracting(ShardReport::getServing).containsExactly(true, false);
        assertThat(shards.changes()).isEmpty();
        shards.write(1);
        assertThat(shards.changes()).extracting(ShardReport::getShardId).containsExactly(1L);
        shards.write(1);
        assertThat(shards.changes()).extracting(ShardReport::getShardId).containsExactly(2L);
        shards.write(10);
        assertThat(shards.changes()).extracting(ShardReport::getLastIndex).containsExactly(3L, 3L);
        assertThat(shards.changes()).isEmpty();
    }

    @Test
    void aNewViewIsLedOnlyAfterItsSeal() {
        HeartbeatShards shards = held(1);
        assertThat(shards.open(opening(4, 2, 1), 1).getShards(0).getLeader()).isFalse();
        SealShardsReply.Sealed sealed = shards.seal(SealShardsRequest.newBuilder()
                        .setEpoch(4)
                        .addSeals(SealShardsRequest.Seal.newBuilder()
                                .setShardId(1)
                                .setView(3))
                        .build())
                .getAnswers(0);
        assertThat(sealed.getSealed()).isTrue();
        assertThat(shards.open(opening(4, 2, 1), 1).getShards(0).getPromised())
                .as("older than promised")
                .isEqualTo(3);
        ShardReport leader = shards.open(opening(5, 3, 1), 1).getShards(0);
        assertThat(leader.getLeader()).isTrue();
        assertThat(leader.getLastIndex()).isEqualTo(2);
        assertThat(leader.getAppliedIndex()).isEqualTo(2);
        assertThatThrownBy(() -> shards.open(opening(4, 4, 1), 1))
                .isInstanceOf(MdsException.class)
                .hasMessageContaining("epoch 4 is older than 5");
    }

    private static OpenShardsRequest opening(long epoch, long view, long leader) {
        return OpenShardsRequest.newBuilder()
                .setEpoch(epoch)
                .addShards(OpenShard.newBuilder()
                        .setView(ShardView.newBuilder()
                                .setShardId(1)
                                .setView(view)
                                .setLeaderRegion(leader)))
                .build();
    }

    // ---- what is read of the master ----

    @Test
    void processorTimeIsUserTimeAndKernelTimeWhateverTheProgramIsCalled() {
        String stat = "4711 (ja) va 1 2) S 1 4711 4711 0 -1 4194304 100 200 0 0 1234 66 7 8 20 0 99 0 5000 1 2";
        assertThat(MasterUsage.processorTime(stat)).isEqualTo(Duration.ofSeconds(13));
        assertThat(MasterUsage.residentBytes("VmHWM:\t  900 kB\nVmRSS:\t  123 kB\nThreads:\t7\n"))
                .isEqualTo(123 * 1024);
    }

    @Test
    void gaugesAreAddedUpByNameAndLabel() {
        String page = """
                # HELP jvm_memory_used_bytes used
                # TYPE jvm_memory_used_bytes gauge
                jvm_memory_used_bytes{area="heap",id="G1 Eden Space"} 1.5E7
                jvm_memory_used_bytes{area="heap",id="G1 Old Gen"} 500000.0
                jvm_memory_used_bytes{area="nonheap",id="Metaspace"} 9.9E9
                mds_master_regions{state="DEAD"} 3.0
                mds_master_regions{state="LIVE"} 2000.0
                mds_master_shards 17.0
                mds_master_shards_unavailable 1.0
                mds_master_tables 100000.0
                """;
        assertThat(MasterUsage.Gauges.of(page)).isEqualTo(new MasterUsage.Gauges(2_000, 3, 100_000, 1, 15_500_000));
    }

    // ---- limits of the machine ----

    @Test
    void whatTheMachineDoesNotAllowIsRefusedWithTheWayOut() {
        String limits =
                "Limit      Soft Limit   Hard Limit   Units\nMax open files            1024       524288     files\n";
        ConnectionLimits few = ConnectionLimits.of(limits, "32768\t60999\n");
        assertThat(few).isEqualTo(new ConnectionLimits(1_024, 28_232));
        assertThat(few.refusal(100, 400)).isEmpty();
        assertThat(few.refusal(2_000, 10_000).orElseThrow())
                .contains("10,000 connections and 2,000 regions need 12,500 open files, and the limit is 1,024")
                .contains("ulimit -n 12500");
        assertThat(new ConnectionLimits(Long.MAX_VALUE, 28_232)
                        .refusal(2_000, 30_000)
                        .orElseThrow())
                .contains("35,000 local ports, and there are 28,232")
                .contains("30536 65535");
        assertThat(ConnectionLimits.of(limits.replace("1024", "unlimited"), "1 2")
                        .openFiles())
                .isEqualTo(Long.MAX_VALUE);
    }

    // ---- figures ----

    private static HeartbeatsFigures figures(int tables, long heap, Long liveHeap, long openConnections) {
        Histogram routes = new Histogram(3);
        LongStream.rangeClosed(1, 100).forEach(i -> routes.recordValue(i * 1_000));
        HeartbeatTally beats = new HeartbeatTally();
        IntStream.range(0, 10).forEach(i -> beats.answered(2_000));
        return HeartbeatsFigures.of(
                new HeartbeatsFigures.Scale(2_000, 10_000, tables),
                new HeartbeatsFigures.Use(
                        Duration.ofSeconds(30), Duration.ofMillis(4_500), 700L << 20, heap << 20, liveHeap),
                new RouteProbes.Result(routes, 0, null),
                beats,
                new HeartbeatsFigures.End(openConnections, 2_000));
    }

    @Test
    void figuresAreWrittenWithTheKeysThatScriptsReadFor() throws Exception {
        JsonNode json = new ObjectMapper()
                .readTree(new ObjectMapper().writeValueAsString(figures(1_000, 500, (400L << 20) + 1, 10_000)));
        assertThat(json.get("scenario").asText()).isEqualTo("heartbeats");
        assertThat(json.get("cpu_percent").asDouble()).isEqualTo(15.0);
        assertThat(json.get("resident_mib").asLong()).isEqualTo(700);
        assertThat(json.get("heap_mib").asLong()).isEqualTo(500);
        assertThat(json.get("heap_after_gc_mib").asLong()).isEqualTo(401);
        assertThat(json.get("route_p50_us").asDouble()).isEqualTo(50.0);
        assertThat(json.get("route_p99_us").asDouble()).isEqualTo(99.0);
        assertThat(json.get("heartbeats").asLong()).isEqualTo(10);
        assertThat(json.get("missed_heartbeats").asLong()).isZero();
        List<String> keys = new ArrayList<>();
        json.fieldNames().forEachRemaining(keys::add);
        assertThat(keys)
                .contains("regions", "connections", "tables", "route_max_us", "live_regions")
                .doesNotContain("whole", "liveHeapMebibytes");
    }

    @Test
    void aTakeoverIsWholeWhenNobodyWasLostAndEverybodyToldOfAllItsTables() throws Exception {
        ReturnTally tally = new ReturnTally();
        tally.refused(new IllegalStateException("not yet"));
        tally.returned(
                GetRoutesReply.newBuilder().addCurrent("a").addCurrent("b").build());
        tally.returned(GetRoutesReply.newBuilder()
                .addCurrent("a")
                .addDeltas(RouteDelta.newBuilder().setTable("b"))
                .build());
        assertThat(tally.told().clients()).isEqualTo(2);
        JsonNode json = new ObjectMapper().readTree(new ObjectMapper().writeValueAsString(takeover(tally, 0)));
        assertThat(json.get("scenario").asText()).isEqualTo("heartbeats-takeover");
        assertThat(json.get("current").asLong()).isEqualTo(3);
        assertThat(json.get("deltas").asLong()).isEqualTo(1);
        assertThat(json.get("full").asLong()).isZero();
        assertThat(json.get("bytes").asLong()).isEqualTo(14);
        assertThat(json.get("refusals").asLong()).isEqualTo(1);
        assertThat(json.get("last_client_ms").asLong()).isEqualTo(4_000);
        assertThat(json.get("cpu_percent").asDouble()).isEqualTo(50.0);
        assertThat(takeover(tally, 0).isWhole()).isTrue();
        assertThat(takeover(tally, 1).isWhole()).isFalse();
        tally.returned(GetRoutesReply.newBuilder().addMissing("c").build());
        assertThat(takeover(tally, 0).isWhole()).isFalse();
    }

    private static HeartbeatsTakeoverFigures takeover(ReturnTally tally, long deadRegions) {
        return HeartbeatsTakeoverFigures.of(
                new HeartbeatsFigures.Scale(2_000, 2, 3),
                new HeartbeatsTakeoverFigures.Times(
                        Duration.ofSeconds(11),
                        Duration.ofMillis(40),
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(4)),
                Duration.ofSeconds(2),
                tally.told(),
                new RouteProbes.Result(new Histogram(3), 0, null),
                new MasterUsage.Gauges(2_000, deadRegions, 3, 0, 1));
    }

    @Test
    void theGoalForTheHeapIsJudgedWithEnoughTablesOnlyAndWithoutGarbageWhereThatIsKnown() {
        assertThat(figures(99_999, 500, null, 10_000).judgesHeap()).isFalse();
        HeartbeatsFigures garbage = figures(100_000, 1_500, 900L << 20, 10_000);
        assertThat(garbage.judgesHeap()).isTrue();
        assertThat(garbage.heapToJudge()).isEqualTo(900);
        assertThat(garbage.reachesHeapGoal()).isTrue();
        assertThat(figures(100_000, 1_024, null, 10_000).reachesHeapGoal()).isFalse();
    }

    @Test
    void aRunIsWholeWhenEverybodyStayed() {
        assertThat(figures(1_000, 500, null, 10_000).isWhole()).isTrue();
        assertThat(figures(1_000, 500, null, 9_999).isWhole()).isFalse();
    }

    @Test
    void theFirstFailureOfManyQuestionsIsTold() {
        List<Integer> asked = new ArrayList<>();
        Waves.run("all answer", List.of(1, 2, 3), 2, number -> {
            asked.add(number);
            return CompletableFuture.completedFuture(null);
        });
        assertThat(asked).containsExactly(1, 2, 3);
        assertThatThrownBy(() -> Waves.run(
                        "some answer",
                        List.of(1, 2, 3),
                        2,
                        number -> CompletableFuture.failedFuture(new IllegalStateException("not " + number))))
                .hasMessageContaining("some answer: not 1");
    }

    @Test
    void wrongOptionsAreNamedBeforeAnythingStarts() throws Exception {
        assertThat(refusal("heartbeats", "--regions", "0")).contains("--regions: 0 is not in 1..20000");
        assertThat(refusal("heartbeats", "--tables", "0")).contains("--tables: 0 is not in 1..200000");
        assertThat(refusal("heartbeats", "--seconds", "0")).contains("--seconds: 0 is not in 1..3600");
        assertThat(refusal("routes", "--tables", "0")).contains("--tables: 0 is not in 1..20000");
        assertThat(refusal("routes", "--clients", "1,151")).contains("--clients: 151 is not in 1..150");
        Path taken = Files.createDirectory(directory.resolve("taken"));
        assertThat(refusal("routes", "--dir", taken.toString())).contains("exists already");
    }

    private static String refusal(String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
        CommandLine line =
                BenchMain.commandLine(stream, stream).setErr(new PrintWriter(stream, true, StandardCharsets.UTF_8));
        assertThat(line.execute(arguments)).isEqualTo(2);
        return said.toString(StandardCharsets.UTF_8);
    }
}
