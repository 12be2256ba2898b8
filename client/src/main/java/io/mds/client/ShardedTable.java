package io.mds.client;

import io.mds.client.Encoding.EncodedOperation;
import io.mds.client.internal.CachedTable;
import io.mds.client.internal.ClusterAccess;
import io.mds.client.internal.Failures;
import io.mds.client.internal.ReadPolicy;
import io.mds.client.internal.ShardRequest;
import io.mds.client.internal.TableLayout;
import io.mds.error.MdsException;
import io.mds.proto.GetRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.WriteReply;
import io.mds.proto.WriteRequest;
import io.mds.rpc.Deadline;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A table whose rows are spread over shards: encodes, picks the shard, asks it, decodes.
 *
 * <p>A waiting call encodes and decodes on its own thread, and costs one hand-over to the network thread and one back.
 */
final class ShardedTable implements Table {
    /** Of a call whose table is dropped and made again under it. */
    private static final int MAX_RESTARTS = 2;

    private final ClusterAccess access;
    private final MdsClientOptions options;
    private final String name;
    private final Duration timeout;
    private final ReadSettings settings;
    private final ReadPolicy policy;
    private final Executor executor;

    ShardedTable(ClusterAccess access, MdsClientOptions options, String name, Duration timeout, ReadSettings settings) {
        this.access = access;
        this.options = options;
        this.name = name;
        this.timeout = timeout;
        this.settings = settings;
        this.policy = settings.policy();
        this.executor = options.callbackExecutor().orElse(null);
    }

    /** A call to one shard, ready to be sent: a write or a read. */
    private record Prepared<R>(int shard, ShardRequest write, ReadPolicy.ReadRequest read, Function<Reply, R> decode) {}

    /** A call to one shard: a waiting one decodes on its own thread. */
    private <R> R call(Function<Target, Prepared<R>> prepare) {
        Calls.requireMayBlock();
        Deadline deadline = Deadline.after(timeout);
        for (int restarts = 0; ; restarts++) {
            Target target = target(deadline);
            Prepared<R> prepared = prepare.apply(target);
            try {
                Reply reply = Calls.await(access.spin(), send(target, prepared, deadline), timeout.toNanos());
                return prepared.decode().apply(reply);
            } catch (MdsException e) {
                if (!Failures.isTableReplaced(e) || restarts == MAX_RESTARTS) {
                    throw e;
                }
            }
        }
    }

    private <R> CompletableFuture<R> start(Function<Target, Prepared<R>> prepare) {
        return startOn((target, deadline) -> {
            Prepared<R> prepared = prepare.apply(target);
            return send(target, prepared, deadline).thenApply(prepared.decode());
        });
    }

    private CompletableFuture<Reply> send(Target target, Prepared<?> call, Deadline deadline) {
        return call.write() != null
                ? access.write(target.table(), target.routes(), call.shard(), call.write(), settings.seen(), deadline)
                : access.read(target.table(), target.routes(), call.shard(), policy, call.read(), deadline);
    }

    private Target target(Deadline deadline) {
        CachedTable known = access.known(name);
        return Target.of(
                known != null ? known : Calls.await(access.spin(), access.load(name, deadline), timeout.toNanos()));
    }

    /** A call that may ask many shards. */
    private interface Work<R> {
        CompletableFuture<R> on(Target target, Deadline deadline);
    }

    private <R> R callOn(Work<R> work) {
        Calls.requireMayBlock();
        return Calls.await(access.spin(), run(work, Deadline.after(timeout), 0), timeout.toNanos());
    }

    private <R> CompletableFuture<R> startOn(Work<R> work) {
        return Calls.async(executor, () -> run(work, Deadline.after(timeout), 0));
    }

