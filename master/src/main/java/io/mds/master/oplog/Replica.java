package io.mds.master.oplog;

import io.mds.master.routes.RoutePublisher;
import io.mds.master.state.FollowedState;

/**
 * A state up to one entry of the OpLog, with all that is kept beside it.
 *
 * @param since the first epoch of the unbroken row of epochs that it follows, 0 when the active master writes no OpLog
 * @param readAtNanos when its state had been read
 */
record Replica(
        FollowedState followed,
        RoutePublisher routes,
        DigestHistory digests,
        EntryQueue entries,
        long since,
        long readAtNanos) {
    long applied() {
        return entries.taken();
    }

    void apply(OpLogReader.Read read) {
        followed.apply(read.entry().changes(), read.zxid());
        digests.add(read.sequence(), followed.image().digest());
    }
}
