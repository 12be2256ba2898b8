/**
 * The data plane of a region: requests of clients on the shards it leads, and the master's orders to open and drop shards.
 *
 * <p>Thread: requests are validated and admitted on event loops; the log thread makes writes durable; the log
 * thread applies a few small ones itself, a small pool the others, each shard on one thread at a time; reads that are not in
 * memory run on another small pool. A small write changes threads twice: event loop, log, event loop.
 */
package io.mds.region.service;
