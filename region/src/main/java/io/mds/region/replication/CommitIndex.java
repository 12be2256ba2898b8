package io.mds.region.replication;

import io.mds.id.LogIndex;
import java.util.Optional;

/** How far a replica knows its log to be committed, how far it has said so, and how far the store has applied it. */
final class CommitIndex {
    private long committed;
    private long told;
    private long applied;

    CommitIndex(LogIndex applied) {
        this.committed = applied.value();
        this.told = committed;
        this.applied = committed;
    }

    long value() {
        return committed;
    }

    long applied() {
        return applied;
    }

    /** False when that was known. */
    boolean advanceTo(long index) {
        boolean news = index > committed;
        committed = Math.max(committed, index);
        return news;
    }

    /** What can be applied now and could not before: it is on this replica's disk, too. */
    Optional<LogIndex> untold(long durable) {
        long safe = Math.min(committed, durable);
        if (safe <= told) {
            return Optional.empty();
        }
        told = safe;
        return Optional.of(new LogIndex(safe));
    }

    void applied(long index) {
        applied = Math.max(applied, index);
    }

    /** The store came by it in another way. */
    void restored(long index) {
        advanceTo(index);
        told = Math.max(told, index);
        applied(index);
    }
}
