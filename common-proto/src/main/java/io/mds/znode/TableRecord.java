package io.mds.znode;

import java.util.List;

/**
 * /mds/tables/NAME: a table.
 *
 * @param state CREATING, ACTIVE or DROPPING
 * @param primaryKey column ids in key order
 * @param partitionColumns how many leading key columns form the partition key
 * @param replicas wanted copies of each shard
 * @param shards shard ids in shard-number order
 */
public record TableRecord(
        long id,
        String name,
        String state,
        long schemaVersion,
        List<ColumnRecord> columns,
        List<Integer> primaryKey,
        int partitionColumns,
        int replicas,
        List<Long> shards) {}
