/**
 * The master's access to ZooKeeper: one session, its ACLs, the layout of the tree, and the only way to change metadata.
 *
 * <p>Invariant: every change of metadata goes through {@link io.mds.master.metadata.MetadataWriter}, which puts the check
 * of the epoch into the same multi. Nothing else in the master creates, changes or deletes persistent znodes, but for
 * the layout itself, which is created once.
 */
package io.mds.master.metadata;
