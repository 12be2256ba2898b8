package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.mds.region.wal.LogEntry;
import java.util.ArrayList;
import java.util.List;

/**
 * What a region's log says of one shard beyond what its store has applied, read record by record while the region starts.
 * As far as the log says that it is committed, it is to be applied; what comes after that is for the replica, which will learn
 * what became of it.
 */
public final class LogTail {
    private final List<LogEntry> entries = new ArrayList<>();
    private long committed;
    private ViewNumber promised = new ViewNumber(0);

    /**
     * The next entry in the log. It voids those before it that have its index or a higher one.
     *
     * @param committedThen how far the replica knew the shard to be committed when it wrote this
     * @param applied what the store has applied by now
     */
    public void entry(LogEntry entry, LogIndex committedThen, LogIndex applied) {
        committed = Math.max(committed, committedThen.value());
        promised(entry.view());
        while (!entries.isEmpty() && last().index().compareTo(entry.index()) >= 0) {
            entries.remove(entries.size() - 1);
        }
        if (entry.index().compareTo(applied) > 0) {
            entries.add(entry);
        }
    }

    /** Whether something is missing between what the store has applied, or the entries here, and this one. */
    public boolean leavesGap(LogEntry entry, LogIndex applied) {
        long before = entries.isEmpty()
                ? applied.value()
                : Math.max(applied.value(), last().index().value());
        return entry.index().value() > before + 1;
    }

    private LogEntry last() {
        return entries.get(entries.size() - 1);
    }

    public void promised(ViewNumber view) {
        if (view.compareTo(promised) > 0) {
            promised = view;
        }
    }

    /** The newest view of an entry or a promise. */
    public ViewNumber promised() {
        return promised;
    }

    /** Entries that are not applied, in order. */
    public int size() {
        return entries.size();
    }

    /** Takes out the first entries, as far as they are committed. */
    public List<LogEntry> takeCommitted() {
        int count = 0;
        while (count < entries.size() && entries.get(count).index().value() <= committed) {
            count++;
        }
        List<LogEntry> taken = List.copyOf(entries.subList(0, count));
        entries.subList(0, count).clear();
        return taken;
    }

    /** What is left: entries of which this replica does not know whether they are committed. */
    public List<LogEntry> rest() {
        return List.copyOf(entries);
    }
}
