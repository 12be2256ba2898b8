/**
 * The OpLog: every change of the metadata as a numbered entry, written in the same multi as the change; and the standby
 * that follows it.
 *
 * <p>Thread: the metadata thread appends; the follower's thread reads. Invariant: the numbers are dense and only grow,
 * across takeovers too, because an entry's znode is created under the epoch's check, in one transaction with what it
 * tells of.
 */
package io.mds.master.oplog;
