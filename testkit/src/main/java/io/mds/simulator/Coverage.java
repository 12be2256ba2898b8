package io.mds.simulator;

import java.util.EnumMap;
import java.util.Map;

/** How often the things happened that the protocol is made for: a run in which nothing goes wrong proves nothing. */
public final class Coverage {
    /** Something that a run should have met. */
    public enum Event {
        VIEWS,
        LEADERS_LOST,
        LEADERS_MOVED,
        REPLICAS_CHANGED,
        CRASHES,
        LEASES_CHANGED,
        TORN_LOGS,
        DISKS_LOST,
        PAUSES,
        PARTITIONS,
        MASTERS_DEPOSED,
        WRITES_OF_DEPOSED_MASTERS_REFUSED,
        SEALS_WAITED_FOR_LEASE,
        SEALS_RELEASED,
        SNAPSHOTS_INSTALLED,
        LEARNERS_ADDED,
        LEARNERS_PROMOTED,
        REPLICAS_DROPPED,
        SOLE_REPLICAS_WENT_ON,
        LEADERS_FELL_SILENT,
        LEADERS_UNHEARD,
        LEADERS_CUT_OFF,
        WRITES_ACKNOWLEDGED,
        STRONG_READS,
        READS_WAITED_FOR_LEASE,
    }

    private final long[] counts = new long[Event.values().length];

    void count(Event event) {
        counts[event.ordinal()]++;
    }

    public long of(Event event) {
        return counts[event.ordinal()];
    }

    public void add(Coverage other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
    }

    public Map<Event, Long> counts() {
        Map<Event, Long> all = new EnumMap<>(Event.class);
        for (Event event : Event.values()) {
            all.put(event, of(event));
        }
        return all;
    }
}
