/**
 * The views of shards, and keeping regions to them: what each region should hold against what it says it holds.
 *
 * <p>Thread: owned by the metadata thread. Invariant: a region is told to remove data only under proof read from
 * ZooKeeper, never from memory.
 */
package io.mds.master.views;
