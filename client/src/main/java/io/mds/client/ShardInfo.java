package io.mds.client;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import java.util.List;
import java.util.Optional;

/**
 * Where one shard is.
 *
 * @param leader absent while no region leads the shard
 * @param leaderAddress host:port of the leader
 */
public record ShardInfo(
        ShardId id,
        ViewNumber view,
        Optional<RegionId> leader,
        Optional<String> leaderAddress,
        List<RegionId> replicas) {
    public ShardInfo {
        replicas = List.copyOf(replicas);
    }
}
