package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a region's log says of one shard beyond what its store has applied, read record by record while the region starts.
 * As far as the log says that it is committed, it is to be applied; what comes after that is for the replica, which will learn
 * what became of it.
 */
public final class LogTail {
    private final List<LogEntry> entries = new ArrayList<>();
    private long committed;
    private LogIndex afterGap;
    private ViewNumber promised = new ViewNumber(0);

    /**
     * The next entry in the log. It voids those before it that have its index or a higher one. One of an older view than what
     * is applied, beyond it, is void already: views do not go back along a log.
     *
     * @param committedThen how far the replica knew the shard to be committed when it wrote this
     * @param applied what the store has applied by now
     */
    public void entry(LogEntry entry, LogIndex committedThen, LogPosition applied) {
        committed = Math.max(committed, committedThen.value());
        promised(entry.view());
        while (!entries.isEmpty() && last().index().compareTo(entry.index()) >= 0) {
            entries.remove(entries.size() - 1);
        }
        if (afterGap != null && afterGap.compareTo(entry.index()) >= 0) {
            afterGap = null;
        }
        boolean isNew = entry.index().compareTo(applied.index()) > 0
                && LogPosition.of(entry).compareTo(applied) > 0;
        if (isNew && follows(entry, applied.index())) {
            entries.add(entry);
        } else if (isNew && afterGap == null) {
            afterGap = entry.index();
        }
    }

    private boolean follows(LogEntry entry, LogIndex applied) {
        LogIndex before = entries.isEmpty() ? applied : last().index();
        return entry.index().value() == before.value() + 1;
    }

    /**
     * An entry before which something is missing, and that was not voided since: the store has gone back to an older state.
     * What a removed segment held of entries that were voided later is missing, too, and no loss; so this is asked at the end.
     */
    public Optional<LogIndex> afterGap() {
        return Optional.ofNullable(afterGap);
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
