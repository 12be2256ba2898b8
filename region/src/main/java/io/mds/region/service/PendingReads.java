package io.mds.region.service;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.proto.ErrorCode;
import io.mds.rpc.Replier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Strong reads that wait until the leader has the lease of a majority again. Guarded by the shard's lock. */
final class PendingReads {
    private static final int MAX = 1_000;

    /** A read that is done again, from its beginning, once it may be. */
    record Waiting(Replier replier, Runnable again) {}

    private List<Waiting> waiting = new ArrayList<>();

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** @throws MdsException RESOURCE_EXHAUSTED when too many wait */
    void add(ShardId shard, Waiting read) {
        if (waiting.size() >= MAX) {
            throw MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            MAX + " reads of shard " + shard + " wait for a majority of its replicas")
                    .retryAfter(Duration.ofMillis(20))
                    .withoutStackTrace()
                    .build();
        }
        waiting.add(read);
    }

    List<Waiting> takeAll() {
        List<Waiting> all = waiting;
        waiting = new ArrayList<>();
        return all;
    }
}
