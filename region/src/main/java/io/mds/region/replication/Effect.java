package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;

/** What a replica wants done. In the order given; those for the log must reach it in that order. */
public sealed interface Effect {
    /** To be sent, if that is possible. */
    record Send(RegionId to, Message message) implements Effect {}

    /** To be appended to the region's log. Voids every earlier entry with this index or a higher one. */
    record Append(LogEntry entry) implements Effect {}

    /** To be appended to the region's log: after a restart, no older view is joined. */
    record Promise(ViewNumber view) implements Effect {}

    /** Entries up to this index will never be taken back: to be applied in order. */
    record Commit(LogIndex index) implements Effect {}

    /** The answer to a master's seal. */
    record Sealed(ViewNumber view, LogPosition last) implements Effect {}

    /** The other answer to a master's seal. */
    record SealRefused(ViewNumber view, ViewNumber promised) implements Effect {}

    /** This replica leads the view, and has committed its barrier: the master may forget the view's previous replicas. */
    record Activated(ViewNumber view) implements Effect {}

    /** A replica lacks entries that this leader no longer has in memory: it needs a snapshot. */
    record Behind(RegionId region, LogIndex last) implements Effect {}
}
