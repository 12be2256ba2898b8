package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;

/**
 * One replica of one shard, as its leader: which index comes next, what is on disk, what is committed and applied, and
 * whether it may serve.
 *
 * <p>Thread: confined to whoever holds the shard's lock.
 *
 * <p>Invariant: applied <= committed <= last; indexes are given in order without gaps; nothing is served in a view before the
 * barrier that opened it is applied, so that every entry of earlier views is applied before.
 */
public final class ShardReplica {
    private ViewNumber view;
    private LogIndex last;
    private LogIndex committed;
    private LogIndex applied;
    private LogIndex barrier;
    private boolean failed;

    /**
     * A replica as recovery left it: everything in its log is applied, and it serves nothing yet.
     */
    public ShardReplica(ViewNumber view, LogIndex applied) {
        this.view = view;
        this.last = applied;
        this.committed = applied;
        this.applied = applied;
    }

    /**
     * Opens a view and gives the index of its barrier entry, which the caller appends.
     *
     * @throws IllegalArgumentException when the view is older than the current one
     */
    public LogIndex open(ViewNumber newView) {
        if (newView.compareTo(view) < 0) {
            throw new IllegalArgumentException("view " + newView + " is older than the current " + view);
        }
        view = newView;
        barrier = nextIndex();
        return barrier;
    }

    /** Takes a place in the log for a write; the caller appends it there. */
    public LogIndex propose() {
        if (!isServing()) {
            throw new IllegalStateException("a write to a shard that does not serve");
        }
        return nextIndex();
    }

    private LogIndex nextIndex() {
        last = last.next();
        return last;
    }

    /** The append was refused before it was queued: the place, which must be the last one, is free again. */
    public void withdraw(LogIndex index) {
        if (!index.equals(last) || index.compareTo(committed) <= 0) {
            throw new IllegalArgumentException("index " + index + " is not the last, uncommitted one: " + last);
        }
        last = new LogIndex(index.value() - 1);
        if (index.equals(barrier)) {
            barrier = null;
        }
    }

    /** The entries up to this index are on this replica's disk; being alone, it is the majority. */
    public void durable(LogIndex index) {
        if (index.compareTo(last) > 0 || index.compareTo(committed) < 0) {
            throw new IllegalArgumentException(
                    "index " + index + " became durable (committed " + committed + ", last " + last + ")");
        }
        committed = index;
    }

    /** The entries up to this index are applied to the store. */
    public void applied(LogIndex index) {
        if (index.compareTo(committed) > 0 || index.compareTo(applied) < 0) {
            throw new IllegalArgumentException(
                    "index " + index + " was applied (applied " + applied + ", committed " + committed + ")");
        }
        applied = index;
    }

    /** Log or store failed: it serves nothing any more. */
    public void fail() {
        failed = true;
    }

    /** True once the barrier of its view is applied. */
    public boolean isServing() {
        return !failed && barrier != null && applied.compareTo(barrier) >= 0;
    }

    public boolean isFailed() {
        return failed;
    }

    public ViewNumber view() {
        return view;
    }

    public LogIndex lastIndex() {
        return last;
    }

    public LogIndex appliedIndex() {
        return applied;
    }
}
