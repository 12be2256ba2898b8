package io.mds.region.wal;

import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import java.util.Comparator;

/**
 * How far a shard's log goes: the view and the index of its last entry. A log whose last entry is of a newer view has more of
 * what may have been committed, however long the other is; of equal views, the longer one does.
 */
public record LogPosition(ViewNumber view, LogIndex index) implements Comparable<LogPosition> {
    /** Before the first entry. */
    public static final LogPosition START = new LogPosition(new ViewNumber(0), new LogIndex(0));

    private static final Comparator<LogPosition> ORDER =
            Comparator.comparing(LogPosition::view).thenComparing(LogPosition::index);

    public static LogPosition of(LogEntry entry) {
        return new LogPosition(entry.view(), entry.index());
    }

    @Override
    public int compareTo(LogPosition other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return view + "/" + index;
    }
}
