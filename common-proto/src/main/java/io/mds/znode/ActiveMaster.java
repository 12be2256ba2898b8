package io.mds.znode;

/** /mds/master/active: where the active master answers. */
public record ActiveMaster(String id, String host, int port, int adminPort, long epoch) {}
