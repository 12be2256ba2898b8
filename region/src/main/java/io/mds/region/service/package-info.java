/**
 * The data plane of a region: requests of clients on the shards it leads, and the master's orders to open and drop shards.
 *
 * <p>Thread: requests are validated and admitted on event loops; the log thread makes writes durable; a small pool applies
 * them, each shard on one thread at a time; reads that are not in memory run on another small pool. A write changes threads
 * three times: event loop, log, apply worker, event loop.
 */
package io.mds.region.service;
