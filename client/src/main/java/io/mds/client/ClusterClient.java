package io.mds.client;

import io.mds.client.internal.AccessSettings;
import io.mds.client.internal.CachedTable;
import io.mds.client.internal.ClusterAccess;
import io.mds.client.internal.ConnectString;
import io.mds.client.internal.RequestObserver;
import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.proto.ClusterStatusRequest;
import io.mds.proto.CreateTableRequest;
import io.mds.proto.DescribeTableRequest;
import io.mds.proto.DropTableRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.ListTablesReply;
import io.mds.proto.ListTablesRequest;
import io.mds.proto.Request;
import io.mds.rpc.Deadline;
import io.mds.rpc.EventLoops;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/** The client of a real cluster. Views with other timeouts share one {@link ClusterAccess}. */
final class ClusterClient implements MdsClient {
    private static final int TABLES_AT_ONCE = 1000;

    private final ClusterAccess access;
    private final MdsClientOptions options;
    private final Duration timeout;

    private ClusterClient(ClusterAccess access, MdsClientOptions options, Duration timeout) {
        this.access = access;
        this.options = options;
        this.timeout = timeout;
    }

    static ClusterClient open(MdsClientOptions options) {
        AccessSettings settings = new AccessSettings(
                ConnectString.parse(options.connect()),
                options.timeout(),
                options.attemptTimeout(),
                options.maxInFlight(),
                options.connectionsPerRegion(),
                options.eventLoopThreads(),
                options.backoffMin(),
                options.backoffMax(),
                options.spin(),
                options.name(),
                options.requestListener().map(ClusterClient::observer).orElse(RequestObserver.NONE));
        return new ClusterClient(new ClusterAccess(settings), options, options.timeout());
    }

    private static RequestObserver observer(RequestListener listener) {
        return (table, shard, write, attempts, tookNanos, error) -> listener.ended(new RequestListener.Ended(
                write ? RequestListener.Kind.WRITE : RequestListener.Kind.READ,
                table,
                shard,
                attempts,
                Duration.ofNanos(tookNanos),
                Optional.ofNullable(error).map(MdsException::code)));
    }

    @Override
    public MdsClient withTimeout(Duration other) {
        return new ClusterClient(access, options, MdsClientOptions.checkTimeout("timeout", other));
    }

