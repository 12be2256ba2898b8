/**
 * A deterministic simulator of one replicated shard: the real {@link io.mds.region.replication.Replica}s, with everything
 * around them (disks, clocks, network, masters, ZooKeeper, clients) simulated in one thread from one seed.
 *
 * <p>Invariant: nothing but the seed decides what happens, so that a failure can be played again.
 */
package io.mds.simulator;
