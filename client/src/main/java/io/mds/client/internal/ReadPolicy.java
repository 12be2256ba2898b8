package io.mds.client.internal;

import io.mds.proto.Consistency;
import io.mds.proto.Freshness;
import io.mds.proto.ReadState;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.ShardRef;

/**
 * Which replicas may answer a read, and what is noted of the answer.
 *
 * @param maxStalenessMs of {@link Level#BOUNDED}
 * @param seen what answers are noted in, and what {@link Level#SESSION} asks for
 * @param wantsState whether the answer of a strong read must tell how new it is
 */
public record ReadPolicy(Level level, int maxStalenessMs, SeenIndexes seen, boolean wantsState) {
    private static final Freshness ANY = Freshness.getDefaultInstance();
    private static final Terms STRONG = new Terms(Consistency.STRONG, null);

    /** See {@code io.mds.client.Consistency}. */
    public enum Level {
        STRONG,
        SESSION,
        EVENTUAL,
        BOUNDED
    }

    /**
     * What one attempt demands.
     *
     * @param freshness null for nothing
     */
    public record Terms(Consistency consistency, Freshness freshness) {}

    /** Makes the request of one attempt of a read. */
    @FunctionalInterface
    public interface ReadRequest {
        Request.Builder build(ShardRef shard, Terms terms);
    }

    /** What is demanded of a shard's leader as such: no less than what others have shown of the shard. */
    Terms ofLeader(long shardId) {
        return wantsState || level != Level.STRONG
                ? new Terms(Consistency.STRONG, atLeast(seen.index(shardId)))
                : STRONG;
    }

    private static Freshness atLeast(long index) {
        return index > 0 ? Freshness.newBuilder().setMinIndex(index).build() : ANY;
    }

    /** What is demanded of any replica. */
    Terms ofReplica(long floor) {
        return switch (level) {
            case STRONG -> STRONG;
            case SESSION -> new Terms(Consistency.SESSION, atLeast(floor));
            case EVENTUAL -> new Terms(Consistency.EVENTUAL, ANY);
            case BOUNDED ->
                new Terms(
                        Consistency.EVENTUAL,
                        Freshness.newBuilder().setMaxStalenessMs(maxStalenessMs).build());
        };
    }

    /** What whoever has seen an answer has seen of the shard, at most. */
    static long newestIn(ReadState state) {
        return Math.max(state.getAppliedIndex(), state.getNewestIndex());
    }

    /** How new an answer is; null when it does not tell. */
    public static ReadState stateOf(Reply reply) {
        return switch (reply.getBodyCase()) {
            case GET -> reply.getGet().hasState() ? reply.getGet().getState() : null;
            case SCAN -> reply.getScan().hasState() ? reply.getScan().getState() : null;
            case COUNT -> reply.getCount().hasState() ? reply.getCount().getState() : null;
            default -> null;
        };
    }
}
