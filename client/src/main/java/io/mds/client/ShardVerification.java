package io.mds.client;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import java.util.List;
import java.util.Optional;

/**
 * How the replicas of one shard compare with its leader, all of them as they were after the same entry of the shard's log.
 *
 * @param leader absent when the shard had none
 * @param index of that entry; 0 when the leader could not be asked
 * @param rows at the leader
 * @param equal the replicas that have the same rows, the leader first
 * @param differences by replica and key
 * @param notCompared the replicas of which nothing is known
 */
public record ShardVerification(
        ShardId shard,
        Optional<RegionId> leader,
        long index,
        long rows,
        List<RegionId> equal,
        List<DifferentRange> differences,
        List<NotCompared> notCompared) {

    public ShardVerification {
        equal = List.copyOf(equal);
        differences = List.copyOf(differences);
        notCompared = List.copyOf(notCompared);
    }

    /**
     * Keys among which a replica has other rows than the leader.
     *
     * @param region whose replica it is
     * @param from the first key of the range; absent for the beginning of the shard
     * @param to the first key after the range; absent for the end of the shard
     * @param rows of the range at the replica
     * @param leaderRows of the range at the leader
     */
    public record DifferentRange(RegionId region, Optional<Key> from, Optional<Key> to, long rows, long leaderRows) {}

    /** A replica that could not be asked, and why. */
    public record NotCompared(RegionId region, String reason) {}

    /** True when all replicas were compared, and have the same rows. */
    public boolean isEqual() {
        return isComplete() && differences.isEmpty();
    }

    /** True when all replicas were compared. */
    public boolean isComplete() {
        return notCompared.isEmpty() && leader.isPresent();
    }
}
