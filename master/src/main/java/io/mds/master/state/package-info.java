/**
 * The metadata as ZooKeeper holds it, in memory: tables, shards, identities and the counters of ids.
 *
 * <p>Thread: owned by the metadata thread. Invariant: changed only after the same change has succeeded in ZooKeeper.
 */
package io.mds.master.state;
