package io.mds.region.service;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.proto.ErrorCode;
import io.mds.proto.ShardRoute;
import java.time.Duration;
import java.util.Optional;

/** What a shard says to requests that it does not take now. */
final class ShardRefusals {
    private static final Duration SOON = Duration.ofMillis(20);

    private ShardRefusals() {}

    /**
     * @param leads whether this replica is the leader, and only not ready yet
     * @param newer where the shard is, when that is news to whoever asked
     */
    static MdsException notServing(ShardId shard, boolean leads, Optional<ShardRoute> newer) {
        MdsException.Builder refusal = MdsException.builder(
                        leads ? ErrorCode.UNAVAILABLE : ErrorCode.NOT_LEADER,
                        leads
                                ? "shard " + shard + " has a new leader here, which does not serve yet"
                                : "this region does not lead shard " + shard + " (or its log or store failed)")
                .retryAfter(SOON)
                .withoutStackTrace();
        newer.ifPresent(refusal::route);
        return refusal.build();
    }

    /** To a write that is in the log of a leader that was replaced: whether it stays there is the next one's business. */
    static MdsException noLongerLeads(ShardId shard, Optional<ShardRoute> newer) {
        MdsException.Builder refusal = MdsException.builder(
                        ErrorCode.NOT_LEADER,
                        "the write to shard " + shard
                                + " has an unknown outcome: this region no longer leads the shard")
                .retryAfter(SOON)
                .outcomeUnknown()
                .withoutStackTrace();
        newer.ifPresent(refusal::route);
        return refusal.build();
    }

    static MdsException tooManyWrites(ShardId shard, int waiting, int limit) {
        return MdsException.builder(
                        ErrorCode.RESOURCE_EXHAUSTED,
                        waiting + " writes wait on shard " + shard + " (limit: " + limit + ", limits.queued-writes)")
                .retryAfter(SOON)
                .withoutStackTrace()
                .build();
    }

    static MdsException tooManyReads() {
        return MdsException.builder(
                        ErrorCode.RESOURCE_EXHAUSTED, "too many reads wait on this region (limits.queued-reads)")
                .retryAfter(SOON)
                .withoutStackTrace()
                .build();
    }

    /** @param what a read or a write */
    static MdsException tooLate(String what) {
        return MdsException.builder(
                        ErrorCode.DEADLINE_EXCEEDED, "the " + what + " waited until its deadline had passed")
                .withoutStackTrace()
                .build();
    }

    /** To a write that is not taken, because those before it could not be committed either. */
    static MdsException cutOff(ShardId shard) {
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE,
                        "the write to shard " + shard
                                + " was not taken: a majority of its replicas does not answer its leader")
                .retryAfter(SOON)
                .withoutStackTrace()
                .build();
    }

    static MdsException noLease(ShardId shard) {
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE,
                        "shard " + shard + ": a majority of its replicas did not answer its leader in time")
                .withoutStackTrace()
                .build();
    }
}
