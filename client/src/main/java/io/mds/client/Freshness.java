package io.mds.client;

import io.mds.id.ShardId;
import java.time.Duration;
import java.util.Optional;

/**
 * How new the answer of one shard was.
 *
 * @param appliedIndex everything that the shard had applied up to here was seen, and perhaps more
 * @param staleness at most so long ago this was the newest; zero for strong reads; absent when the replica does not know
 */
public record Freshness(ShardId shard, long appliedIndex, Optional<Duration> staleness) {}
