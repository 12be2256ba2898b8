package io.mds.simulator;

import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.mds.region.replication.LogTail;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.ArrayList;
import java.util.List;

/**
 * The log of one region, and its store: what was forced survives a crash; of what was not, a beginning does. The store lags
 * behind. Of its content nothing is kept but how far it goes: what is applied is checked when it is.
 */
final class SimulatedDisk {
    /** A record of the log: an entry and what was known to be committed then, or a promise. */
    record Written(LogEntry entry, LogIndex committed, ViewNumber promise) {}

    /** What a start finds: entries to apply, and those of which nobody knows yet. */
    record Recovered(ViewNumber promised, List<LogEntry> committed, List<LogEntry> rest) {}

    private static final ViewNumber NONE = new ViewNumber(0);

    private final List<Written> records = new ArrayList<>();
    private int forced;
    private boolean holdsShard;
    private LogPosition store = LogPosition.START;
    private ViewNumber recorded = NONE;
    private ViewNumber sole = NONE;
    private ViewNumber durablePromise = NONE;

    /** The store has the shard now, and remembers in which view it was made. */
    void make(ViewNumber view) {
        holdsShard = true;
        recorded = view;
        promised(view);
    }

    boolean holdsShard() {
        return holdsShard;
    }

    /** Nothing remains, neither of the shard nor of its log. */
    void forget() {
        records.clear();
        forced = 0;
        holdsShard = false;
        store = LogPosition.START;
        recorded = NONE;
        sole = NONE;
    }

    /** The view in which this replica is the only one, and goes on without a master after a restart. */
    void recordSole(ViewNumber view) {
        sole = view;
    }

    ViewNumber sole() {
        return sole;
    }

    void write(Written record) {
        records.add(record);
    }

    int unforced() {
        return records.size() - forced;
    }

    /** Forces the first so many records, and gives them. */
    List<Written> force(int count) {
        int from = forced;
        forced = Math.min(records.size(), from + count);
        List<Written> now = records.subList(from, forced);
        now.forEach(record -> promised(viewOf(record)));
        return now;
    }

    private void promised(ViewNumber view) {
        if (view.compareTo(durablePromise) > 0) {
            durablePromise = view;
        }
    }

    private static ViewNumber viewOf(Written record) {
        return record.promise() != null ? record.promise() : record.entry().view();
    }

    /** The newest promise that no crash can have undone. */
    ViewNumber durablePromise() {
        return durablePromise;
    }

    void makeDurable(LogPosition position) {
        if (position.index().compareTo(store.index()) > 0) {
            store = position;
        }
    }

    LogPosition store() {
        return store;
    }

    /** True when something was lost. */
    boolean crash(Dice dice) {
        int lost = dice.below(unforced() + 1);
        boolean torn = lost > 0;
        records.subList(records.size() - lost, records.size()).clear();
        force(unforced());
        return torn;
    }

    Recovered recover() {
        LogTail tail = new LogTail();
        tail.promised(recorded);
        for (Written record : records) {
            if (record.promise() != null) {
                tail.promised(record.promise());
            } else {
                tail.entry(record.entry(), record.committed(), store);
            }
        }
        return new Recovered(tail.promised(), tail.takeCommitted(), tail.rest());
    }
}
