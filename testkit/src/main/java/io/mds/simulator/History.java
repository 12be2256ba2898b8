package io.mds.simulator;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.Replica;
import io.mds.region.wal.LogEntry;
import java.util.HashMap;
import java.util.Map;

/**
 * What was seen of the shard from outside, checked as it happens: one leader in each view; the same entries at the same places
 * everywhere; nothing acknowledged missing; no strong read that misses what was acknowledged, or read, before it began.
 */
final class History {
    private final Map<ViewNumber, RegionId> leaders = new HashMap<>();
    private final Map<LogIndex, LogEntry> entries = new HashMap<>();
    private final Map<LogIndex, Long> acknowledged = new HashMap<>();
    private LogIndex floor = new LogIndex(0);
    private long reads;

    static ByteString payload(long operation) {
        return ByteString.copyFromUtf8("operation " + operation);
    }

    void leads(RegionId region, Replica replica) {
        if (replica != null && replica.isLeader()) {
            RegionId other = leaders.putIfAbsent(replica.promised(), region);
            if (other != null && !other.equals(region)) {
                throw new Violation(
                        "view " + replica.promised() + " is led by region " + other + " and by region " + region);
            }
        }
    }

    void applied(RegionId region, LogEntry entry) {
        LogEntry other = entries.putIfAbsent(entry.index(), entry);
        if (other != null && !other.equals(entry)) {
            throw new Violation(
                    "region " + region + " applied " + describe(entry) + ", and another " + describe(other));
        }
    }

    private static String describe(LogEntry entry) {
        return entry + " (" + entry.payload().toStringUtf8() + ")";
    }

    void acknowledged(long operation, LogEntry entry) {
        acknowledged.put(entry.index(), operation);
        floor = max(floor, entry.index());
    }

    /** What a strong read that begins now must see. */
    LogIndex acknowledgedUpTo() {
        return floor;
    }

    void read(RegionId region, long reading, LogIndex begin, LogIndex seen) {
        reads++;
        if (seen.compareTo(begin) < 0) {
            throw new Violation("read " + reading + " on region " + region + " saw the log up to " + seen
                    + ", and entry " + begin + " was acknowledged before it began");
        }
        floor = max(floor, seen);
    }

    /** Everything acknowledged is in the shard's history, at its place. */
    void checkKept(LogIndex appliedUpTo) {
        acknowledged.forEach((index, operation) -> {
            LogEntry entry = entries.get(index);
            if (index.compareTo(appliedUpTo) > 0
                    || entry == null
                    || !entry.payload().equals(payload(operation))) {
                throw new Violation("operation " + operation + " was acknowledged at " + index + " and is lost");
            }
        });
    }

    long acknowledgedCount() {
        return acknowledged.size();
    }

    long readCount() {
        return reads;
    }

    private static LogIndex max(LogIndex one, LogIndex other) {
        return one.compareTo(other) >= 0 ? one : other;
    }
}
