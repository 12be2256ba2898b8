/**
 * Where each table's shards are, as told to clients: immutable snapshots, read without locks on the event loops.
 *
 * <p>Thread: the metadata thread publishes; any thread reads. Invariant: a table's version only grows, across takeovers
 * too, because it is the id of the ZooKeeper transaction that made the last change.
 */
package io.mds.master.routes;
