package io.mds.bench;

import io.mds.znode.ColumnRecord;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Many tables and where their shards are, in the records that a master keeps. Pure.
 *
 * <p>Invariant: no region holds or leads two more than another, so that the master finds nothing to spread more evenly.
 */
final class TablePlan {
    private static final int VALUE_COLUMNS = 5;

    private final int firstName;
    private final long firstTable;
    private final int shardsOfTable;
    private final int replicas;
    private final List<ShardRecord> shards;

    private TablePlan(int firstName, long firstTable, int shardsOfTable, int replicas, List<ShardRecord> shards) {
        this.firstName = firstName;
        this.firstTable = firstTable;
        this.shardsOfTable = shardsOfTable;
        this.replicas = replicas;
        this.shards = shards;
    }

    /**
     * @param firstTable id of the first table; the others follow
     * @param firstShard id of the first table's first shard; the others follow
     * @param regions ids, at least as many as replicas
     */
    static TablePlan of(
            int tables, int shardsOfTable, int replicas, List<Long> regions, long firstTable, long firstShard) {
        if (regions.size() < replicas) {
            throw new IllegalArgumentException(
                    regions.size() + " regions (expected: at least " + replicas + ", as many as replicas)");
        }
        Map<Long, Integer> leads = new HashMap<>();
        List<ShardRecord> shards = new ArrayList<>();
        long slot = 0;
        for (int i = 0; i < tables * shardsOfTable; i++) {
            List<Long> holders = new ArrayList<>();
            for (int replica = 0; replica < replicas; replica++) {
                holders.add(regions.get((int) (slot++ % regions.size())));
            }
            long leader = holders.stream()
                    .min(Comparator.comparingInt(region -> leads.getOrDefault(region, 0)))
                    .orElseThrow();
            leads.merge(leader, 1, Integer::sum);
            shards.add(new ShardRecord(
                    firstShard + i,
                    firstTable + i / shardsOfTable,
                    1,
                    leader,
                    holders,
                    List.of(),
                    List.of(),
                    List.of()));
        }
        return new TablePlan(0, firstTable, shardsOfTable, replicas, shards);
    }

    /** The same tables under the names of later ones: the first has that of the table with this number. */
    TablePlan namedFrom(int number) {
        return new TablePlan(number, firstTable, shardsOfTable, replicas, shards);
    }

    static String name(int number) {
        return String.format(Locale.ROOT, "table%06d", number);
    }

    /** @param number from 0 */
    String nameOf(int number) {
        return name(firstName + number);
    }

    int tables() {
        return shards.size() / shardsOfTable;
    }

    List<ShardRecord> shards() {
        return shards;
    }

    /** @param number from 0 */
    TableRecord table(int number) {
        List<ColumnRecord> columns = new ArrayList<>();
        columns.add(new ColumnRecord(1, "id", "STRING", false, null));
        for (int i = 1; i <= VALUE_COLUMNS; i++) {
            columns.add(new ColumnRecord(1 + i, "c" + i, "STRING", true, null));
        }
        return new TableRecord(
                firstTable + number,
                nameOf(number),
                "ACTIVE",
                1,
                columns,
                List.of(1),
                1,
                replicas,
                shardsOf(number).stream().map(ShardRecord::id).toList(),
                null,
                null,
                null,
                null);
    }

    /** @param number of the table, from 0 */
    List<ShardRecord> shardsOf(int number) {
        return shards.subList(number * shardsOfTable, (number + 1) * shardsOfTable);
    }

    /** The shards that each region holds, by its id. */
    Map<Long, List<ShardRecord>> byRegion() {
        Map<Long, List<ShardRecord>> held = new HashMap<>();
        for (ShardRecord shard : shards) {
            for (long region : shard.replicas()) {
                held.computeIfAbsent(region, id -> new ArrayList<>()).add(shard);
            }
        }
        return held;
    }
}
