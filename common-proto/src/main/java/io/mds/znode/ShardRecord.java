package io.mds.znode;

import java.util.List;

/**
 * /mds/shards/SID: the current view of a shard.
 *
 * @param table id of the table
 * @param leader region id, 0 for none
 * @param replicas region ids of the view
 * @param learners region ids that are being brought up to date
 * @param previous region ids of the view before, until this one is activated
 */
public record ShardRecord(
        long id, long table, long view, long leader, List<Long> replicas, List<Long> learners, List<Long> previous) {}
