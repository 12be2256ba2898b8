package io.mds.client.internal;

import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a session has seen of each shard: an index after which its answers included nothing. Its reads must include as much.
 *
 * <p>A write that was decided against without an index, such as an insert of a row that exists, leaves its shard in doubt: the
 * caller has learned of a state whose index nobody told. Until a read of the leader has told one, only the leader is asked.
 *
 * <p><em>Invariant:</em> indexes only grow. The number of shards is bounded; those beyond it are never noted, and only their
 * leaders are asked, which is slower and as correct.
 *
 * <p><em>Thread:</em> any.
 */
public final class SeenIndexes {
    /** Of a shard whose leader alone may answer. */
    static final long LEADER_ONLY = -1;

    private final int maxShards;
    private final ConcurrentHashMap<Long, Seen> shards = new ConcurrentHashMap<>();
    private volatile boolean full;

    public SeenIndexes(int maxShards) {
        this.maxShards = maxShards;
    }

    /** What a replica must have applied to answer, or {@link #LEADER_ONLY}. */
    long floor(long shardId) {
        Seen seen = shards.get(shardId);
        if (seen == null) {
            return full ? LEADER_ONLY : 0;
        }
        return seen.isInDoubt() ? LEADER_ONLY : seen.index.get();
    }

    /** The highest index that was seen, in doubt or not; 0 for none. */
    long index(long shardId) {
        Seen seen = shards.get(shardId);
        return seen == null ? 0 : seen.index.get();
    }

    /** An answer included nothing after this index. */
    void saw(long shardId, long index) {
        if (index > 0) {
            Seen seen = note(shardId);
            if (seen != null && seen.index.get() < index) {
                seen.index.accumulateAndGet(index, Math::max);
            }
        }
    }

    /** How many doubts there have been: to be taken before the leader is asked, for {@link #settled}. */
    int doubts(long shardId) {
        Seen seen = shards.get(shardId);
        return seen == null ? 0 : seen.doubts.get();
    }

    /** A write was decided against at an index that is not known. */
    void doubt(long shardId) {
        Seen seen = note(shardId);
        if (seen != null) {
            seen.doubts.incrementAndGet();
        }
    }

    /** The leader answered a strong read that began after so many doubts: it included what they were about. */
    void settled(long shardId, int doubts) {
        if (doubts > 0) {
            Seen seen = shards.get(shardId);
            if (seen != null) {
                seen.settled.accumulateAndGet(doubts, Math::max);
            }
        }
    }

    private Seen note(long shardId) {
        Seen seen = shards.get(shardId);
        return seen != null || full ? seen : admit(shardId);
    }

    private synchronized Seen admit(long shardId) {
        if (shards.size() >= maxShards && !shards.containsKey(shardId)) {
            full = true;
            return null;
        }
        return shards.computeIfAbsent(shardId, ignored -> new Seen());
    }

    /**
     * All of it at one moment, to be handed on.
     *
     * @param indexes by shard; {@link #LEADER_ONLY} for those in doubt
     * @param full whether there may have been more shards
     */
    record Snapshot(TreeMap<Long, Long> indexes, boolean full) {}

    Snapshot snapshot() {
        TreeMap<Long, Long> indexes = new TreeMap<>();
        shards.forEach((shardId, seen) -> indexes.put(shardId, seen.isInDoubt() ? LEADER_ONLY : seen.index.get()));
        return new Snapshot(indexes, full);
    }

    static SeenIndexes of(Snapshot snapshot, int maxShards) {
        SeenIndexes restored = new SeenIndexes(maxShards);
        snapshot.indexes().forEach((shardId, index) -> {
            if (index == LEADER_ONLY) {
                restored.doubt(shardId);
            } else {
                restored.saw(shardId, index);
            }
        });
        restored.full |= snapshot.full();
        return restored;
    }

    private static final class Seen {
        private final AtomicLong index = new AtomicLong();
        private final AtomicInteger doubts = new AtomicInteger();
        private final AtomicInteger settled = new AtomicInteger();

        private boolean isInDoubt() {
            return settled.get() < doubts.get();
        }
    }
}
