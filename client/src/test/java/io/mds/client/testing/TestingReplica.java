package io.mds.client.testing;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Freshness;
import io.mds.proto.ReadState;
import java.time.Duration;
import java.util.Optional;

/**
 * A shard as one region has it.
 *
 * @param tellsState whether answers tell how new they are without being asked
 * @param stalenessMs negative when it is not known
 */
record TestingReplica(TestingShard shard, boolean tellsState, int stalenessMs) {

    /** How new its answers are; refuses when that is not new enough. */
    Optional<ReadState> state(Freshness wanted, boolean asked) {
        if (!tellsState && !asked) {
            return Optional.empty();
        }
        // As if the last entry had been applied while it read.
        ReadState.Builder state = ReadState.newBuilder()
                .setAppliedIndex(Math.max(0, shard.applied() - 1))
                .setNewestIndex(shard.applied());
        if (stalenessMs >= 0) {
            state.setStalenessMs(stalenessMs);
        }
        boolean tooOld = shard.applied() < wanted.getMinIndex()
                || (wanted.hasMaxStalenessMs() && (stalenessMs < 0 || stalenessMs > wanted.getMaxStalenessMs()));
        if (tooOld) {
            throw MdsException.builder(ErrorCode.UNAVAILABLE, "too old; ask another one")
                    .retryAfter(Duration.ofMillis(5))
                    .build();
        }
        return Optional.of(state.build());
    }
}
