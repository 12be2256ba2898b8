package io.mds.master.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mds.master.metadata.WriteCounters;
import io.mds.proto.Address;
import io.mds.proto.ClusterStatusReply;
import io.mds.proto.MasterStatus;
import io.mds.proto.RegionAddress;
import io.mds.proto.RegionDrain;
import io.mds.proto.RegionStatus;
import io.mds.proto.ShardRoute;
import io.mds.proto.ShardStatus;
import io.mds.proto.TableSummary;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

class MasterPagesTest {
    private static final Address ADDRESS =
            Address.newBuilder().setHost("127.0.0.1").setPort(7500).build();

    private record Fixed(Self self, Optional<Cluster> cluster, Counts counts) implements MasterView {}

    private static MasterView view(String state, boolean serving, boolean connected, String problem) {
        return view(state, serving, connected, problem, 0);
    }

    /** @param lag negative for one that has no state */
    private static MasterView view(String state, boolean serving, boolean connected, String problem, long lag) {
        ClusterStatusReply status = ClusterStatusReply.newBuilder()
                .setTables(1)
                .setShardCount(2)
                .setUnavailableShards(1)
                .addMasters(MasterStatus.newBuilder().setId("m1").setActive(true))
                .addRegions(RegionStatus.newBuilder()
                        .setRegionId(1)
                        .setState("LIVE")
                        .setDrain(RegionDrain.REGION_DRAIN_LEADERS)
                        .setAddress(ADDRESS))
                .addShards(ShardStatus.newBuilder()
                        .setTable("files")
                        .setServing(true)
                        .setRoute(ShardRoute.newBuilder()
                                .setShardId(1)
                                .setLeader(RegionAddress.newBuilder().setRegionId(1))))
                .addShards(ShardStatus.newBuilder()
                        .setTable("files")
                        .setRoute(ShardRoute.newBuilder().setShardId(2)))
                .build();
        return new Fixed(
                new MasterView.Self(
                        "m1",
                        "127.0.0.1:7400",
                        state,
                        serving,
                        3,
                        "c",
                        connected,
                        problem,
                        "127.0.0.1:7410",
                        "127.0.0.1:7411",
                        lag >= 0,
                        42,
                        lag),
                serving
                        ? Optional.of(new MasterView.Cluster(
                                status,
                                List.of(TableSummary.newBuilder()
                                        .setName("files")
                                        .setState("ACTIVE")
                                        .build()),
                                List.of("drop table old")))
                        : Optional.empty(),
                new MasterView.Counts(1, 0, 0, 4, 1, 2, 1, 3, 1));
    }

    private static MasterPages pages(MasterView view) {
        return new MasterPages(view, () -> "");
    }

    @Test
    void statusIsJsonWithTheWholeClusterOnTheActiveMaster() throws Exception {
        JsonNode json = new JsonMapper()
                .readTree(pages(view("ACTIVE", true, true, null)).status().body());
        assertThat(json.get("epoch").asLong()).isEqualTo(3);
        assertThat(json.at("/regions/0/address").asText()).isEqualTo("127.0.0.1:7500");
        assertThat(json.at("/regions/0/drain").asText()).isEqualTo("leaders");
        assertThat(json.at("/shards/0/leader").asLong()).isEqualTo(1);
        assertThat(json.at("/shards/1/leader").isNull()).isTrue();
        assertThat(json.at("/tables/0/name").asText()).isEqualTo("files");
        assertThat(json.at("/procedures/0").asText()).isEqualTo("drop table old");
    }

    @Test
    void aStandbyIsReadyAndNamesTheActiveMaster() throws Exception {
        MasterPages pages = pages(view("STANDBY", false, true, null));
        assertThat(pages.ready().status()).isEqualTo(200);
        JsonNode json = new JsonMapper().readTree(pages.status().body());
        assertThat(json.get("activeAdmin").asText()).isEqualTo("127.0.0.1:7411");
        assertThat(json.has("regions")).isFalse();
    }

    @Test
    void aStandbyThatHasNotReadTheStateIsNotReadyAndCannotSayHowFarBehindItIs() throws Exception {
        MasterPages pages = pages(view("STANDBY", false, true, null, -1));
        assertThat(pages.health().status()).isEqualTo(200);
        assertThat(pages.ready().status()).isEqualTo(503);
        assertThat(pages.ready().body()).contains("still reading the state");
        JsonNode json = new JsonMapper().readTree(pages.status().body());
        assertThat(json.get("hasState").asBoolean()).isFalse();
        assertThat(json.get("lag").isNull()).isTrue();
    }

    @Test
    void withoutZooKeeperItIsAliveAndNotReadyAndSaysWhy() {
        MasterPages pages = pages(view("STARTING", false, false, "no answer from ZooKeeper at z:2181 for 5 s"));
        assertThat(pages.health().status()).isEqualTo(200);
        assertThat(pages.ready().status()).isEqualTo(503);
        assertThat(pages.ready().body()).contains("z:2181");
    }

    @Test
    void theWebPageTakesNothingFromElsewhere() {
        String html = pages(view("ACTIVE", true, true, null)).console().body();
        assertThat(html)
                .contains("<title>MDS</title>")
                .doesNotContain("src=\"http", "href=\"http", "@import", "innerHTML");
    }

    @Test
    void metricsAreNamedForPrometheus() {
        LongAdder registers = new LongAdder();
        registers.add(4);
        try (MasterMetrics metrics = new MasterMetrics(
                view("ACTIVE", true, true, null),
                Map.of("register", registers),
                () -> 0,
                () -> 7,
                new WriteCounters())) {
            assertThat(metrics.scrape())
                    .contains("mds_master_active 1.0")
                    .contains("mds_master_epoch 3.0")
                    .contains("mds_master_regions{state=\"LIVE\"} 1.0")
                    .contains("mds_master_regions_drained 4.0")
                    .contains("mds_master_requests_total{kind=\"register\"} 4.0")
                    .contains("mds_master_shards_unavailable 1.0")
                    .contains("mds_master_replicas_failed 3.0");
        }
    }
}
