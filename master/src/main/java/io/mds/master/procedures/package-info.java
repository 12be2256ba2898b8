/**
 * Changes of tables: procedures whose progress is recorded in ZooKeeper, those of one table one after the other.
 *
 * <p>Thread: owned by the metadata thread. Invariant: every step is idempotent; a procedure that a master leaves
 * unfinished is finished or rolled back by the next one.
 */
package io.mds.master.procedures;
