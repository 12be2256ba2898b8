package io.mds.znode;

/** /mds/master/standbys/ID: a standby and how far it follows the active master. */
public record StandbyMaster(String id, String host, int port, int adminPort, long appliedSequence) {}
