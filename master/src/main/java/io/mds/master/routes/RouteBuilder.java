package io.mds.master.routes;

import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.proto.RegionAddress;
import io.mds.proto.ShardRoute;
import io.mds.proto.ShardView;
import io.mds.znode.ShardRecord;
import java.util.List;
import java.util.function.LongFunction;

/** Makes routes from what ZooKeeper holds. Thread: the metadata thread's. */
public final class RouteBuilder {
    private final LongFunction<Place> places;

    /** @param places where a region is, or null when it has no znode */
    public RouteBuilder(LongFunction<Place> places) {
        this.places = places;
    }

    /**
     * Where a region answers.
     *
     * @param zxid the transaction that last wrote the region's znode
     */
    public record Place(RegionAddress address, long zxid) {}

    /**
     * The snapshot of a table.
     *
     * <p>It holds on to what does not change and is encoded when somebody asks for it, so that making one for each of
     * many tables is cheap. Its version is the latest transaction that wrote anything the route is made of. A region that has no znode has
     * left a trace in its parent, whose transaction counts instead.
     *
     * @param regionsZxid the transaction that last added or removed a region
     */
    public TableSnapshot snapshot(Table table, long regionsZxid) {
        List<Shard> shards = table.shards();
        TableSnapshot.Placed[] placed = new TableSnapshot.Placed[shards.size()];
        for (int i = 0; i < placed.length; i++) {
            placed[i] = placed(shards.get(i), regionsZxid);
        }
        return new TableSnapshot(
                table.versioned().value(), table.state(), table.versioned().zxid(), placed);
    }

    private TableSnapshot.Placed placed(Shard shard, long regionsZxid) {
        long zxid = shard.versioned().zxid();
        List<Long> replicas = shard.record().replicas();
        Place[] at = new Place[replicas.size()];
        for (int i = 0; i < at.length; i++) {
            at[i] = places.apply(replicas.get(i));
            zxid = Math.max(zxid, at[i] == null ? regionsZxid : at[i].zxid());
        }
        return new TableSnapshot.Placed(shard.record(), zxid, at);
    }

    public ShardRoute route(Shard shard) {
        return placed(shard, 0).route();
    }

    /** The same for the region that is to hold it. */
    public ShardView view(Shard shard) {
        ShardRecord record = shard.record();
        ShardView.Builder view = ShardView.newBuilder()
                .setShardId(record.id())
                .setView(record.view())
                .setLeaderRegion(record.leader());
        record.replicas().forEach(region -> view.addReplicas(addressOf(region)));
        record.learners().forEach(region -> view.addLearners(addressOf(region)));
        return view.addAllPrevious(record.previous()).build();
    }

    private RegionAddress addressOf(long region) {
        Place place = places.apply(region);
        return place == null ? RegionAddress.newBuilder().setRegionId(region).build() : place.address();
    }
}
