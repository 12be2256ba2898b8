package io.mds.client.internal;

import io.mds.proto.RouteDelta;
import io.mds.proto.ShardRef;
import io.mds.proto.ShardRoute;
import io.mds.proto.TableRoute;
import io.mds.rpc.HostPort;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.List;

/**
 * What the client believes about one table: its schema and where its shards are. Immutable.
 *
 * <p><em>Invariant:</em> what is merged in only moves it forward: to a table with a higher id, to a higher version of the same
 * table, and of each shard never to a lower view.
 */
public final class TableRoutes {
    private final TableLayout layout;
    private final long version;
    private final List<Place> shards;

    /**
     * Where one shard is.
     *
     * @param leader null while it has none
     * @param replicas the leader among them
     */
    private record Place(ShardRoute route, HostPort leader, List<HostPort> replicas) {
        static Place of(ShardRoute route) {
            return new Place(
                    route,
                    route.hasLeader() ? HostPort.of(route.getLeader().getAddress()) : null,
                    route.getReplicasList().stream()
                            .map(replica -> HostPort.of(replica.getAddress()))
                            .toList());
        }
    }

    private TableRoutes(TableLayout layout, long version, List<Place> shards) {
        this.layout = layout;
        this.version = version;
        this.shards = List.copyOf(shards);
    }

    /** @throws io.mds.error.MdsException when the schema is not a valid one */
    static TableRoutes of(TableRoute route) {
        return new TableRoutes(
                layoutOf(route),
                route.getVersion(),
                route.getShardsList().stream().map(Place::of).toList());
    }

    public TableSchema schema() {
        return layout.schema();
    }

    public TableLayout layout() {
        return layout;
    }

    public long tableId() {
        return schema().tableId();
    }

    public int shardCount() {
        return shards.size();
    }

    long version() {
        return version;
    }

    /** Where a shard is, by its number. */
    public ShardRoute shard(int number) {
        return shards.get(number).route();
    }

    /** Names the shard in a request that was encoded by these routes' schema, or by none. */
    ShardRef ref(int number) {
        return ref(number, schema().version());
    }

    /** Names the shard in a request that was encoded by a schema of this version. */
    ShardRef ref(int number, long schemaVersion) {
        return ShardRef.newBuilder()
                .setTableId(tableId())
                .setShardId(shardId(number))
                .setSchemaVersion(schemaVersion)
                .setView(shard(number).getView())
                .build();
    }

    /** The id of a shard, by its number. */
    public long shardId(int number) {
        return shard(number).getShardId();
    }

    /** Where the shard's leader answers; null while it has none. */
    HostPort leader(int number) {
        return shards.get(number).leader();
    }

    /** Where the shard's replicas answer, the leader among them. */
    List<HostPort> replicas(int number) {
        return shards.get(number).replicas();
    }

    boolean uses(HostPort address) {
        for (Place shard : shards) {
            if (address.equals(shard.leader()) || shard.replicas().contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** These routes brought forward by an answer or push of the master; this very object when it knows nothing newer. */
    TableRoutes merge(TableRoute other) {
        long otherId = other.getSchema().getTableId();
        if (otherId < tableId() || (otherId == tableId() && other.getVersion() <= version)) {
            return this;
        }
        if (otherId > tableId()) {
            return of(other);
        }
        List<Place> merged = new ArrayList<>(other.getShardsCount());
        for (int i = 0; i < other.getShardsCount(); i++) {
            ShardRoute theirs = other.getShards(i);
            Place mine = i < shards.size() ? shards.get(i) : null;
            // A region may have told of a view that the master's answer does not have yet.
            boolean keep = mine != null
                    && (mine.route().equals(theirs)
                            || (mine.route().getShardId() == theirs.getShardId()
                                    && mine.route().getView() > theirs.getView()));
            merged.add(keep ? mine : Place.of(theirs));
        }
        boolean sameSchema = other.getSchema().getVersion() == schema().version();
        return new TableRoutes(sameSchema ? layout : layoutOf(other), other.getVersion(), merged);
    }

    /** These routes brought forward by what a region said of one shard; this very object when that is not newer. */
    TableRoutes merge(ShardRoute other) {
        for (int i = 0; i < shards.size(); i++) {
            if (shard(i).getShardId() == other.getShardId()) {
                if (other.getView() <= shard(i).getView()) {
                    return this;
                }
                List<Place> merged = new ArrayList<>(shards);
                merged.set(i, Place.of(other));
                return new TableRoutes(layout, version, merged);
            }
        }
        return this;
    }

    /** Whether changes from before the delta's base are missing here, so that only an answer of the master helps. */
    boolean isBehind(RouteDelta delta) {
        return tableId() < delta.getTableId() || (tableId() == delta.getTableId() && version < delta.getBaseVersion());
    }

    /**
     * These routes brought forward by some shards; this very object when that is not newer. One that is behind takes what
     * is newer of it, and stays at its version.
     */
    TableRoutes merge(RouteDelta delta) {
        if (tableId() != delta.getTableId() || version >= delta.getVersion()) {
            return this;
        }
        TableRoutes merged = this;
        for (ShardRoute shard : delta.getShardsList()) {
            merged = merged.replace(shard);
        }
        return isBehind(delta) ? merged : new TableRoutes(layout, delta.getVersion(), merged.shards);
    }

    /** In the same view, too: the addresses may be others. */
    private TableRoutes replace(ShardRoute other) {
        for (int i = 0; i < shards.size(); i++) {
            if (shard(i).getShardId() == other.getShardId()) {
                if (other.getView() < shard(i).getView() || other.equals(shard(i))) {
                    return this;
                }
                List<Place> merged = new ArrayList<>(shards);
                merged.set(i, Place.of(other));
                return new TableRoutes(layout, version, merged);
            }
        }
        return this;
    }

    private static TableLayout layoutOf(TableRoute route) {
        return new TableLayout(TableSchema.fromProto(route.getSchema()));
    }

    @Override
    public String toString() {
        return schema().name() + " version " + version + " with " + shards.size() + " shards";
    }
}
