package io.mds.znode;

/**
 * /mds/regions/RID: a member of the cluster.
 *
 * @param state LIVE or SUSPECT, as the active master last wrote it
 */
public record RegionRecord(
        long id, String identity, String host, int port, int adminPort, String version, String state, String since) {}
