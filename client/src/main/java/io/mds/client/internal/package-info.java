/**
 * How the client finds masters and regions, remembers routes and repeats what may be repeated. Not an API: nothing here
 * appears in a public signature of {@code io.mds.client}, and anything may change between releases.
 *
 * <p><em>Thread:</em> calls start on the caller's thread and continue on network threads; nothing here blocks, except the
 * discovery thread that asks ZooKeeper. State shared between threads is an immutable snapshot in a volatile or atomic field, or
 * guarded by a lock that is never held while calling out.
 */
package io.mds.client.internal;
