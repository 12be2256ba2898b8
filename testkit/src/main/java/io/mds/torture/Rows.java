package io.mds.torture;

import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;

import io.mds.client.Key;
import io.mds.client.Row;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.List;

/** The table that is written to, and the rows in it: {@code PARTITION/NAME}, where a partition is on one shard. */
final class Rows {
    static final String TABLE = "torture";
    static final int SHARDS = 6;
    private static final int ROWS_OF_A_PARTITION = 4;

    /** Few rows that everybody uses at the same time. */
    static final List<String> HOT_PARTITIONS = partitions("hot", 4);
    /** Partitions whose rows only batches write, all together. */
    static final List<String> GROUPS = partitions("group", 4);
    /** Rows that are set to zero once and then only incremented. */
    static final List<String> COUNTERS = single("counter", 4);
    /** Many rows that are used now and then. */
    static final List<String> COLD = single("cold", 120);
    /** Rows that show, in calm times, whether each shard takes writes. */
    static final List<String> PROBES = single("probe", 36);

    private Rows() {}

    static TableSchema schema(int replicas) {
        return TableSchema.named(TABLE)
                .column("part", STRING)
                .column("name", STRING)
                .nullableColumn("value", INT64)
                .primaryKey("part", "name")
                .partitionBy("part")
                .shards(SHARDS)
                .replicas(replicas)
                .build();
    }

    private static List<String> partitions(String kind, int count) {
        List<String> partitions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            partitions.add(kind + i);
        }
        return List.copyOf(partitions);
    }

    private static List<String> single(String kind, int count) {
        return partitions(kind, count).stream().map(part -> part + "/0").toList();
    }

    /** All rows of a hot partition or a group. */
    static List<String> of(String partition) {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < ROWS_OF_A_PARTITION; i++) {
            rows.add(partition + "/" + i);
        }
        return rows;
    }

    /** All rows but those of groups. */
    static List<String> single() {
        List<String> rows = new ArrayList<>();
        HOT_PARTITIONS.forEach(part -> rows.addAll(of(part)));
        rows.addAll(COUNTERS);
        rows.addAll(COLD);
        rows.addAll(PROBES);
        return rows;
    }

    static Key key(String row) {
        int slash = row.indexOf('/');
        return Key.of(row.substring(0, slash), row.substring(slash + 1));
    }

    static Row row(String row, long value) {
        int slash = row.indexOf('/');
        return Row.of("part", row.substring(0, slash), "name", row.substring(slash + 1), "value", value);
    }

    static String name(Row row) {
        return row.getString("part") + "/" + row.getString("name");
    }
}
