package io.mds.znode;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * /mds/tables/NAME: a table.
 *
 * @param state CREATING, ACTIVE or DROPPING
 * @param primaryKey column ids in key order
 * @param partitionColumns how many leading key columns form the partition key
 * @param replicas wanted copies of each shard
 * @param shards shard ids in shard-number order
 * @param indexes null for none
 * @param nextColumnId null for one more than the largest
 * @param nextIndexId null for one more than the largest
 * @param firstColumns those of schema version 1, with which the shards' logs begin; null when they are still the columns
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TableRecord(
        long id,
        String name,
        String state,
        long schemaVersion,
        List<ColumnRecord> columns,
        List<Integer> primaryKey,
        int partitionColumns,
        int replicas,
        List<Long> shards,
        List<IndexRecord> indexes,
        Integer nextColumnId,
        Integer nextIndexId,
        List<ColumnRecord> firstColumns) {
    public TableRecord withState(String next) {
        return new TableRecord(
                id,
                name,
                next,
                schemaVersion,
                columns,
                primaryKey,
                partitionColumns,
                replicas,
                shards,
                indexes,
                nextColumnId,
                nextIndexId,
                firstColumns);
    }

    public TableRecord withShards(List<Long> next) {
        return new TableRecord(
                id,
                name,
                state,
                schemaVersion,
                columns,
                primaryKey,
                partitionColumns,
                replicas,
                next,
                indexes,
                nextColumnId,
                nextIndexId,
                firstColumns);
    }
}
