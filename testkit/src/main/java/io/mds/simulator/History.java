package io.mds.simulator;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What was seen of the shard from outside, checked as it happens: one leader in each view; the same entries at the same places
 * everywhere; nothing acknowledged missing; no strong read that misses what was acknowledged, or read, before it began.
 */
final class History {
    private final Map<ViewNumber, RegionId> leaders = new HashMap<>();
    private final List<LogEntry> entries = new ArrayList<>();
    private long floor;

    /** True when the view had no leader before. */
    boolean leads(RegionId region, ViewNumber view) {
        RegionId other = leaders.putIfAbsent(view, region);
        if (other != null && !other.equals(region)) {
            throw new Violation("view " + view + " is led by region " + other + " and by region " + region);
        }
        return other == null;
    }

    /** Entries are applied one after the other, on each region. */
    void applied(RegionId region, LogPosition before, LogEntry entry) {
        long index = entry.index().value();
        if (index != before.index().value() + 1) {
            throw new Violation("region " + region + " applied " + entry + " after " + before);
        }
        if (index > entries.size()) {
            entries.add(entry);
        }
        LogEntry other = entries.get((int) index - 1);
        if (!other.equals(entry)) {
            throw new Violation(
                    "region " + region + " applied " + describe(entry) + ", and another " + describe(other));
        }
    }

    private static String describe(LogEntry entry) {
        return entry + " (operation " + entry.timestampMillis() + ")";
    }

    void acknowledged(LogIndex index) {
        floor = Math.max(floor, index.value());
    }

    /** What a strong read that begins now must see. */
    long acknowledgedUpTo() {
        return floor;
    }

    /** @param begin what had been acknowledged when the client asked */
    void read(RegionId region, long begin, long seen) {
        if (seen < begin) {
            throw new Violation("a read on region " + region + " saw the log up to " + seen + ", and entry " + begin
                    + " was acknowledged before it began");
        }
        floor = Math.max(floor, seen);
    }

    /** Whatever differs from what was applied elsewhere has been noticed; that the end is missing is noticed here. */
    void checkKept(LogIndex appliedUpTo) {
        if (appliedUpTo.value() < floor) {
            throw new Violation("the entry " + floor + " was acknowledged and is lost: the log ends at " + appliedUpTo);
        }
    }
}
