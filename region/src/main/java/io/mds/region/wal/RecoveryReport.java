package io.mds.region.wal;

/**
 * What recovery found.
 *
 * @param tornBytes bytes of a write that had not finished when the process or machine stopped, cut off; 0 after a clean
 *     stop
 */
public record RecoveryReport(long entries, long batches, int segments, long bytes, long tornBytes) {}
