package io.mds.znode;

/** /mds/regions/RID/session: the region's process, present while its ZooKeeper session lives. */
public record RegionSession(String startedAt, String version, String host, int port) {}
