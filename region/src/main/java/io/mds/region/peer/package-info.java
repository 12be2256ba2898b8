/**
 * The other regions that hold replicas of the same shards: how to reach them, and what is said on the wire.
 *
 * <p>Thread: any; nothing here blocks. What cannot be sent is dropped: the protocol says it again.
 */
package io.mds.region.peer;
