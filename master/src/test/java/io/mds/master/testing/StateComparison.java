package io.mds.master.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.RegionId;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Compares two states in everything that a master can ask of them, versions and transactions included. */
public final class StateComparison {
    private StateComparison() {}

    public static void assertSame(ClusterState actual, ClusterState expected, String as) {
        assertThat(described(actual)).as(as).isEqualTo(described(expected));
    }

    private static Map<String, Object> described(ClusterState state) {
        Map<String, Object> all = new TreeMap<>();
        all.put("ids", state.ids());
        all.put("identities", Map.copyOf(state.identities()));
        all.put("regions", List.copyOf(state.regions()));
        all.put("regions' zxid", state.regionsZxid());
        all.put("number of shards", state.shardCount());
        all.put("unfinished", state.unfinishedTables().stream().map(Table::name).toList());
        all.put("leads", Map.copyOf(state.leads()));
        for (Table table : state.tables()) {
            all.put("table " + table.name(), table.versioned() + " " + table.state() + " " + table.schema());
            for (Shard shard : table.shards()) {
                assertThat(state.shard(shard.id())).isSameAs(shard);
                assertThat(shard.table()).isSameAs(table);
                all.put("shard " + shard.id(), shard.versioned() + " of " + table.name());
            }
        }
        for (long region = 1; region < 10; region++) {
            all.put(
                    "on region " + region,
                    state.shardsOn(new RegionId(region)).stream().map(Shard::id).collect(Collectors.toSet()));
        }
        return all;
    }
}
