package io.mds.master.routes;

import io.mds.id.RegionId;
import io.mds.master.metadata.Versioned;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.StateListener;
import io.mds.master.state.Table;
import io.mds.proto.Address;
import io.mds.proto.RegionAddress;
import io.mds.znode.RegionRecord;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Keeps the route table to what a state says, a standby's and then the active master's: a takeover finds it complete.
 *
 * <p>Thread: that of the state's owner.
 */
public final class RoutePublisher implements StateListener {
    private final ClusterState state;
    private final RouteTable table = new RouteTable();
    private final RouteBuilder builder = new RouteBuilder(this::placeOf);
    /** So that all snapshots share one object for a region. */
    private final Map<Long, RouteBuilder.Place> places = new HashMap<>();
    /** Where the present snapshots have the regions. */
    private final Map<Long, RegionAddress> told = new HashMap<>();

    /** Publishes every table of the state. */
    public RoutePublisher(ClusterState state) {
        this.state = state;
        for (Versioned<RegionRecord> region : state.regions()) {
            long id = region.value().id();
            told.put(id, placeOf(id).address());
        }
        state.tables().forEach(this::tableChanged);
    }

    public RouteTable table() {
        return table;
    }

    public RouteBuilder builder() {
        return builder;
    }

    /** Makes a table's present state the one that is told. */
    public TableSnapshot publish(Table changed) {
        TableSnapshot now = builder.snapshot(changed, state.regionsZxid()).after(table.get(changed.name()));
        table.publish(now);
        return now;
    }

    @Override
    public void tableChanged(Table changed) {
        TableSnapshot unused = publish(changed);
    }

    @Override
    public void tableRemoved(String name) {
        table.remove(name);
    }

    @Override
    public void regionChanged(RegionId region) {
        tablesToldAnew(region).forEach(this::tableChanged);
    }

    /** The tables whose routes are others because of where this region is now; none when it is where it was. */
    public Set<Table> tablesToldAnew(RegionId region) {
        RouteBuilder.Place now = placeOf(region.value());
        RegionAddress before = now == null ? told.remove(region.value()) : told.put(region.value(), now.address());
        if (now == null ? before == null : now.address().equals(before)) {
            return Set.of();
        }
        Set<Table> tables = new LinkedHashSet<>();
        for (Shard shard : state.shardsOn(region)) {
            tables.add(shard.table());
        }
        return tables;
    }

    private RouteBuilder.Place placeOf(long region) {
        Versioned<RegionRecord> record = state.region(new RegionId(region));
        if (record == null) {
            places.remove(region);
            return null;
        }
        RouteBuilder.Place known = places.get(region);
        RegionRecord value = record.value();
        if (known != null
                && known.zxid() == record.zxid()
                && known.address().getAddress().getPort() == value.port()
                && known.address().getAddress().getHost().equals(value.host())) {
            return known;
        }
        Address address =
                Address.newBuilder().setHost(value.host()).setPort(value.port()).build();
        RouteBuilder.Place place = new RouteBuilder.Place(
                RegionAddress.newBuilder()
                        .setRegionId(region)
                        .setAddress(address)
                        .build(),
                record.zxid());
        places.put(region, place);
        return place;
    }
}
