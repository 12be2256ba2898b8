package io.mds.region.service;

import io.mds.error.MdsException;
import io.mds.id.Epoch;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.CountRequest;
import io.mds.proto.DropShardsReply;
import io.mds.proto.DropShardsRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.OpenShard;
import io.mds.proto.OpenShardsReply;
import io.mds.proto.OpenShardsRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.proto.ShardRef;
import io.mds.proto.ShardReport;
import io.mds.proto.WriteRequest;
import io.mds.region.store.PageLimits;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.wal.WriteAheadLog;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests that reach a region.
 *
 * <p>Thread: {@link #handle} on event loops; the master's orders on one thread of their own, so that epochs are compared and
 * shards opened and dropped one after the other.
 *
 * <p>Invariant: an order of an older epoch than the newest seen changes nothing.
 */
public final class RegionService implements RequestHandler {
    private static final Logger LOG = LoggerFactory.getLogger(RegionService.class);
    private static final String EPOCH_KEY = "epoch";

    private final Store store;
    private final WriteAheadLog log;
    private final DurableWork durable;
    private final RegionWorkers workers;
    private final RequestLimits limits;
    private final int queuedWrites;
    private final Map<Long, ShardHost> hosts = new ConcurrentHashMap<>();
    private final LongAdder requests = new LongAdder();
    private volatile Epoch epoch;
    private volatile Runnable onServing = () -> {};

    public RegionService(
            Store store,
            WriteAheadLog log,
            DurableWork durable,
            RegionWorkers workers,
            RequestLimits limits,
            int queuedWrites) {
        this.store = store;
        this.durable = durable;
        this.log = log;
        this.workers = workers;
        this.limits = limits;
        this.queuedWrites = queuedWrites;
        this.epoch = new Epoch(store.meta(EPOCH_KEY).map(Long::parseLong).orElse(0L));
    }

    /** Opens what the store holds, each shard in its last view, so that it serves before any master is found. */
    public void reopen() {
        for (ShardStore shard : store.shards()) {
            host(shard).open(shard.view());
        }
    }

    /** Who hears that a shard has begun to serve; called on the thread that applies, must not block. */
    public void onServing(Runnable listener) {
        onServing = listener;
    }

    private ShardHost host(ShardStore shard) {
        return hosts.computeIfAbsent(
                shard.id().value(),
                id -> new ShardHost(shard, log, durable, workers.apply(), queuedWrites, limits, () -> onServing.run()));
    }

    @Override
    public void handle(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        requests.increment();
        switch (request.getBodyCase()) {
            case GET -> get(request.getGet(), reply, deadline);
            case WRITE -> write(request.getWrite(), reply);
            case SCAN -> scan(request.getScan(), reply, deadline);
            case COUNT -> count(request.getCount(), reply, deadline);
            case OPEN_SHARDS -> order(from, reply, () -> open(request.getOpenShards()));
            case DROP_SHARDS -> order(from, reply, () -> drop(request.getDropShards()));
            case BODY_NOT_SET -> throw refused(ErrorCode.INVALID_ARGUMENT, "a request without a body");
            case REPLICATE, FETCH_SNAPSHOT, SHARD_CHECKSUM, SEAL_SHARDS ->
                throw refused(ErrorCode.INVALID_ARGUMENT, request.getBodyCase() + " is not known to this version");
            case GET_ROUTES,
                    TRANSFER_LEADER,
                    MOVE_SHARD,
                    DRAIN_REGION,
                    ROUTE_UPDATE,
                    CREATE_TABLE,
                    DROP_TABLE,
                    LIST_TABLES,
                    DESCRIBE_TABLE,
                    CLUSTER_STATUS,
                    REGISTER,
                    HEARTBEAT ->
                throw refused(ErrorCode.INVALID_ARGUMENT, request.getBodyCase() + " is for a master; this is a region");
        }
    }

    private ShardHost route(ShardRef shard) {
        ShardHost host = hosts.get(shard.getShardId());
        if (host == null) {
            throw refused(ErrorCode.NOT_LEADER, "shard " + shard.getShardId() + " is not on this region");
        }
        TableSchema schema = host.store().schema();
        if (schema.tableId() != shard.getTableId()) {
            throw refused(
                    ErrorCode.STALE_ROUTE,
                    "shard " + shard.getShardId() + " belongs to table " + schema.tableId() + ", not "
                            + shard.getTableId());
        }
        if (shard.getSchemaVersion() > schema.version()) {
            throw refused(
                    ErrorCode.STALE_ROUTE,
                    "shard " + shard.getShardId() + " has schema version " + schema.version() + " of table '"
                            + schema.name() + "', the request " + shard.getSchemaVersion());
        }
        if (!host.isServing()) {
            throw host.notServing();
        }
        return host;
    }

    private void get(GetRequest request, Replier reply, Deadline deadline) {
        ShardHost host = route(request.getShard());
        host.checks().check(request);
        Optional<GetReply> cached = host.store().getIfCached(request);
        if (cached.isPresent()) {
            reply.reply(Reply.newBuilder().setGet(cached.get()));
            return;
        }
        read(reply, deadline, () -> Reply.newBuilder().setGet(host.store().get(request)));
    }

    private void scan(ScanRequest request, Replier reply, Deadline deadline) {
        ShardHost host = route(request.getShard());
        Optional<ScanReply> cached = host.store().scanIfCached(request, PageLimits.defaults());
        if (cached.isPresent()) {
            reply.reply(Reply.newBuilder().setScan(cached.get()));
            return;
        }
        read(reply, deadline, () -> Reply.newBuilder().setScan(host.store().scan(request, PageLimits.defaults())));
    }

    private void count(CountRequest request, Replier reply, Deadline deadline) {
        ShardHost host = route(request.getShard());
        read(reply, deadline, () -> Reply.newBuilder().setCount(host.store().count(request, PageLimits.defaults())));
    }

    private void read(Replier reply, Deadline deadline, Supplier<Reply.Builder> work) {
        try {
            workers.read().execute(() -> {
                if (deadline.isExpired()) {
                    reply.fail(refused(ErrorCode.DEADLINE_EXCEEDED, "the read waited until its deadline had passed"));
                } else {
                    answer(reply, work);
                }
            });
        } catch (RejectedExecutionException e) {
            throw MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED, "too many reads wait on this region (limits.queued-reads)")
                    .retryAfter(Duration.ofMillis(20))
                    .withoutStackTrace()
                    .build();
        }
    }

    private static void answer(Replier reply, Supplier<Reply.Builder> work) {
        try {
            reply.reply(work.get());
        } catch (MdsException e) {
            reply.fail(e);
        } catch (RuntimeException e) {
            LOG.error("a request failed in the store", e);
            reply.fail(MdsException.builder(ErrorCode.UNAVAILABLE, "the region's store failed: " + e.getMessage())
                    .outcomeUnknown()
                    .build());
        }
    }

    private void write(WriteRequest request, Replier reply) {
        ShardHost host = route(request.getShard());
        host.checks().check(request);
        host.write(request.toByteString(), reply);
    }

    // ---- the master's orders ----

    private void order(RpcConnection from, Replier reply, Supplier<Reply.Builder> work) {
        if (from.peer().role() != Role.MASTER) {
            throw refused(
                    ErrorCode.PERMISSION_DENIED,
                    "only a master opens and drops shards, not a " + from.peer().role());
        }
        try {
            workers.orders().execute(() -> answer(reply, work));
        } catch (RejectedExecutionException e) {
            throw refused(ErrorCode.RESOURCE_EXHAUSTED, "too many orders wait on this region");
        }
    }

    /** Remembers the epoch of a master that this region has registered with. */
    public void sawEpoch(Epoch seen) {
        synchronized (this) {
            if (seen.compareTo(epoch) > 0) {
                store.putMeta(EPOCH_KEY, seen.toString());
                epoch = seen;
            }
        }
    }

    private void requireCurrent(long ordered) {
        Epoch theirs = new Epoch(ordered);
        if (theirs.compareTo(epoch) < 0) {
            throw refused(
                    ErrorCode.PERMISSION_DENIED,
                    "an order of epoch " + theirs + ", and this region has seen epoch " + epoch
                            + ": the master is deposed");
        }
        sawEpoch(theirs);
    }

    private Reply.Builder open(OpenShardsRequest request) {
        requireCurrent(request.getEpoch());
        OpenShardsReply.Builder reports = OpenShardsReply.newBuilder();
        for (OpenShard shard : request.getShardsList()) {
            ShardId id = new ShardId(shard.getView().getShardId());
            ViewNumber view = new ViewNumber(shard.getView().getView());
            TableSchema schema = TableSchema.fromProto(shard.getSchema());
            boolean known = store.shard(id).isPresent();
            ShardStore opened = store.createShard(id, schema, view);
            if (opened.view().compareTo(view) < 0) {
                store.recordViews(Map.of(id, view));
            }
            ShardHost host = host(opened);
            host.open(opened.view());
            if (!known) {
                LOG.info("shard {} of table '{}' opened in view {}", id, schema.name(), view);
            }
            reports.addShards(host.report());
        }
        return Reply.newBuilder().setOpenShards(reports);
    }

    private Reply.Builder drop(DropShardsRequest request) {
        requireCurrent(request.getEpoch());
        for (long shard : request.getShardIdsList()) {
            ShardId id = new ShardId(shard);
            ShardHost host = hosts.remove(shard);
            if (host != null) {
                host.close();
                LOG.info(
                        "shard {} of table '{}' dropped",
                        id,
                        host.store().schema().name());
            }
            log.forget(id);
            store.dropShard(id);
        }
        return Reply.newBuilder().setDropShards(DropShardsReply.getDefaultInstance());
    }

    // ---- what others ask of it ----

    /** The state of every shard here. Any thread, never blocks. */
    public List<ShardReport> reports() {
        List<ShardReport> reports = new ArrayList<>();
        hosts.values().forEach(host -> reports.add(host.report()));
        return reports;
    }

    /** Requests since the start. */
    public long requestCount() {
        return requests.sum();
    }

    public Epoch epoch() {
        return epoch;
    }

    /** For tests and status: the applied index of each shard. */
    public Map<Long, LogIndex> appliedIndexes() {
        Map<Long, LogIndex> applied = new ConcurrentHashMap<>();
        hosts.forEach((id, host) -> applied.put(id, host.store().appliedIndex()));
        return applied;
    }

    private static MdsException refused(ErrorCode code, String message) {
        return MdsException.builder(code, message).withoutStackTrace().build();
    }
}
