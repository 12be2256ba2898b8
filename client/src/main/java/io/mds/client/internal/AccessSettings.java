package io.mds.client.internal;

import java.time.Duration;

/** What {@link ClusterAccess} is told by the client's options; see there for the meaning and the limits. */
public record AccessSettings(
        ConnectString connect,
        Duration timeout,
        Duration attemptTimeout,
        int maxInFlight,
        int connectionsPerRegion,
        int eventLoopThreads,
        Duration backoffMin,
        Duration backoffMax,
        Duration spin,
        String name,
        RequestObserver observer) {}
