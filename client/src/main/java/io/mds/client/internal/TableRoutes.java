package io.mds.client.internal;

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
    private final List<ShardRoute> shards;
    private final HostPort[] leaders;

    private TableRoutes(TableLayout layout, long version, List<ShardRoute> shards) {
        this.layout = layout;
        this.version = version;
        this.shards = List.copyOf(shards);
        this.leaders = new HostPort[shards.size()];
        for (int i = 0; i < leaders.length; i++) {
            leaders[i] = leaderOf(this.shards.get(i));
        }
    }

    /** @throws io.mds.error.MdsException when the schema is not a valid one */
    static TableRoutes of(TableRoute route) {
        return new TableRoutes(layoutOf(route), route.getVersion(), route.getShardsList());
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

    ShardRoute shard(int number) {
        return shards.get(number);
    }

    /** Where the shard's leader answers; null while it has none. */
    HostPort leader(int number) {
        return leaders[number];
    }

    boolean uses(HostPort address) {
        for (HostPort leader : leaders) {
            if (address.equals(leader)) {
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
        List<ShardRoute> merged = new ArrayList<>(other.getShardsList());
        for (int i = 0; i < Math.min(merged.size(), shards.size()); i++) {
            // A region may have told of a view that the master's answer does not have yet.
            if (merged.get(i).getShardId() == shards.get(i).getShardId()
                    && merged.get(i).getView() < shards.get(i).getView()) {
                merged.set(i, shards.get(i));
            }
        }
        boolean sameSchema = other.getSchema().getVersion() == schema().version();
        return new TableRoutes(sameSchema ? layout : layoutOf(other), other.getVersion(), merged);
    }

    /** These routes brought forward by what a region said of one shard; this very object when that is not newer. */
    TableRoutes merge(ShardRoute other) {
        for (int i = 0; i < shards.size(); i++) {
            if (shards.get(i).getShardId() == other.getShardId()) {
                if (other.getView() <= shards.get(i).getView()) {
                    return this;
                }
                List<ShardRoute> merged = new ArrayList<>(shards);
                merged.set(i, other);
                return new TableRoutes(layout, version, merged);
            }
        }
        return this;
    }

    private static TableLayout layoutOf(TableRoute route) {
        return new TableLayout(TableSchema.fromProto(route.getSchema()));
    }

    private static HostPort leaderOf(ShardRoute shard) {
        if (!shard.hasLeader()) {
            return null;
        }
        return HostPort.of(shard.getLeader().getAddress());
    }

    @Override
    public String toString() {
        return schema().name() + " version " + version + " with " + shards.size() + " shards";
    }
}
