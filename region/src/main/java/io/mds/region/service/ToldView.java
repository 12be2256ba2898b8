package io.mds.region.service;

import io.mds.id.ViewNumber;
import io.mds.proto.RegionAddress;
import io.mds.proto.ShardRoute;
import io.mds.proto.ShardView;
import java.util.Optional;

/**
 * The newest view of a shard that a master has told since the start, and what it says to those who look for the leader.
 *
 * <p>Thread: written within the shard's events, read by any.
 */
final class ToldView {
    /** @param route null when nobody told where the leader is */
    private record Told(ViewNumber number, ShardRoute route) {}

    private volatile Told told = new Told(new ViewNumber(0), null);

    /** @param route null when it is not known */
    void tell(ViewNumber number, ShardRoute route) {
        if (number.compareTo(told.number()) > 0) {
            told = new Told(number, route);
        }
    }

    ViewNumber number() {
        return told.number();
    }

    /** Where the shard is, for somebody who knows an older view only. */
    Optional<ShardRoute> newerThan(long view) {
        Told now = told;
        return now.number().value() > view ? Optional.ofNullable(now.route()) : Optional.empty();
    }

    /** Null when the leader is not among those whose addresses are told. */
    static ShardRoute routeOf(ShardView view) {
        for (RegionAddress replica : view.getReplicasList()) {
            if (replica.getRegionId() == view.getLeaderRegion()) {
                return ShardRoute.newBuilder()
                        .setShardId(view.getShardId())
                        .setView(view.getView())
                        .setLeader(replica)
                        .addAllReplicas(view.getReplicasList())
                        .build();
            }
        }
        return null;
    }
}
