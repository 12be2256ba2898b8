package io.mds.master.election;

/** How a master is known to others: its id, and where it answers. */
public record MasterInfo(String id, String host, int port, int adminPort) {}
