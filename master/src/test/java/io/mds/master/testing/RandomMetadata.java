package io.mds.master.testing;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.master.metadata.MetadataWriter;
import io.mds.znode.ColumnRecord;
import io.mds.znode.IdCounters;
import io.mds.znode.IdentityRecord;
import io.mds.znode.RegionRecord;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;

/**
 * Makes random changes of metadata that a master could make, and keeps a plain model of them: what each znode holds.
 *
 * <p>A change is first made up, then written, and only then taken into the model; when nobody knows whether it was
 * written, the model can take it or leave it.
 */
public final class RandomMetadata {
    private final Random random;
    private final ZnodePaths paths;
    private final TreeMap<String, byte[]> model = new TreeMap<>();
    private final TreeMap<String, TableRecord> tables = new TreeMap<>();
    private final TreeMap<Long, ShardRecord> shards = new TreeMap<>();
    private IdCounters ids = IdCounters.FIRST;

    /** One change that is made up, with what it does to the model. */
    public record Step(List<Op> operations, Runnable taken) {}

    public RandomMetadata(Random random, ZnodePaths paths) {
        this.random = random;
        this.paths = paths;
        model.put(paths.ids(), ZnodeJson.write(ids));
    }

    /** Path to data, of every znode of the state. */
    public Map<String, byte[]> model() {
        return model;
    }

    public void write(MetadataWriter writer, int steps) throws InterruptedException {
        for (int i = 0; i < steps; i++) {
            Step step = next();
            writer.write("random step", step.operations());
            step.taken().run();
        }
    }

    public Step next() {
        int kind = random.nextInt(10);
        if (kind < 3 || tables.isEmpty()) {
            return createTable();
        }
        String name = new ArrayList<>(tables.keySet()).get(random.nextInt(tables.size()));
        return switch (kind) {
            case 3, 4 -> changeTable(tables.get(name));
            case 5, 6 -> changeShards();
            case 7 -> dropTable(tables.get(name));
            case 8 -> changeRegion();
            default -> setting();
        };
    }

    private Step createTable() {
        List<Op> operations = new ArrayList<>();
        String name = "t" + ids.nextTable();
        IdCounters next =
                new IdCounters(ids.nextRegion(), ids.nextTable() + 1, ids.nextShard() + 1 + random.nextInt(4));
        List<ShardRecord> made = new ArrayList<>();
        for (long id = ids.nextShard(); id < next.nextShard(); id++) {
            made.add(shard(id, ids.nextTable(), 1));
        }
        TableRecord table = new TableRecord(
                ids.nextTable(),
                name,
                "CREATING",
                1,
                List.of(new ColumnRecord(1, "k", "STRING", false, null)),
                List.of(1),
                1,
                3,
                made.stream().map(ShardRecord::id).toList(),
                null,
                null,
                null,
                null);
        Map<String, byte[]> sets = new TreeMap<>();
        operations.add(set(paths.ids(), ZnodeJson.write(next), sets));
        operations.add(create(paths.table(name), ZnodeJson.write(table), sets));
        made.forEach(s -> operations.add(create(paths.shard(new ShardId(s.id())), ZnodeJson.write(s), sets)));
        return new Step(operations, () -> {
            ids = next;
            tables.put(name, table);
            made.forEach(s -> shards.put(s.id(), s));
            model.putAll(sets);
        });
    }

    private ShardRecord shard(long id, long table, long view) {
        long leader = 1L + random.nextInt(5);
        return new ShardRecord(id, table, view, leader, List.of(leader, leader + 1), List.of(), List.of(), List.of());
    }

    private Step changeTable(TableRecord before) {
        String state = switch (before.state()) {
            case "CREATING" -> "ACTIVE";
            case "ACTIVE" -> random.nextBoolean() ? "ACTIVE" : "DROPPING";
            default -> "DROPPING";
        };
        TableRecord next = new TableRecord(
                before.id(),
                before.name(),
                state,
                before.schemaVersion() + 1,
                before.columns(),
                before.primaryKey(),
                before.partitionColumns(),
                before.replicas(),
                before.shards(),
                null,
                null,
                null,
                null);
        Map<String, byte[]> sets = new TreeMap<>();
        Op op = set(paths.table(before.name()), ZnodeJson.write(next), sets);
        return new Step(List.of(op), () -> {
            tables.put(next.name(), next);
            model.putAll(sets);
        });
    }

    private Step changeShards() {
        Map<String, byte[]> sets = new TreeMap<>();
        List<Op> operations = new ArrayList<>();
        List<ShardRecord> changed = new ArrayList<>();
        for (ShardRecord before : shards.values()) {
            if (random.nextInt(shards.size()) < 3 || changed.isEmpty()) {
                ShardRecord next = shard(before.id(), before.table(), before.view() + 1);
                changed.add(next);
                operations.add(set(paths.shard(new ShardId(next.id())), ZnodeJson.write(next), sets));
            }
        }
        return new Step(operations, () -> {
            changed.forEach(s -> shards.put(s.id(), s));
            model.putAll(sets);
        });
    }

    private Step dropTable(TableRecord table) {
        List<Op> operations = new ArrayList<>(List.of(Op.delete(paths.table(table.name()), -1)));
        table.shards().forEach(id -> operations.add(Op.delete(paths.shard(new ShardId(id)), -1)));
        return new Step(operations, () -> {
            tables.remove(table.name());
            table.shards().forEach(shards::remove);
            operations.forEach(op -> model.remove(op.getPath()));
        });
    }

    private Step changeRegion() {
        long id = 1L + random.nextInt(5);
        String path = paths.region(new RegionId(id));
        if (!model.containsKey(path)) {
            UUID identity = new UUID(7, random.nextLong());
            Map<String, byte[]> sets = new TreeMap<>();
            List<Op> operations = List.of(
                    create(path, region(id, identity), sets),
                    create(paths.identity(identity), ZnodeJson.write(new IdentityRecord(id, "hash", "now")), sets));
            return new Step(operations, () -> model.putAll(sets));
        }
        if (random.nextBoolean()) {
            return new Step(List.of(Op.delete(path, -1)), () -> model.remove(path));
        }
        Map<String, byte[]> sets = new TreeMap<>();
        Op op = set(path, region(id, new UUID(8, random.nextLong())), sets);
        return new Step(List.of(op), () -> model.putAll(sets));
    }

    private byte[] region(long id, UUID identity) {
        return ZnodeJson.write(new RegionRecord(
                id, identity.toString(), "127.0.0.1", 1 + random.nextInt(9999), 1, "test", "LIVE", "now"));
    }

    private Step setting() {
        String path = paths.config() + "/key-" + random.nextInt(3);
        byte[] data = ("value " + random.nextInt()).getBytes(StandardCharsets.UTF_8);
        Map<String, byte[]> sets = new TreeMap<>();
        Op op = model.containsKey(path) ? set(path, data, sets) : create(path, data, sets);
        return new Step(List.of(op), () -> model.putAll(sets));
    }

    private static Op set(String path, byte[] data, Map<String, byte[]> sets) {
        sets.put(path, data);
        return Op.setData(path, data, -1);
    }

    private static Op create(String path, byte[] data, Map<String, byte[]> sets) {
        sets.put(path, data);
        return Op.create(path, data, TestingActive.ACCESS.masters(), CreateMode.PERSISTENT);
    }
}
