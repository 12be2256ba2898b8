package io.mds.region.service;

/**
 * What one request may hold.
 *
 * @param maxRowBytes encoded bytes of a row
 * @param maxOperations operations of one atomic batch
 * @param maxKeys keys of one get
 */
public record RequestLimits(int maxRowBytes, int maxOperations, int maxKeys) {
    public static final RequestLimits DEFAULTS = new RequestLimits(1 << 20, 10_000, 10_000);
}
