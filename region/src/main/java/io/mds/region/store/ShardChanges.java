package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.proto.ChangesReply;
import io.mds.proto.RowChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The latest changes of one shard's rows, by the entries that made them, for those who watch the shard.
 *
 * <p><em>Thread:</em> the one that applies adds; any reads; whoever adds to another shard may make it forget.
 *
 * <p><em>Invariant:</em> what is remembered is everything after {@code forgottenUpTo}, without gaps.
 */
public final class ShardChanges {
    private static final int CHANGE_BYTES = 120;
    /** Of one answer, unless a single entry changed more. */
    private static final int MAX_ANSWER_BYTES = 1 << 20;
    /** What one entry may have changed: more would not fit a message, and is not remembered. */
    private static final int MAX_ENTRY_BYTES = 12 << 20;
    /** Forgotten places before the list is moved together. */
    private static final int MIN_GAP = 1_000;

    private final ShardId id;
    private final ChangeMemory memory;

    /** In the order of the log, from {@code head} on; null before it. */
    @GuardedBy("this")
    private final List<Applied> remembered = new ArrayList<>();

    @GuardedBy("this")
    private int head;

    @GuardedBy("this")
    private LogIndex forgottenUpTo;

    @GuardedBy("this")
    private LogIndex upTo;

    /** Nothing changed between here and {@code upTo}. */
    @GuardedBy("this")
    private LogIndex toldUpTo;

    /**
     * A row that an entry changed.
     *
     * @param rowOrNull as the entry left it; null for none
     * @param version the entry's index
     */
    record Changed(ByteString key, ByteString rowOrNull, long version, long timestampMillis) {
        int bytes() {
            return CHANGE_BYTES + key.size() + (rowOrNull == null ? 0 : rowOrNull.size());
        }

        RowChange toProto() {
            RowChange.Builder change =
                    RowChange.newBuilder().setKey(key).setVersion(version).setTimestampMs(timestampMillis);
            if (rowOrNull != null) {
                change.setRow(rowOrNull);
            }
            return change.build();
        }
    }

    /** What entries that were applied together have changed; the changes of one entry are together, too. */
    private final class Applied implements ChangeMemory.Part {
        private final LogIndex from;
        private final LogIndex last;
        private final List<Changed> changes;
        private final long bytes;

