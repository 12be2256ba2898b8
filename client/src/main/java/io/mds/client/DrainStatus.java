package io.mds.client;

/**
 * What a region that is drained still has, and what keeps it from going.
 *
 * @param leadersLeft shards that it leads
 * @param replicasLeft shards that it has a replica of
 * @param leadersStuck those of the shards it leads that no other region can lead now
 * @param replicasStuck those of its replicas that no other region can take now: each has one already, or takes none
 * @param needed shards that have no majority now without it, because others of their replicas are away
 */
public record DrainStatus(int leadersLeft, int replicasLeft, int leadersStuck, int replicasStuck, int needed) {

    /**
     * Whether everything that was asked for is done.
     *
     * @param replicas whether the replicas are to go, too
     */
    public boolean isDone(boolean replicas) {
        return leadersLeft == 0 && (!replicas || replicasLeft == 0);
    }

    /** Whether the region can be stopped, and nobody waits for it. */
    public boolean isSafeToStop() {
        return leadersLeft == 0 && needed == 0;
    }

    /** Whether all that is left has nowhere to go, so that somebody has to do something about it. */
    public boolean isStuck(boolean replicas) {
        boolean stuck = leadersLeft == leadersStuck && (!replicas || replicasLeft == replicasStuck);
        return stuck && !isDone(replicas);
    }
}