    @Override
    public Table table(String name) {
        if (name == null || name.isEmpty()) {
            throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "table name: '" + name + "' (expected: a name)");
        }
        ReadSettings reads = new ReadSettings(options.consistency(), access.seen(), false, null);
        return new ShardedTable(access, options, name, timeout, reads);
    }

    private <R> R call(Function<Deadline, CompletableFuture<R>> start) {
        Calls.requireMayBlock();
        return Calls.await(access.spin(), start.apply(Deadline.after(timeout)), timeout.toNanos());
    }

    private <R> CompletableFuture<R> start(Function<Deadline, CompletableFuture<R>> start) {
        return Calls.async(options.callbackExecutor().orElse(null), () -> start.apply(Deadline.after(timeout)));
    }

    // ---- tables ----

    @Override
    public TableSchema createTable(TableSchema schema) {
        return call(deadline -> create(schema, false, deadline));
    }

    @Override
    public CompletableFuture<TableSchema> createTableAsync(TableSchema schema) {
        return start(deadline -> create(schema, false, deadline));
    }

    @Override
    public TableSchema createTableIfNotExists(TableSchema schema) {
        return call(deadline -> create(schema, true, deadline));
    }

    @Override
    public CompletableFuture<TableSchema> createTableIfNotExistsAsync(TableSchema schema) {
        return start(deadline -> create(schema, true, deadline));
    }

    private CompletableFuture<TableSchema> create(TableSchema schema, boolean ifNotExists, Deadline deadline) {
        return access.change(
                        "create table '" + schema.name() + "'",
                        // When an attempt before may have created the table, an equal one is that one.
                        again -> Request.newBuilder()
                                .setCreateTable(CreateTableRequest.newBuilder()
                                        .setSchema(schema.toProto())
                                        .setIfNotExists(ifNotExists || again)),
                        deadline)
                .thenApply(reply -> {
                    if (!reply.hasCreateTable()) {
                        throw Calls.unexpected(reply);
                    }
                    // Its routes are looked up at the first use, which subscribes to their changes, too.
                    return TableSchema.fromProto(
                            reply.getCreateTable().getRoute().getSchema());
                });
    }

    @Override
    public void dropTable(String name) {
        boolean unused = call(deadline -> drop(name, false, deadline));
    }

    @Override
    public CompletableFuture<Void> dropTableAsync(String name) {
        return start(deadline -> drop(name, false, deadline).thenApply(existed -> null));
    }

    @Override
    public boolean dropTableIfExists(String name) {
        return call(deadline -> drop(name, true, deadline));
    }

    @Override
    public CompletableFuture<Boolean> dropTableIfExistsAsync(String name) {
        return start(deadline -> drop(name, true, deadline));
    }

    private CompletableFuture<Boolean> drop(String name, boolean ifExists, Deadline deadline) {
        return access.change(
                        "drop table '" + name + "'",
                        // When an attempt before may have dropped the table, its absence is success.
                        again -> Request.newBuilder()
                                .setDropTable(DropTableRequest.newBuilder()
                                        .setName(name)
                                        .setIfExists(ifExists || again)),
                        deadline)
                .thenApply(reply -> {
                    if (!reply.hasDropTable()) {
                        throw Calls.unexpected(reply);
                    }
                    access.dropped(name);
                    return reply.getDropTable().getExisted();
                });
    }

    @Override
    public TableSchema alterTable(String name, TableChange... changes) {
        return call(deadline -> schemas().alter(name, List.of(changes), deadline));
    }

    @Override
    public CompletableFuture<TableSchema> alterTableAsync(String name, TableChange... changes) {
        return start(deadline -> schemas().alter(name, List.of(changes), deadline));
    }

    @Override
    public TableSchema createIndex(String table, String index, String... columns) {
        return call(deadline -> schemas().createIndex(table, index, List.of(columns), deadline));
    }

    @Override
    public CompletableFuture<TableSchema> createIndexAsync(String table, String index, String... columns) {
        return start(deadline -> schemas().createIndex(table, index, List.of(columns), deadline));
    }

    @Override
    public TableSchema dropIndex(String table, String index) {
        return call(deadline -> schemas().dropIndex(table, index, deadline));
    }

    @Override
    public CompletableFuture<TableSchema> dropIndexAsync(String table, String index) {
        return start(deadline -> schemas().dropIndex(table, index, deadline));
    }

    @Override
    public List<ProcedureInfo> procedures() {
        return call(deadline -> schemas().procedures(deadline));
    }

    @Override
    public CompletableFuture<List<ProcedureInfo>> proceduresAsync() {
        return start(deadline -> schemas().procedures(deadline));
    }

    private SchemaCalls schemas() {
        return new SchemaCalls(access);
    }

    @Override
    public List<TableInfo> listTables() {
        return call(deadline -> list("", new ArrayList<>(), deadline));
    }

    @Override
    public CompletableFuture<List<TableInfo>> listTablesAsync() {
        return start(deadline -> list("", new ArrayList<>(), deadline));
    }

    private CompletableFuture<List<TableInfo>> list(String after, List<TableInfo> before, Deadline deadline) {
        ListTablesRequest request = ListTablesRequest.newBuilder()
                .setAfter(after)
                .setLimit(TABLES_AT_ONCE)
                .build();
        return access.ask("list tables", Request.newBuilder().setListTables(request), deadline)
                .thenCompose(reply -> {
                    if (!reply.hasListTables()) {
                        throw Calls.unexpected(reply);
                    }
                    ListTablesReply tables = reply.getListTables();
                    tables.getTablesList().forEach(table -> before.add(Answers.table(table)));
                    if (!tables.getMore() || tables.getTablesCount() == 0) {
                        return CompletableFuture.completedFuture(List.copyOf(before));
                    }
                    String last = tables.getTables(tables.getTablesCount() - 1).getName();
                    return list(last, before, deadline);
                });
    }

    @Override
    public TableDescription describeTable(String name) {
        return call(deadline -> describe(name, deadline));
    }

    @Override
    public CompletableFuture<TableDescription> describeTableAsync(String name) {
        return start(deadline -> describe(name, deadline));
    }

    private CompletableFuture<TableDescription> describe(String name, Deadline deadline) {
        Request.Builder request = Request.newBuilder()
                .setDescribeTable(DescribeTableRequest.newBuilder().setName(name));
        return access.ask("describe table '" + name + "'", request, deadline).thenApply(reply -> {
            if (!reply.hasDescribeTable()) {
                throw Calls.unexpected(reply);
            }
            return Answers.description(reply.getDescribeTable());
        });
    }

    // ---- cluster ----

    @Override
    public ClusterStatus status() {
        return call(deadline -> status(false, deadline));
    }

    @Override
    public CompletableFuture<ClusterStatus> statusAsync() {
        return start(deadline -> status(false, deadline));
    }

    @Override
    public ClusterStatus statusWithShards() {
        return call(deadline -> status(true, deadline));
    }

    @Override
    public CompletableFuture<ClusterStatus> statusWithShardsAsync() {
        return start(deadline -> status(true, deadline));
    }

    private CompletableFuture<ClusterStatus> status(boolean shards, Deadline deadline) {
        Request.Builder request = Request.newBuilder()
                .setClusterStatus(ClusterStatusRequest.newBuilder().setShards(shards));
        return access.ask("cluster status", request, deadline).thenApply(reply -> {
            if (!reply.hasClusterStatus()) {
                throw Calls.unexpected(reply);
            }
            return Answers.status(reply.getClusterStatus());
        });
    }

    // ---- operation ----

    @Override
    public RegionId transferLeader(ShardId shard) {
        return call(deadline -> operations().transferLeader(shard, 0, deadline));
    }

    @Override
    public CompletableFuture<RegionId> transferLeaderAsync(ShardId shard) {
        return start(deadline -> operations().transferLeader(shard, 0, deadline));
    }

    @Override
    public RegionId transferLeader(ShardId shard, RegionId to) {
        return call(deadline -> operations().transferLeader(shard, to.value(), deadline));
    }

    @Override
    public CompletableFuture<RegionId> transferLeaderAsync(ShardId shard, RegionId to) {
        return start(deadline -> operations().transferLeader(shard, to.value(), deadline));
    }

    @Override
    public void moveShard(ShardId shard, RegionId from, RegionId to) {
        Void unused = call(deadline -> operations().move(shard, from, to, deadline));
    }

    @Override
    public CompletableFuture<Void> moveShardAsync(ShardId shard, RegionId from, RegionId to) {
        return start(deadline -> operations().move(shard, from, to, deadline));
    }

    @Override
    public DrainStatus drainRegion(RegionId region, boolean replicas) {
        return call(deadline -> operations().drain(region, replicas, false, deadline));
    }

    @Override
    public CompletableFuture<DrainStatus> drainRegionAsync(RegionId region, boolean replicas) {
        return start(deadline -> operations().drain(region, replicas, false, deadline));
    }

    @Override
    public void cancelDrain(RegionId region) {
        DrainStatus unused = call(deadline -> operations().drain(region, false, true, deadline));
    }

    @Override
    public CompletableFuture<Void> cancelDrainAsync(RegionId region) {
        return start(
                deadline -> operations().drain(region, false, true, deadline).thenApply(done -> null));
    }

    @Override
    public List<ShardVerification> verify(String table, int ranges, Consumer<ShardVerification> progress) {
        int checked = Verification.checkRanges(ranges);
        CachedTable found = call(deadline -> access.load(table, deadline));
        long rounds = 1L + found.current().shardCount() / Verification.SHARDS_AT_ONCE;
        return Calls.await(
                access.spin(),
                Verification.run(access, found, checked, timeout, progress),
                timeout.multipliedBy(rounds).toNanos());
    }

    @Override
    public CompletableFuture<List<ShardVerification>> verifyAsync(
            String table, int ranges, Consumer<ShardVerification> progress) {
        int checked = Verification.checkRanges(ranges);
        return start(deadline -> access.load(table, deadline)
                .thenCompose(found -> Verification.run(access, found, checked, timeout, progress)));
    }

    @Override
    public MetadataCheck checkMetadata() {
        return call(deadline -> new MetadataComparison(access, deadline).run());
    }

    @Override
    public CompletableFuture<MetadataCheck> checkMetadataAsync() {
        return start(deadline -> new MetadataComparison(access, deadline).run());
    }

    private Operations operations() {
        return new Operations(access);
    }

    @Override
    public void close() {
        access.close(!EventLoops.isEventLoop());
    }

    @Override
    public String toString() {
        return "MdsClient[" + options.connect() + "]";
    }
}