    /** Does the work, anew if the table was dropped and made again before anything of it was applied. */
    private <R> CompletableFuture<R> run(Work<R> work, Deadline deadline, int restarts) {
        CachedTable known = access.known(name);
        CompletableFuture<R> result = known != null
                ? work.on(Target.of(known), deadline)
                : access.load(name, deadline).thenCompose(table -> work.on(Target.of(table), deadline));
        return result.exceptionallyCompose(error -> {
            MdsException e = Failures.unwrap(error);
            return Failures.isTableReplaced(e) && restarts < MAX_RESTARTS
                    ? run(work, deadline, restarts + 1)
                    : CompletableFuture.failedFuture(e);
        });
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Table withTimeout(Duration other) {
        return new ShardedTable(access, options, name, MdsClientOptions.checkTimeout("timeout", other), settings);
    }

    @Override
    public Table with(Consistency consistency) {
        return new ShardedTable(access, options, name, timeout, settings.with(consistency));
    }

    @Override
    public Table within(Session session) {
        return new ShardedTable(access, options, name, timeout, settings.within(session));
    }

    @Override
    public Table observing(Consumer<Freshness> observer) {
        return new ShardedTable(access, options, name, timeout, settings.observing(observer));
    }

    @Override
    public TableSchema schema() {
        Calls.requireMayBlock();
        return target(Deadline.after(timeout)).layout().schema();
    }

    @Override
    public CompletableFuture<TableSchema> schemaAsync() {
        return startOn((target, deadline) ->
                CompletableFuture.completedFuture(target.layout().schema()));
    }

    // ---- writes of one row ----

    private static Prepared<WriteResult> write(EncodedOperation operation) {
        return new Prepared<>(
                operation.shard(),
                (shard, id) -> Request.newBuilder()
                        .setWrite(WriteRequest.newBuilder()
                                .setShard(shard)
                                .setRequestId(id)
                                .addOperations(operation.operation())),
                null,
                reply -> {
                    WriteReply answer = Writes.answer(reply, 1);
                    return new WriteResult(answer.getVersion(), answer.getExisted(0));
                });
    }

    private WriteResult write(Function<TableLayout, EncodedOperation> encode) {
        return call(target -> write(encode.apply(target.layout())));
    }

    private CompletableFuture<WriteResult> writeAsync(Function<TableLayout, EncodedOperation> encode) {
        return start(target -> write(encode.apply(target.layout())));
    }

    @Override
    public WriteResult insert(Row row) {
        return write(layout -> Encoding.insert(layout, row));
    }

    @Override
    public CompletableFuture<WriteResult> insertAsync(Row row) {
        return writeAsync(layout -> Encoding.insert(layout, row));
    }

    @Override
    public WriteResult upsert(Row row) {
        return write(layout -> Encoding.upsert(layout, row, null));
    }

    @Override
    public CompletableFuture<WriteResult> upsertAsync(Row row) {
        return writeAsync(layout -> Encoding.upsert(layout, row, null));
    }

    @Override
    public WriteResult upsert(Row row, Condition condition) {
        return write(layout -> Encoding.upsert(layout, row, condition));
    }

    @Override
    public CompletableFuture<WriteResult> upsertAsync(Row row, Condition condition) {
        return writeAsync(layout -> Encoding.upsert(layout, row, condition));
    }

    @Override
    public WriteResult update(Key key, Update update) {
        return write(layout -> Encoding.update(layout, key, update));
    }

    @Override
    public CompletableFuture<WriteResult> updateAsync(Key key, Update update) {
        return writeAsync(layout -> Encoding.update(layout, key, update));
    }

    @Override
    public WriteResult delete(Key key) {
        return write(layout -> Encoding.delete(layout, key, null));
    }

    @Override
    public CompletableFuture<WriteResult> deleteAsync(Key key) {
        return writeAsync(layout -> Encoding.delete(layout, key, null));
    }

    @Override
    public WriteResult delete(Key key, Condition condition) {
        return write(layout -> Encoding.delete(layout, key, condition));
    }

    @Override
    public CompletableFuture<WriteResult> deleteAsync(Key key, Condition condition) {
        return writeAsync(layout -> Encoding.delete(layout, key, condition));
    }

    @Override
    public WriteResult delete(Object... keyValues) {
        return delete(Key.of(keyValues));
    }

    @Override
    public CompletableFuture<WriteResult> deleteAsync(Object... keyValues) {
        return writeAsync(layout -> Encoding.delete(layout, Key.of(keyValues), null));
    }

    // ---- writes of many rows ----

    @Override
    public List<WriteResult> write(Batch batch) {
        return callOn((target, deadline) -> Writes.batch(access, target, batch, settings.seen(), deadline));
    }

    @Override
    public CompletableFuture<List<WriteResult>> writeAsync(Batch batch) {
        return startOn((target, deadline) -> Writes.batch(access, target, batch, settings.seen(), deadline));
    }

    @Override
    public long upsertAll(Iterable<Row> rows) {
        Calls.requireMayBlock();
        BulkUpsert load = new BulkUpsert(access, target(Deadline.after(timeout)), settings.seen(), timeout);
        for (Row row : rows) {
            CompletableFuture<Void> room = load.offer(row);
            if (room != null) {
                Calls.await(access.spin(), room, load.patienceNanos());
            }
        }
        return Calls.await(access.spin(), load.finish(), load.patienceNanos());
    }

    @Override
    public CompletableFuture<Long> upsertAllAsync(Collection<Row> rows) {
        List<Row> all = List.copyOf(rows);
        return startOn((target, deadline) -> {
            CompletableFuture<Long> done = new CompletableFuture<>();
            new BulkUpsert(access, target, settings.seen(), timeout).pump(all.iterator(), done);
            return done;
        });
    }

    // ---- reads ----

    private Prepared<Optional<Row>> read(Target target, Key key, List<String> columns) {
        TableLayout layout = target.layout();
        TableLayout.Projection projection = layout.project(columns);
        byte[] encoded = Encoding.key(layout, key);
        int number = layout.shardOf(encoded);
        return new Prepared<>(
                number,
                null,
                (shard, terms) -> {
                    GetRequest.Builder get = Reads.get(shard, terms).addKeys(Encoding.wrap(encoded));
                    if (!columns.isEmpty()) {
                        get.addAllColumns(projection.columnIds());
                    }
                    return Request.newBuilder().setGet(get);
                },
                reply -> {
                    if (reply.getGet().getRowsCount() != 1) {
                        throw Calls.unexpected(reply);
                    }
                    return Reads.row(
                            layout,
                            projection,
                            key.array(),
                            encoded,
                            reply.getGet().getRows(0),
                            settings.observe(target, number, reply));
                });
    }

    @Override
    public Optional<Row> get(Key key) {
        return get(key, List.of());
    }

    @Override
    public CompletableFuture<Optional<Row>> getAsync(Key key) {
        return getAsync(key, List.of());
    }

    @Override
    public Optional<Row> get(Object... keyValues) {
        return get(Key.of(keyValues), List.of());
    }

    @Override
    public CompletableFuture<Optional<Row>> getAsync(Object... keyValues) {
        return start(target -> read(target, Key.of(keyValues), List.of()));
    }

    @Override
    public Optional<Row> get(Key key, List<String> columns) {
        return call(target -> read(target, key, columns));
    }

    @Override
    public CompletableFuture<Optional<Row>> getAsync(Key key, List<String> columns) {
        return start(target -> read(target, key, columns));
    }

    @Override
    public List<Optional<Row>> getAll(List<Key> keys) {
        return callOn((target, deadline) -> Reads.getAll(access, target, keys, settings, deadline));
    }

    @Override
    public CompletableFuture<List<Optional<Row>>> getAllAsync(List<Key> keys) {
        return startOn((target, deadline) -> Reads.getAll(access, target, keys, settings, deadline));
    }

    @Override
    public RowStream scan(Scan scan) {
        Calls.requireMayBlock();
        ScanRun run = new ScanRun(access, target(Deadline.after(timeout)), scan, options.pageRows(), timeout, settings);
        return new PagedRowStream(run, access.spin(), timeout);
    }

    @Override
    public CompletableFuture<ScanPage> scanAsync(Scan scan) {
        return startOn((target, deadline) ->
                new ScanRun(access, target, scan, options.pageRows(), timeout, settings).firstPage(executor));
    }

    @Override
    public long count(Scan scan) {
        return callOn((target, deadline) -> Reads.count(access, target, scan, settings, deadline));
    }

    @Override
    public CompletableFuture<Long> countAsync(Scan scan) {
        return startOn((target, deadline) -> Reads.count(access, target, scan, settings, deadline));
    }

    @Override
    public ChangeStream watch(WatchFrom from) {
        return callOn((target, deadline) -> TableWatch.open(access, target, from, executor, deadline));
    }

    @Override
    public CompletableFuture<ChangeStream> watchAsync(WatchFrom from) {
        return startOn((target, deadline) -> TableWatch.open(access, target, from, executor, deadline));
    }

    @Override
    public String toString() {
        return "Table[" + name + "]";
    }
}
