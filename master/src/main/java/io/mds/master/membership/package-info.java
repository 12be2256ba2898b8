/**
 * Who belongs to the cluster and who is alive: registration, heartbeats, suspicion, expiry.
 *
 * <p>Thread: owned by the metadata thread. Invariant: a region id belongs to one identity for ever.
 */
package io.mds.master.membership;
