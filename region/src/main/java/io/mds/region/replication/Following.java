package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;

/** What a follower knows of the leader that it follows: how far its own log is the leader's, and the newest append. */
final class Following {
    private final RegionId leader;
    private long matched;
    private final NewestSent newest = new NewestSent();

    Following(RegionId leader) {
        this.leader = leader;
    }

    RegionId leader() {
        return leader;
    }

    long matched() {
        return matched;
    }

    /** The append is in the log. Appends may come out of order. */
    void took(Message.Append append) {
        matched = Math.max(matched, append.last().value());
        newest.saw(append.sentNanos());
    }

    /** @param durable the last entry on this replica's disk: it vouches for no more */
    Message acknowledgement(ViewNumber view, long durable) {
        return new Message.Appended(view, newest.nanos(), new LogIndex(Math.min(matched, durable)));
    }
}
