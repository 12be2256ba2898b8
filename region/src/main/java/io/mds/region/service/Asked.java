package io.mds.region.service;

/**
 * A client's question for the leader of a shard.
 *
 * @param view the newest that the client knows, in which it takes this region for the leader
 * @param atNanos when it came
 */
record Asked(long view, long atNanos) {}
