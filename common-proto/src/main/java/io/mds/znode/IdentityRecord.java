package io.mds.znode;

/**
 * /mds/identities/UUID: which region id a region identity has, for ever.
 *
 * @param secretHash hex SHA-256 of the identity's secret; the secret itself is only with the region's data
 */
public record IdentityRecord(long regionId, String secretHash, String since) {}
