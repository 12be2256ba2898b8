package io.mds.simulator;

import io.mds.id.ViewNumber;
import io.mds.region.replication.LogPosition;
import io.mds.region.wal.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The log of one region, and its store: what was forced survives a crash; of what was not, a beginning does. The store lags
 * behind, and its snapshot is what it has made durable.
 */
final class SimulatedDisk {
    /** A record of the log: an entry or a promise, the other being null. */
    record Written(LogEntry entry, ViewNumber promise) {}

    /** The store as of some position: the payloads of the writes that it has applied. */
    record Store(LogPosition position, List<LogEntry> applied) {
        static final Store EMPTY = new Store(LogPosition.START, List.of());
    }

    /** What is left after a crash. */
    record Recovered(ViewNumber promised, Store store, List<LogEntry> rest) {}

    private final List<Written> forced = new ArrayList<>();
    private final List<Written> unforced = new ArrayList<>();
    private Store durableStore = Store.EMPTY;

    void write(Written record) {
        unforced.add(record);
    }

    int unforced() {
        return unforced.size();
    }

    /** Forces the first so many records, and gives them. */
    List<Written> force(int count) {
        List<Written> first = new ArrayList<>(unforced.subList(0, Math.min(count, unforced.size())));
        unforced.subList(0, first.size()).clear();
        forced.addAll(first);
        return first;
    }

    void makeDurable(Store store) {
        if (store.position().index().compareTo(durableStore.position().index()) > 0) {
            durableStore = store;
        }
    }

    void crash(Random random) {
        forced.addAll(unforced.subList(0, random.nextInt(unforced.size() + 1)));
        unforced.clear();
    }

    /** Reads the log over the store's position. A later entry voids earlier ones from its index on. */
    Recovered recover() {
        ViewNumber promised = new ViewNumber(0);
        long base = durableStore.position().index().value();
        List<LogEntry> rest = new ArrayList<>();
        for (Written record : forced) {
            ViewNumber view =
                    record.promise() != null ? record.promise() : record.entry().view();
            promised = view.compareTo(promised) > 0 ? view : promised;
            if (record.entry() != null) {
                long slot = record.entry().index().value() - base - 1;
                if (slot >= 0 && slot <= rest.size()) {
                    rest.subList((int) slot, rest.size()).clear();
                    rest.add(record.entry());
                } else if (slot < 0) {
                    // It voids what follows, unless that came later, or is what the store has of it.
                    rest.clear();
                }
            }
        }
        return new Recovered(promised, durableStore, rest);
    }
}
