/**
 * The shards' rows in a JDBC database: the only code of MDS that knows SQL.
 *
 * <p><em>Thread:</em> methods block on the database and must not be called on event loops, except those that say so.
 * <em>Invariant:</em> rows, applied index and request records of a shard change in one transaction; what the store holds is
 * exactly the effect of the log up to its applied index.
 */
package io.mds.region.store;
