package io.mds.master.state;

import io.mds.master.metadata.Versioned;
import io.mds.znode.ColumnRecord;
import io.mds.znode.IdCounters;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import java.util.List;
import java.util.stream.LongStream;

/** A state that no ZooKeeper has, with tables of any size. */
public final class TestingState {
    private TestingState() {}

    public static ClusterState empty() {
        return new ClusterState(new Versioned<>(new IdCounters(10, 1, 1), 0, 1));
    }

    /**
     * Adds a table whose shards are led by the first of these replicas.
     *
     * @param firstShard their ids begin with it
     */
    public static Table add(
            ClusterState state, String name, long id, long firstShard, int shards, List<Long> replicas) {
        List<Long> ids =
                LongStream.range(firstShard, firstShard + shards).boxed().toList();
        TableRecord record = new TableRecord(
                id,
                name,
                "ACTIVE",
                1,
                List.of(new ColumnRecord(1, "id", "STRING", false, null)),
                List.of(1),
                1,
                replicas.size(),
                ids,
                null,
                null,
                null,
                null);
        List<Versioned<ShardRecord>> made = ids.stream()
                .map(shard -> new Versioned<>(shard(shard, id, replicas, List.of(), List.of()), 0, 1))
                .toList();
        return state.addTable(new Versioned<>(record, 0, 1), made);
    }

    static ShardRecord shard(long id, long table, List<Long> replicas, List<Long> learners, List<Long> leaving) {
        return new ShardRecord(id, table, 1, replicas.get(0), replicas, learners, List.of(), leaving);
    }
}
