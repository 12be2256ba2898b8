package io.mds.cli.testing;

import io.mds.client.ClusterStatus;
import io.mds.client.DrainStatus;
import io.mds.client.MdsClient;
import io.mds.client.MetadataCheck;
import io.mds.client.ShardInfo;
import io.mds.client.ShardVerification;
import io.mds.client.Table;
import io.mds.client.TableDescription;
import io.mds.client.TableInfo;
import io.mds.error.MdsException;
import io.mds.id.Epoch;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.TableId;
import io.mds.id.ViewNumber;
import io.mds.proto.ErrorCode;
import io.mds.table.TableSchema;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A client whose tables are maps in memory. It has only the calls that the command line makes; others fail, and so does
 * every call once {@link #failWith} was told how.
 */
public final class TestingClient {
    private final Map<String, TestingTable> tables = new TreeMap<>();
    private final List<String> operations = new ArrayList<>();
    private ClusterStatus.Drain drain = ClusterStatus.Drain.NONE;
    private MetadataCheck metadata = new MetadataCheck(0, List.of());
    private List<ShardVerification> verifications = List.of();
    private MdsException failure;
    private long nextId = 1;

    /** What a command gets. */
    public MdsClient asClient() {
        return proxy(MdsClient.class, this);
    }

    public void failWith(MdsException e) {
        failure = e;
    }

    public MdsClient withTimeout(Duration ignored) {
        return asClient();
    }

    public Table table(String name) {
        check();
        TestingTable table = tables.get(name);
        return proxy(Table.class, table == null ? new MissingTable(name) : table);
    }

    public TableSchema createTable(TableSchema schema) {
        check();
        if (tables.containsKey(schema.name())) {
            throw MdsException.of(ErrorCode.ALREADY_EXISTS, "table '" + schema.name() + "' exists");
        }
        TestingTable table = new TestingTable(schema.withId(new TableId(nextId++)));
        tables.put(schema.name(), table);
        return table.schema();
    }

    public TableSchema createTableIfNotExists(TableSchema schema) {
        TestingTable existing = tables.get(schema.name());
        return existing != null && existing.schema().equals(schema) ? existing.schema() : createTable(schema);
    }

    public void dropTable(String name) {
        if (!dropTableIfExists(name)) {
            throw missing(name);
        }
    }

    public boolean dropTableIfExists(String name) {
        check();
        return tables.remove(name) != null;
    }

    public List<TableInfo> listTables() {
        check();
        return tables.values().stream()
                .map(TestingTable::schema)
                .map(s -> new TableInfo(
                        s.name(),
                        new TableId(s.tableId()),
                        "ACTIVE",
                        s.columns().size(),
                        s.shards(),
                        s.version()))
                .toList();
    }

    public TableDescription describeTable(String name) {
        check();
        TestingTable table = tables.get(name);
        if (table == null) {
            throw missing(name);
        }
        return new TableDescription(table.schema(), "ACTIVE", 1, List.of(shard()));
    }

    public ClusterStatus status() {
        check();
        return new ClusterStatus(
                "c-1",
                new Epoch(3),
                List.of(new ClusterStatus.MasterInfo("master-1", "127.0.0.1:7400", 7401, true, 42, 0)),
                List.of(new ClusterStatus.RegionInfo(
                        new RegionId(1),
                        "id",
                        "127.0.0.1:7500",
                        7501,
                        "LIVE",
                        1,
                        1,
                        Duration.ZERO,
                        2048,
                        10,
                        1.5,
                        "0.1",
                        drain)),
                tables.size(),
                1,
                0,
                1,
                List.of());
    }

    public ClusterStatus statusWithShards() {
        ClusterStatus status = status();
        return new ClusterStatus(
                status.clusterId(),
                status.epoch(),
                status.masters(),
                status.regions(),
                status.tables(),
                1,
                0,
                1,
                List.of(new ClusterStatus.ShardState(
                        "files",
                        shard(),
                        true,
                        9,
                        4,
                        List.of(new RegionId(3)),
                        List.of(
                                new ClusterStatus.ReplicaState(
                                        new RegionId(1), "leader", new ViewNumber(2), 9, 9, false),
                                new ClusterStatus.ReplicaState(
                                        new RegionId(2), "follower", new ViewNumber(2), 8, 9, false),
                                new ClusterStatus.ReplicaState(
                                        new RegionId(3), "learner", new ViewNumber(2), 4, 4, true)))));
    }

    public RegionId transferLeader(ShardId shard) {
        return transferLeader(shard, new RegionId(2));
    }

    public RegionId transferLeader(ShardId shard, RegionId to) {
        operations.add("lead " + shard + " by " + to);
        return to;
    }

    public void moveShard(ShardId shard, RegionId from, RegionId to) {
        operations.add("move " + shard + " from " + from + " to " + to);
    }

    /** One leader and two replicas fewer with each question. */
    public DrainStatus drainRegion(RegionId region, boolean replicas) {
        operations.add("drain " + region + (replicas ? " with replicas" : ""));
        drain = replicas ? ClusterStatus.Drain.REPLICAS : ClusterStatus.Drain.LEADERS;
        int asked = operations.size();
        return new DrainStatus(Math.max(0, 3 - asked), Math.max(0, 6 - 2 * asked), 0, 0, 0);
    }

    public void cancelDrain(RegionId region) {
        operations.add("cancel " + region);
        drain = ClusterStatus.Drain.NONE;
    }

    /** What {@link #verify} finds. */
    public void willFind(ShardVerification... found) {
        verifications = List.of(found);
    }

    public List<ShardVerification> verify(String table, int ranges, Consumer<ShardVerification> progress) {
        check();
        verifications.forEach(progress);
        return verifications;
    }

    /** What {@link #checkMetadata} finds. */
    public void mastersHave(MetadataCheck.MasterDigest... masters) {
        metadata = new MetadataCheck(42, List.of(masters));
    }

    public MetadataCheck checkMetadata() {
        check();
        return metadata;
    }

    /** What operators asked for. */
    public List<String> operations() {
        return operations;
    }

    public void close() {}

    private static ShardInfo shard() {
        return new ShardInfo(
                new ShardId(5),
                new ViewNumber(2),
                Optional.of(new RegionId(1)),
                Optional.of("127.0.0.1:7500"),
                List.of(new RegionId(1)));
    }

    private void check() {
        if (failure != null) {
            throw failure;
        }
    }

    static MdsException missing(String table) {
        return MdsException.of(ErrorCode.NOT_FOUND, "there is no table '" + table + "'");
    }

    /** A table that does not exist shows at the first call. */
    public record MissingTable(String name) {
        public TableSchema schema() {
            throw missing(name);
        }
    }

    /** The interface, answered by the methods of the same name and parameters that the target has. */
    static <T> T proxy(Class<T> type, Object target) {
        InvocationHandler handler = (self, method, arguments) -> {
            try {
                return target.getClass()
                        .getMethod(method.getName(), method.getParameterTypes())
                        .invoke(target, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            } catch (NoSuchMethodException e) {
                throw new UnsupportedOperationException(method.toString(), e);
            }
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
