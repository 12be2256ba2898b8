package io.mds.znode;

/**
 * /mds/cluster: which cluster this is. Written once by the first master.
 *
 * @param clusterId random UUID text
 * @param formatVersion version of the znode layout; a master refuses to work on a newer one than it knows
 */
public record ClusterRecord(String clusterId, int formatVersion, String createdAt) {
    public static final int CURRENT_FORMAT = 1;
}
