package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.ArrayList;
import java.util.List;

/** The newest entries of a shard's log, in memory, and how much of it is on disk. Those before the base are committed. */
final class EntryLog {
    private static final int ENTRY_BYTES = 100;

    private final List<LogEntry> entries = new ArrayList<>();
    private LogPosition base;
    private long durable;
    private long bytes;

    /** A log whose entries up to the base are applied, and on disk. */
    EntryLog(LogPosition base) {
        this.base = base;
        this.durable = base.index().value();
    }

    /** A log as it was found on disk. */
    static EntryLog recovered(LogPosition applied, List<LogEntry> rest) {
        EntryLog log = new EntryLog(applied);
        for (LogEntry entry : rest) {
            // Views never go back along a log: what a snapshot has overtaken is void.
            if (entry.view().compareTo(log.last().view()) < 0) {
                break;
            }
            log.append(entry);
        }
        log.durable(log.last());
        return log;
    }

    LogPosition base() {
        return base;
    }

    LogPosition last() {
        return entries.isEmpty() ? base : LogPosition.of(entries.get(entries.size() - 1));
    }

    long lastIndex() {
        return base.index().value() + entries.size();
    }

    /** The view of an entry that is here. */
    ViewNumber viewAt(long index) {
        return index == base.index().value()
                ? base.view()
                : entries.get(slot(index)).view();
    }

    /** Whether this very entry is in the log; those before the base are, since what is committed is the same everywhere. */
    boolean has(LogPosition position) {
        long index = position.index().value();
        return index < base.index().value()
                || (index <= lastIndex() && viewAt(index).equals(position.view()));
    }

    /** Takes the next entry, or one that voids those from its index on. */
    void append(LogEntry entry) {
        int slot = slot(entry.index().value());
        if (slot < 0 || slot > entries.size()) {
            throw new IllegalArgumentException(
                    entry + " does not follow " + last() + " nor replaces one after " + base);
        }
        removeFrom(slot, entries.size());
        entries.add(entry);
        bytes += bytesOf(entry);
        durable = Math.min(durable, entry.index().value() - 1);
    }

    /** This entry, and everything appended before it, is on disk; of one that was voided since, it says nothing. */
    void durable(LogPosition position) {
        if (has(position)) {
            durable = Math.max(durable, position.index().value());
        }
    }

    long durableIndex() {
        return durable;
    }

    boolean isDurable() {
        return durable == lastIndex();
    }

    /** At most so many entries and bytes, but at least one, from an index on, which must be after the base. */
    List<LogEntry> from(long index, int limit, long maxBytes) {
        int start = slot(index);
        int end = start;
        long taken = 0;
        while (end < entries.size() && end - start < limit) {
            taken += bytesOf(entries.get(end));
            if (end > start && taken > maxBytes) {
                break;
            }
            end++;
        }
        return start == end ? List.of() : List.copyOf(entries.subList(start, end));
    }

    /** An estimate of the memory that the entries take. */
    long bytes() {
        return bytes;
    }

    private static long bytesOf(LogEntry entry) {
        return (long) ENTRY_BYTES + entry.payload().size();
    }

    private void removeFrom(int start, int end) {
        for (LogEntry removed : entries.subList(start, end)) {
            bytes -= bytesOf(removed);
        }
        entries.subList(start, end).clear();
    }

    /** Gives up entries that are applied durably; the last of them remains as the base. */
    void trim(LogIndex upTo) {
        long index = Math.min(upTo.value(), durable);
        if (index > base.index().value()) {
            LogPosition newBase = new LogPosition(viewAt(index), new LogIndex(index));
            removeFrom(0, slot(index) + 1);
            base = newBase;
        }
    }

    /** Everything up to here came with a snapshot. */
    void restart(LogPosition newBase) {
        removeFrom(0, entries.size());
        base = newBase;
        durable = newBase.index().value();
    }

    private int slot(long index) {
        return Math.toIntExact(index - base.index().value() - 1);
    }
}
