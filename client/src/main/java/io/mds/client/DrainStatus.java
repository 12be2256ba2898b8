package io.mds.client;

/**
 * What a region that is drained still has.
 *
 * @param leadersLeft shards that it leads
 * @param replicasLeft shards that it has a replica of
 */
public record DrainStatus(int leadersLeft, int replicasLeft) {

    /**
     * @param replicas whether the replicas are to go, too
     */
    public boolean isDone(boolean replicas) {
        return leadersLeft == 0 && (!replicas || replicasLeft == 0);
    }
}
