package io.mds.master.routes;

import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.master.state.TableState;
import io.mds.proto.RegionAddress;
import io.mds.proto.ShardRoute;
import io.mds.proto.ShardView;
import io.mds.proto.TableRoute;
import io.mds.znode.ShardRecord;
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
     * <p>Its version is the latest transaction that wrote anything the route is made of. A region that has no znode has
     * left a trace in its parent, whose transaction counts instead.
     *
     * @param regionsZxid the transaction that last added or removed a region
     */
    public TableSnapshot snapshot(Table table, long regionsZxid) {
        long version = table.versioned().zxid();
        TableRoute.Builder route = TableRoute.newBuilder().setSchema(table.schema());
        for (Shard shard : table.shards()) {
            version = Math.max(version, shard.versioned().zxid());
            for (long replica : shard.record().replicas()) {
                Place place = places.apply(replica);
                version = Math.max(version, place == null ? regionsZxid : place.zxid());
            }
            route.addShards(route(shard));
        }
        return new TableSnapshot(
                route.setVersion(version).build(), table.state().name(), table.state() == TableState.ACTIVE);
    }

    public ShardRoute route(Shard shard) {
        ShardRecord record = shard.record();
        ShardRoute.Builder route =
                ShardRoute.newBuilder().setShardId(record.id()).setView(record.view());
        for (long replica : record.replicas()) {
            Place place = places.apply(replica);
            if (place == null) {
                continue;
            }
            route.addReplicas(place.address());
            if (replica == record.leader()) {
                route.setLeader(place.address());
            }
        }
        return route.build();
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
