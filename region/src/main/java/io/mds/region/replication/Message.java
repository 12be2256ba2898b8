package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.List;

/** What the replicas of a shard say to each other. May be lost, repeated, late and out of order. */
public sealed interface Message {
    /** The view that the sender of an append leads, or that the answer is given in. */
    ViewNumber view();

    /**
     * From the leader: entries, or none to keep its lease.
     *
     * @param sentNanos the leader's monotonic clock; comes back in the answer, and says nothing to anybody else
     * @param previous the entry before the first of these
     * @param entries without gaps, after {@code previous}
     * @param committed what the leader has committed, which may be more than is sent
     * @param beating whether another will follow within a beat; otherwise nothing is to be expected until one comes
     */
    record Append(
            ViewNumber view,
            long sentNanos,
            LogPosition previous,
            List<LogEntry> entries,
            LogIndex committed,
            boolean beating)
            implements Message {
        public Append {
            entries = List.copyOf(entries);
        }

        /** The same as a mere beat, for a follower that has no room for the entries. */
        public Append withoutEntries() {
            return new Append(view, sentNanos, previous, List.of(), committed, beating);
        }

        LogIndex last() {
            return new LogIndex(previous.index().value() + entries.size());
        }
    }

    /**
     * The log is the leader's up to some entry, and on disk; and the sender will not join a newer view for a lease.
     *
     * @param sentNanos of the newest append that this answers
     * @param leaseNanos for how long from its receipt
     */
    record Appended(ViewNumber view, long sentNanos, LogIndex matched, long leaseNanos) implements Message {}

    /**
     * The append was not taken.
     *
     * @param view what the sender has promised: a newer one than the append's, or else its log does not have {@code previous}
     * @param previous of the append that was refused
     * @param last the end of the sender's log, which may be before that
     */
    record Refused(ViewNumber view, LogIndex previous, LogIndex last) implements Message {}
}
