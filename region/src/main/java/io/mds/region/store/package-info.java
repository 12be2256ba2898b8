/**
 * The shards' rows in a JDBC database, with the latest changes in memory: the only code of MDS that knows SQL.
 *
 * <p>Entries of the log are applied in memory; flushes bring what they changed to the database, together with the applied
 * index and the answers given to clients, in one transaction per shard. After a crash the database holds the log up to some
 * applied index, and the log brings back the rest.
 *
 * <p><em>Thread:</em> methods block on the database and must not be called on event loops, except those that say so.
 * <em>Invariant:</em> what the database holds of a shard is exactly the effect of the log up to the applied index it holds.
 */
package io.mds.region.store;
