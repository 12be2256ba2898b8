package io.mds.client.internal;

import io.mds.error.MdsException;

/** Told of the end of each request to a shard. Thread: network threads. */
@FunctionalInterface
public interface RequestObserver {
    /** Nobody wants to know. */
    RequestObserver NONE = (table, shard, write, attempts, tookNanos, error) -> {};

    /**
     * @param shard its number in the table
     * @param attempts how often it was tried
     * @param error null when it was answered
     */
    void ended(String table, int shard, boolean write, int attempts, long tookNanos, MdsException error);
}
