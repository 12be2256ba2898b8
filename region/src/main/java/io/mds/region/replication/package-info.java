/**
 * The replicated log of a shard as a pure state machine: events in, decisions out.
 *
 * <p>Free of threads, clocks, sockets and files. With one replica the majority is the region's own log; followers, leases
 * and view changes join here.
 */
package io.mds.region.replication;
