package io.mds.master.oplog;

import io.mds.master.routes.RoutePublisher;
import io.mds.master.state.FollowedState;

/**
 * What a follower hands over to the master that takes over: the state up to the very last entry.
 *
 * @param sequence of the last entry
 * @param first the oldest entry that is still kept
 * @param hot whether the state was there before; otherwise all of it was read for this
 * @param caughtUp entries that were taken since the takeover began
 */
public record Takeover(
        FollowedState followed,
        RoutePublisher routes,
        DigestHistory digests,
        long sequence,
        long first,
        boolean hot,
        long caughtUp) {}
