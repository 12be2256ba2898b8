package io.mds.client;

import io.mds.proto.ErrorCode;
import java.time.Duration;
import java.util.Optional;

/**
 * Is told of each request that a client has made to a shard, with all its retries: for metrics and tests. A get or a write is
 * one request, a scan is one for each page, and what concerns several shards is one for each of them.
 *
 * <p>Called on network threads: must not block, and must be quick.
 */
@FunctionalInterface
public interface RequestListener {
    /** What was asked. */
    enum Kind {
        READ,
        WRITE
    }

    /**
     * A request that has ended.
     *
     * @param shard its number in the table, from 0
     * @param attempts how often it was tried: 1 when nothing had to be repeated, 0 when it ended before it was sent
     * @param took from its start, waits included
     * @param error how it failed; empty when it was answered
     */
    record Ended(Kind kind, String table, int shard, int attempts, Duration took, Optional<ErrorCode> error) {}

    void ended(Ended request);
}
