/**
 * The region's write-ahead log: one sequence of checksummed batches on disk, shared by all shards of the region.
 *
 * <p><em>Thread:</em> appends come from any thread; one log thread writes and forces them. <em>Invariant:</em> an entry is
 * reported durable only after the force that covers it and every entry appended before it; a log that failed to write or
 * force once never reports anything durable again.
 */
package io.mds.region.wal;
