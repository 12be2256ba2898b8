package io.mds.znode;

/**
 * /mds/master/standbys/ID: a standby and how far it follows the active master.
 *
 * @param appliedSequence the last entry of the OpLog that it has; 0 while it has not read the state
 * @param lag entries that it knows of and has not taken; null while it has not read the state or cannot look at the log
 */
public record StandbyMaster(String id, String host, int port, int adminPort, long appliedSequence, Long lag) {}
