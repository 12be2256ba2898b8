package io.mds.master.oplog;

import java.util.TreeMap;

/**
 * Puts entries into their order: those that come early wait, within a limit, and those that were taken are dropped.
 *
 * <p>Invariant: entries leave one by one, by number, without a gap. Nothing is ever skipped.
 */
final class EntryQueue {
    /** Entries that may wait; of more, those with the largest numbers are dropped, and asked for again in their turn. */
    static final int MAX_PENDING = 1024;

    private final TreeMap<Long, OpLogReader.Read> pending = new TreeMap<>();
    private long taken;

    /** @param taken the last entry that needs not come any more */
    EntryQueue(long taken) {
        this.taken = taken;
    }

    void offer(OpLogReader.Read entry) {
        if (entry.sequence() <= taken) {
            return;
        }
        pending.put(entry.sequence(), entry);
        if (pending.size() > MAX_PENDING) {
            pending.pollLastEntry();
        }
    }

    /** The next entry in order, or null while it is missing. */
    OpLogReader.Read take() {
        OpLogReader.Read next = pending.remove(taken + 1);
        if (next != null) {
            taken++;
        }
        return next;
    }

    /** The last entry taken. */
    long taken() {
        return taken;
    }

    int waiting() {
        return pending.size();
    }
}
