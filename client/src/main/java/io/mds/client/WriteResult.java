package io.mds.client;

/**
 * What a write did.
 *
 * @param version the row's version after the write, for optimistic locking; of a deleted row, the write's own
 * @param existed whether the row existed before
 */
public record WriteResult(long version, boolean existed) {}
