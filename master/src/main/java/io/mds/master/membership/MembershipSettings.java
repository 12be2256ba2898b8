package io.mds.master.membership;

import java.time.Duration;

/**
 * How the master watches regions.
 *
 * @param heartbeatInterval how often a region says that it is alive
 * @param deadAfter how long a silent region keeps its place
 */
public record MembershipSettings(Duration heartbeatInterval, Duration deadAfter) {}
