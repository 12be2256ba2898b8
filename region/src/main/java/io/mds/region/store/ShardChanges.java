package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.id.LogIndex;
import io.mds.proto.ChangesReply;
import io.mds.proto.RowChange;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The latest changes of one shard's rows, by the entries that made them, for those who watch the shard.
 *
 * <p><em>Thread:</em> the one that applies adds; any reads; whoever adds to another shard may make it forget.
 *
 * <p><em>Invariant:</em> what is remembered is everything after {@code forgottenUpTo}, without gaps.
 */
final class ShardChanges {
    private static final int CHANGE_BYTES = 120;

    private final ChangeMemory memory;

    @GuardedBy("this")
    private final Deque<Applied> remembered = new ArrayDeque<>();

    @GuardedBy("this")
    private LogIndex forgottenUpTo;

    @GuardedBy("this")
    private LogIndex upTo;

    /** What entries that were applied together have changed; the changes of one entry are together, too. */
    private final class Applied implements ChangeMemory.Part {
        private final LogIndex last;
        private final List<RowChange> changes;
        private final long bytes;

        private Applied(LogIndex last, List<RowChange> changes) {
            this.last = last;
            this.changes = changes;
            long sum = CHANGE_BYTES;
            for (RowChange change : changes) {
                sum += CHANGE_BYTES + change.getKey().size() + change.getRow().size();
            }
            this.bytes = sum;
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public void forget() {
            forgetFirst(this);
        }
    }

    /** @param from entries up to here were applied before anybody remembered */
    ShardChanges(ChangeMemory memory, LogIndex from) {
        this.memory = memory;
        this.forgottenUpTo = from;
        this.upTo = from;
    }

    /** Entries up to an index are applied, and changed these rows, in this order. */
    void add(LogIndex last, List<RowChange> changes) {
        Applied applied = null;
        synchronized (this) {
            upTo = last;
            if (!changes.isEmpty()) {
                applied = new Applied(last, changes);
                remembered.add(applied);
            }
        }
        if (applied != null) {
            memory.add(applied);
        }
    }

    private synchronized void forgetFirst(Applied applied) {
        // They were added to the memory in the order in which they stand here.
        if (remembered.peek() == applied) {
            remembered.poll();
            forgottenUpTo = applied.last;
        }
    }

    /** The shard's rows came in another way up to an index; what was remembered does not lead there. */
    synchronized void restart(LogIndex from) {
        remembered.clear();
        forgottenUpTo = from;
        upTo = from;
    }

    /**
     * The changes after a position.
     *
     * @param limit rows wanted at most; more when one entry changed more
     * @return without changes when there are none yet; empty when some of them are forgotten, or the position is of the future
     */
    synchronized Optional<ChangesReply> after(LogIndex position, int limit) {
        if (position.compareTo(forgottenUpTo) < 0 || position.compareTo(upTo) > 0) {
            return Optional.empty();
        }
        List<RowChange> found = new ArrayList<>();
        LogIndex told = upTo;
        search:
        for (Applied applied : remembered) {
            if (applied.last.compareTo(position) <= 0) {
                continue;
            }
            for (RowChange change : applied.changes) {
                if (change.getVersion() <= position.value()) {
                    continue;
                }
                boolean newEntry =
                        found.isEmpty() || found.get(found.size() - 1).getVersion() != change.getVersion();
                if (newEntry && found.size() >= limit) {
                    told = new LogIndex(found.get(found.size() - 1).getVersion());
                    break search;
                }
                found.add(change);
            }
        }
        return Optional.of(ChangesReply.newBuilder()
                .addAllChanges(found)
                .setPosition(told.value())
                .setOldestPosition(forgottenUpTo.value())
                .build());
    }

    synchronized LogIndex position() {
        return upTo;
    }

    synchronized LogIndex oldest() {
        return forgottenUpTo;
    }
}
