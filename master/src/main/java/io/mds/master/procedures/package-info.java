/**
 * Creating and dropping tables: procedures whose progress is the table's state in ZooKeeper.
 *
 * <p>Thread: owned by the metadata thread. Invariant: every step is idempotent; a procedure that a master leaves
 * unfinished is finished or rolled back by the next one.
 */
package io.mds.master.procedures;
