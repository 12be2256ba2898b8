package io.mds.client.testing;

import io.mds.error.MdsException;
import io.mds.id.TableId;
import io.mds.proto.CreateTableRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.RouteUpdate;
import io.mds.proto.ShardRoute;
import io.mds.proto.TableRoute;
import io.mds.rpc.RpcConfig;
import io.mds.rpc.RpcTransport;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Masters and regions in this process, with tables that are moved about by hand. */
public final class TestingCluster implements AutoCloseable {
    private final String id = "testing";
    private final RpcTransport transport = new RpcTransport(RpcConfig.DEFAULTS, "testing");
    private final List<TestingMaster> masters = new ArrayList<>();
    private final List<TestingRegion> regions = new ArrayList<>();
    private final Map<Long, TestingShard> shards = new ConcurrentHashMap<>();
    private final TreeMap<String, TableRoute> tables = new TreeMap<>();
    private long lastTable;
    private long lastShard;
    /** Grows with every change of any table, as ZooKeeper's transaction ids do. */
    private long lastVersion;

    private volatile TestingMaster active;

    public TestingCluster(int masterCount, int regionCount) {
        for (int i = 1; i <= masterCount; i++) {
            masters.add(new TestingMaster("master-" + i, this, transport));
        }
        for (int i = 1; i <= regionCount; i++) {
            regions.add(new TestingRegion(i, id, transport, shards));
        }
        active = masters.get(0);
    }

    String id() {
        return id;
    }

    public String uri() {
        return masters.stream()
                .map(master -> master.address().toString())
                .collect(Collectors.joining(",", "mds://", ""));
    }

    public TestingMaster master(int number) {
        return masters.get(number);
    }

    public TestingRegion region(int number) {
        return regions.get(number);
    }

    public TestingMaster active() {
        return active;
    }

    /** Null for none. */
    public void activate(TestingMaster master) {
        active = master;
    }

    synchronized TableRoute create(CreateTableRequest request) {
        String name = request.getSchema().getName();
        TableSchema wanted = TableSchema.fromProto(request.getSchema());
        TableRoute existing = tables.get(name);
        if (existing != null) {
            if (request.getIfNotExists()
                    && TableSchema.fromProto(existing.getSchema()).equals(wanted)) {
                return existing;
            }
            throw MdsException.of(ErrorCode.ALREADY_EXISTS, "table '" + name + "' exists");
        }
        TableSchema schema = wanted.withId(new TableId(++lastTable));
        TableRoute.Builder route =
                TableRoute.newBuilder().setSchema(schema.toProto()).setVersion(++lastVersion);
        for (int i = 0; i < schema.shards(); i++) {
            long shardId = ++lastShard;
            TestingRegion leader = regions.get(i % regions.size());
            shards.put(shardId, new TestingShard(schema));
            leader.lead(shardId);
            route.addShards(ShardRoute.newBuilder()
                    .setShardId(shardId)
                    .setView(1)
                    .setLeader(leader.toProto())
                    .addReplicas(leader.toProto()));
        }
        tables.put(name, route.build());
        return route.build();
    }

    synchronized boolean drop(String name) {
        TableRoute gone = tables.remove(name);
        if (gone == null) {
            return false;
        }
        gone.getShardsList().forEach(shard -> regions.forEach(region -> region.follow(shard.getShardId(), null)));
        return true;
    }

    synchronized TableRoute route(String name) {
        return tables.get(name);
    }

    synchronized Collection<TableRoute> routesAfter(String name) {
        return new ArrayList<>(tables.tailMap(name, name.isEmpty()).values());
    }

    /** How the old leader of a moved shard and the master tell of it. */
    public enum Telling {
        NOBODY,
        OLD_LEADER,
        MASTER_PUSHES
    }

    /** Gives a shard of a table, by its number, to another region, in the next view. */
    public void move(String table, int shard, TestingRegion to, Telling telling) {
        TableRoute route;
        synchronized (this) {
            route = tables.get(table);
            ShardRoute before = route.getShards(shard);
            ShardRoute after = before.toBuilder()
                    .setView(before.getView() + 1)
                    .setLeader(to.toProto())
                    .clearReplicas()
                    .addReplicas(to.toProto())
                    .build();
            for (TestingRegion region : regions) {
                if (!region.equals(to)) {
                    region.follow(before.getShardId(), telling == Telling.OLD_LEADER ? after : null);
                }
            }
            to.lead(before.getShardId());
            route = route.toBuilder()
                    .setShards(shard, after)
                    .setVersion(++lastVersion)
                    .build();
            tables.put(table, route);
        }
        if (telling == Telling.MASTER_PUSHES) {
            active.push(RouteUpdate.newBuilder().addRoutes(route).build());
        }
    }

    /** Makes all regions replicas of a table's shards, and tells of it. */
    public void replicate(String table) {
        change(
                table,
                shard -> shard.clearReplicas()
                        .addAllReplicas(
                                regions.stream().map(TestingRegion::toProto).toList()));
    }

    /** Takes the leaders of a table's shards away; their regions go on as followers. */
    public void depose(String table) {
        for (TestingRegion region : regions) {
            shardsOfTable(table).forEach(shard -> region.follow(shard, null));
        }
        change(table, ShardRoute.Builder::clearLeader);
    }

    private synchronized List<Long> shardsOfTable(String table) {
        return tables.get(table).getShardsList().stream()
                .map(ShardRoute::getShardId)
                .toList();
    }

    private void change(String table, Consumer<ShardRoute.Builder> change) {
        TableRoute.Builder route;
        synchronized (this) {
            route = tables.get(table).toBuilder().setVersion(++lastVersion);
            route.getShardsBuilderList().forEach(shard -> change.accept(shard.setView(shard.getView() + 1)));
            tables.put(table, route.build());
        }
        active.push(RouteUpdate.newBuilder().addRoutes(route).build());
    }

    /** A route of the table with a smaller version and view than now, as from a master that lags. */
    public synchronized void pushOlder(String table) {
        TableRoute route = tables.get(table);
        TableRoute.Builder older = route.toBuilder().setVersion(route.getVersion() - 1);
        for (int i = 0; i < route.getShardsCount(); i++) {
            older.setShards(i, route.getShards(i).toBuilder().setView(0).clearLeader());
        }
        active.push(RouteUpdate.newBuilder().addRoutes(older).build());
    }

    public void pushDropped(String table) {
        active.push(RouteUpdate.newBuilder().addDropped(table).build());
    }

    /** Rows in all shards of a table. */
    public int rows(String table) {
        return shardsOf(table).stream().mapToInt(TestingShard::size).sum();
    }

    public List<Integer> rowsByShard(String table) {
        return shardsOf(table).stream().map(TestingShard::size).toList();
    }

    /** Has all regions forget which rows of a table were changed until now. */
    public void forgetChanges(String table) {
        shardsOf(table).forEach(TestingShard::forgetChanges);
    }

    /** Writes that were answered from memory because they came again. */
    public long duplicates(String table) {
        return shardsOf(table).stream().mapToLong(TestingShard::duplicates).sum();
    }

    /** Writes that were applied, including those that failed a condition. */
    public long applied(String table) {
        return shardsOf(table).stream().mapToLong(TestingShard::applied).sum();
    }

    private synchronized List<TestingShard> shardsOf(String table) {
        return tables.get(table).getShardsList().stream()
                .map(shard -> shards.get(shard.getShardId()))
                .toList();
    }

    @Override
    public void close() {
        masters.forEach(TestingMaster::close);
        regions.forEach(TestingRegion::close);
        transport.close();
    }
}
