package io.mds.client;

import io.mds.client.internal.ReadPolicy;
import io.mds.client.internal.SeenIndexes;
import io.mds.id.ShardId;
import io.mds.proto.ReadState;
import io.mds.proto.Reply;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How a view of a table reads.
 *
 * @param seen of the session, or of the client
 * @param inSession whether it is a user's session, which notes strong reads, too
 * @param observer told how new each answer was; null for nobody
 */
record ReadSettings(Consistency consistency, SeenIndexes seen, boolean inSession, Consumer<Freshness> observer) {
    /** Of answers whose age nobody knows. */
    static final int UNKNOWN_STALENESS = -1;

    ReadSettings with(Consistency other) {
        return new ReadSettings(Objects.requireNonNull(other, "consistency"), seen, inSession, observer);
    }

    ReadSettings within(Session session) {
        return new ReadSettings(Consistency.session(), session.seen(), true, observer);
    }

    ReadSettings observing(Consumer<Freshness> other) {
        return new ReadSettings(consistency, seen, inSession, Objects.requireNonNull(other, "observer"));
    }

    /** For one scan. */
    ReadSettings of(Scan scan) {
        return scan.consistency().map(this::with).orElse(this);
    }

    ReadPolicy policy() {
        ReadPolicy.Level level = switch (consistency.level()) {
            case STRONG -> ReadPolicy.Level.STRONG;
            case SESSION -> ReadPolicy.Level.SESSION;
            case EVENTUAL -> ReadPolicy.Level.EVENTUAL;
            case BOUNDED -> ReadPolicy.Level.BOUNDED;
        };
        int bound = Math.toIntExact(consistency.maxStaleness().toMillis());
        return new ReadPolicy(level, bound, seen, inSession || observer != null);
    }

    /** Tells the observer of an answer; gives its staleness in milliseconds, or {@link #UNKNOWN_STALENESS}. */
    int observe(Target target, int shard, Reply reply) {
        ReadState state = ReadPolicy.stateOf(reply);
        if (state == null) {
            // Only the answers to strong reads come without.
            return 0;
        }
        int staleness = state.hasStalenessMs()
                ? (int) Math.min(Integer.MAX_VALUE, Integer.toUnsignedLong(state.getStalenessMs()))
                : UNKNOWN_STALENESS;
        if (observer != null) {
            ShardId id = new ShardId(target.routes().shardId(shard));
            observer.accept(new Freshness(id, state.getAppliedIndex(), duration(staleness)));
        }
        return staleness;
    }

    static Optional<Duration> duration(int stalenessMs) {
        return stalenessMs == UNKNOWN_STALENESS ? Optional.empty() : Optional.of(Duration.ofMillis(stalenessMs));
    }

    /** The staleness of two answers together. */
    static int worse(int a, int b) {
        return a == UNKNOWN_STALENESS || b == UNKNOWN_STALENESS ? UNKNOWN_STALENESS : Math.max(a, b);
    }
}