        private Applied(LogIndex from, LogIndex last, List<Changed> changes) {
            this.from = from;
            this.last = last;
            this.changes = changes;
            long sum = CHANGE_BYTES;
            for (Changed change : changes) {
                sum += change.bytes();
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

        @Override
        public ChangeRecord toRecord() {
            return new ChangeRecord(id, from, last, changes);
        }

        private boolean hasEntryTooLarge() {
            if (bytes <= MAX_ENTRY_BYTES) {
                return false;
            }
            long ofEntry = 0;
            long entry = 0;
            for (Changed change : changes) {
                ofEntry = (change.version() == entry ? ofEntry : 0) + change.bytes();
                entry = change.version();
                if (ofEntry > MAX_ENTRY_BYTES) {
                    return true;
                }
            }
            return false;
        }
    }

    /** @param from entries up to here were applied before anybody remembered */
    ShardChanges(ShardId id, ChangeMemory memory, LogIndex from) {
        this.id = id;
        this.memory = memory;
        this.forgottenUpTo = from;
        this.upTo = from;
        this.toldUpTo = from;
    }

    /** Entries up to an index are applied, and changed these rows, in this order. */
    void add(LogIndex last, List<Changed> changes) {
        Applied applied = changes.isEmpty() ? null : new Applied(toldUpTo(), last, changes);
        if (applied != null && applied.hasEntryTooLarge()) {
            restart(last);
            return;
        }
        synchronized (this) {
            upTo = last;
            if (applied != null) {
                remembered.add(applied);
                toldUpTo = last;
            }
        }
        if (applied != null) {
            memory.add(applied);
        }
    }

    @SuppressWarnings("ReferenceEquality") // whether it is this one, not one like it
    private synchronized void forgetFirst(Applied applied) {
        // They were added to the memory in the order in which they stand here.
        if (head == remembered.size() || remembered.get(head) != applied) {
            return;
        }
        forgottenUpTo = applied.last;
        remembered.set(head, null);
        head++;
        if (head > MIN_GAP && head > remembered.size() / 2) {
            remembered.subList(0, head).clear();
            head = 0;
        }
    }

    /** The shard's rows came in another way up to an index; what was remembered does not lead there. */
    synchronized void restart(LogIndex from) {
        remembered.clear();
        head = 0;
        forgottenUpTo = from;
        upTo = from;
        toldUpTo = from;
    }

    /** Brings what is remembered into files, before the database has the shard's rows as of this index. May block. */
    void keep(LogIndex applied) {
        memory.keep(new ChangeRecord(id, lastChangeUpTo(applied), applied, List.of()));
    }

    /** Nothing changed after it and up to an index that is applied. */
    private synchronized LogIndex lastChangeUpTo(LogIndex applied) {
        for (int i = remembered.size() - 1; i >= head; i--) {
            if (remembered.get(i).last.compareTo(applied) <= 0) {
                return remembered.get(i).last;
            }
        }
        return forgottenUpTo.compareTo(applied) < 0 ? forgottenUpTo : applied;
    }

    /** The shard is gone. May block. */
    void drop() {
        memory.drop(id);
    }

    /** To remember what was kept before a restart. */
    Restoring restoring() {
        return new Restoring(position());
    }

    /** Takes records of the shard in the order in which they were kept; only those without gaps up to its end count. */
    final class Restoring {
        private final LogIndex applied;
        private boolean begun;

        private Restoring(LogIndex applied) {
            this.applied = applied;
        }

        void add(ChangeRecord record) {
            if (record.from().compareTo(applied) > 0) {
                return;
            }
            if (!begun || record.from().compareTo(position()) > 0) {
                restart(record.from());
                begun = true;
            }
            // What the shard lacks is applied again, and told then; what was kept before an earlier restart comes
            // twice.
            long after = toldUpTo().value();
            List<Changed> changes = record.changes().stream()
                    .filter(each -> each.version() > after && each.version() <= applied.value())
                    .toList();
            LogIndex last = record.upTo().compareTo(applied) < 0 ? record.upTo() : applied;
            ShardChanges.this.add(last.compareTo(position()) > 0 ? last : position(), changes);
        }

        void end() {
            if (position().compareTo(applied) < 0) {
                restart(applied);
            }
        }
    }

    private synchronized LogIndex toldUpTo() {
        return toldUpTo;
    }

    /**
     * The changes after a position. Never blocks.
     *
     * @param limit rows wanted at most; more when one entry changed more, fewer when they are large
     * @return without changes when there are none yet; empty when some of them are forgotten, or the position is of the future
     */
    public Optional<ChangesReply> after(LogIndex position, int limit) {
        List<Changed> found = new ArrayList<>();
        ChangesReply.Builder reply = ChangesReply.newBuilder();
        synchronized (this) {
            if (position.compareTo(forgottenUpTo) < 0 || position.compareTo(upTo) > 0) {
                return Optional.empty();
            }
            reply.setPosition(find(position, limit, found).value()).setOldestPosition(forgottenUpTo.value());
        }
        // Whoever applies need not wait for this.
        found.forEach(change -> reply.addChanges(change.toProto()));
        return Optional.of(reply.build());
    }

    /** The position that the changes found lead to. */
    @GuardedBy("this")
    private LogIndex find(LogIndex position, int limit, List<Changed> found) {
        long bytes = 0;
        long entry = 0;
        for (int i = firstAfter(position); i < remembered.size(); i++) {
            for (Changed change : remembered.get(i).changes) {
                if (change.version() <= position.value()) {
                    continue;
                }
                if (entry != change.version() && entry > 0 && (found.size() >= limit || bytes >= MAX_ANSWER_BYTES)) {
                    return new LogIndex(entry);
                }
                entry = change.version();
                bytes += change.bytes();
                found.add(change);
            }
        }
        return upTo;
    }

    /** Where those begin that were applied after a position. */
    @GuardedBy("this")
    private int firstAfter(LogIndex position) {
        int low = head;
        int high = remembered.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (remembered.get(middle).last.compareTo(position) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Everything up to here is applied. */
    public synchronized LogIndex position() {
        return upTo;
    }

    /** Changes after here are remembered. */
    public synchronized LogIndex oldest() {
        return forgottenUpTo;
    }
}
