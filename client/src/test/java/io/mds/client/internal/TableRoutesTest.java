package io.mds.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.TableId;
import io.mds.proto.Address;
import io.mds.proto.RegionAddress;
import io.mds.proto.RouteDelta;
import io.mds.proto.ShardRoute;
import io.mds.proto.TableRoute;
import io.mds.rpc.HostPort;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TableRoutesTest {
    private static final TableSchema SCHEMA = TableSchema.named("t")
            .column("k", ColumnType.INT64)
            .primaryKey("k")
            .shards(2)
            .build();

    @Test
    void aNewerVersionReplacesAnOlderOneAndNeverTheOtherWay() {
        TableRoutes one = TableRoutes.of(route(1, 1, shard(1, 1, 100), shard(2, 1, 200)));
        TableRoutes two = one.merge(route(1, 2, shard(1, 2, 101), shard(2, 1, 200)));
        assertThat(two.leader(0)).isEqualTo(new HostPort("h", 101));
        assertThat(two.merge(route(1, 1, shard(1, 1, 100), shard(2, 1, 200)))).isSameAs(two);
        assertThat(two.merge(route(1, 2, shard(1, 3, 102), shard(2, 1, 200)))).isSameAs(two);
        assertThat(two.layout()).isSameAs(one.layout());
    }

    @Test
    void aRegionsHintIsTakenWhenItsViewIsNewer() {
        TableRoutes one = TableRoutes.of(route(1, 1, shard(1, 5, 100), shard(2, 5, 200)));
        assertThat(one.merge(shard(2, 5, 201))).isSameAs(one);
        assertThat(one.merge(shard(3, 9, 201))).isSameAs(one);
        TableRoutes hinted = one.merge(shard(2, 6, 201));
        assertThat(hinted.leader(1)).isEqualTo(new HostPort("h", 201));
        assertThat(hinted.version()).isEqualTo(1);
    }

    @Test
    void aMastersAnswerDoesNotTakeBackAViewThatARegionToldOf() {
        TableRoutes hinted =
                TableRoutes.of(route(1, 1, shard(1, 1, 100), shard(2, 1, 200))).merge(shard(2, 4, 204));
        TableRoutes merged = hinted.merge(route(1, 2, shard(1, 2, 102), shard(2, 3, 203)));
        assertThat(merged.leader(0)).isEqualTo(new HostPort("h", 102));
        assertThat(merged.leader(1)).isEqualTo(new HostPort("h", 204));
        assertThat(merged.version()).isEqualTo(2);
    }

    @Test
    void aNewAddressInTheSameViewIsTakenFromTheMaster() {
        TableRoutes one = TableRoutes.of(route(1, 1, shard(1, 1, 100), shard(2, 1, 200)));
        TableRoutes two = one.merge(route(1, 2, shard(1, 1, 150), shard(2, 1, 200)));
        assertThat(two.leader(0)).isEqualTo(new HostPort("h", 150));
    }

    @Test
    void aTableMadeAgainReplacesTheDroppedOne() {
        TableRoutes old = TableRoutes.of(route(1, 50, shard(1, 9, 100), shard(2, 9, 200)));
        TableRoutes fresh = old.merge(route(2, 1, shard(3, 1, 100), shard(4, 1, 200)));
        assertThat(fresh.tableId()).isEqualTo(2);
        assertThat(fresh.merge(route(1, 60, shard(1, 10, 100), shard(2, 10, 200))))
                .isSameAs(fresh);
    }

    @Test
    void viewsNeverGoBackWhateverIsMerged() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        TableRoutes routes = TableRoutes.of(route(1, 1, shard(1, 1, 100), shard(2, 1, 200)));
        for (int i = 0; i < 2_000; i++) {
            TableRoutes before = routes;
            if (random.nextBoolean()) {
                routes = routes.merge(shard(1 + random.nextInt(2), random.nextInt(50), 100));
            } else {
                routes = routes.merge(route(
                        1, random.nextInt(50), shard(1, random.nextInt(50), 100), shard(2, random.nextInt(50), 200)));
            }
            for (int shard = 0; shard < 2; shard++) {
                assertThat(routes.shard(shard).getView())
                        .as("seed %d step %d", seed, i)
                        .isGreaterThanOrEqualTo(before.shard(shard).getView());
            }
            assertThat(routes.version()).as("seed %d step %d", seed, i).isGreaterThanOrEqualTo(before.version());
        }
    }

    private static RouteDelta delta(long base, long version, ShardRoute... shards) {
        return RouteDelta.newBuilder()
                .setTable("files")
                .setTableId(1)
                .setBaseVersion(base)
                .setVersion(version)
                .addAllShards(List.of(shards))
                .build();
    }

    @Test
    void aDeltaBringsForwardWhoHasItsBaseOrMore() {
        TableRoutes five = TableRoutes.of(route(1, 5, shard(1, 1, 100), shard(2, 1, 200)));
        TableRoutes nine = five.merge(delta(5, 9, shard(2, 2, 201)));
        assertThat(nine.version()).isEqualTo(9);
        assertThat(nine.leader(0)).isEqualTo(new HostPort("h", 100));
        assertThat(nine.leader(1)).isEqualTo(new HostPort("h", 201));
        assertThat(five.merge(delta(3, 9, shard(2, 2, 201))).version()).isEqualTo(9);
        assertThat(nine.merge(delta(5, 9, shard(2, 3, 202)))).isSameAs(nine);
        assertThat(nine.merge(delta(9, 10, shard(1, 1, 109))).leader(0)).isEqualTo(new HostPort("h", 109));
    }

    @Test
    void aDeltaAfterOneThatWasMissedIsTakenAsFarAsItGoesAndTheVersionStays() {
        TableRoutes five = TableRoutes.of(route(1, 5, shard(1, 1, 100), shard(2, 1, 200)));
        RouteDelta later = delta(7, 9, shard(2, 2, 201));
        assertThat(five.isBehind(later)).isTrue();
        TableRoutes merged = five.merge(later);
        assertThat(merged.version()).isEqualTo(5);
        assertThat(merged.leader(1)).isEqualTo(new HostPort("h", 201));
        assertThat(five.isBehind(later.toBuilder().setTableId(2).build())).isTrue();
        assertThat(five.merge(later.toBuilder().setTableId(2).build())).isSameAs(five);
    }

    private static TableRoute route(long tableId, long version, ShardRoute... shards) {
        TableRoute.Builder route = TableRoute.newBuilder()
                .setSchema(SCHEMA.withId(new TableId(tableId)).toProto())
                .setVersion(version);
        for (ShardRoute shard : shards) {
            route.addShards(shard);
        }
        return route.build();
    }

    private static ShardRoute shard(long id, long view, int port) {
        return ShardRoute.newBuilder()
                .setShardId(id)
                .setView(view)
                .setLeader(RegionAddress.newBuilder()
                        .setRegionId(1)
                        .setAddress(Address.newBuilder().setHost("h").setPort(port)))
                .build();
    }
}
