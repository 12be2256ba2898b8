package io.mds.region.service;

import io.mds.error.MdsException;
import io.mds.id.Epoch;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ApplySchemaReply;
import io.mds.proto.ApplySchemaRequest;
import io.mds.proto.DropShardsReply;
import io.mds.proto.DropShardsRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.OpenShard;
import io.mds.proto.OpenShardsReply;
import io.mds.proto.OpenShardsRequest;
import io.mds.proto.RegionAddress;
import io.mds.proto.Reply;
import io.mds.proto.Role;
import io.mds.proto.SealShardsRequest;
import io.mds.proto.SealShardsRequest.Seal;
import io.mds.proto.ShardRoute;
import io.mds.proto.ShardView;
import io.mds.region.peer.Peers;
import io.mds.region.replication.View;
import io.mds.region.store.NewShard;
import io.mds.region.store.RecordedView;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.wal.WriteAheadLog;
import io.mds.rpc.Replier;
import io.mds.rpc.RpcConnection;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what the active master says: opens, seals and drops shards.
 *
 * <p>Thread: one of its own, so that epochs are compared and shards made and dropped one after the other.
 *
 * <p>Invariant: an order of an older epoch than the newest seen changes nothing.
 */
public final class MasterOrders {
    private static final Logger LOG = LoggerFactory.getLogger(MasterOrders.class);
    private static final String EPOCH_KEY = "epoch";
    private static final long VOID_LIMIT_S = 10;

    private final Store store;
    private final WriteAheadLog log;
    private final Shards shards;
    private final Peers peers;
    private final Consumer<Set<ShardId>> soleShards;
    private final Executor thread;
    private volatile Epoch epoch;

    /** @param soleShards told of the shards of which nobody else has a replica, before they are served so; may block */
    public MasterOrders(
            Store store,
            WriteAheadLog log,
            Shards shards,
            Peers peers,
            Consumer<Set<ShardId>> soleShards,
            RegionWorkers workers) {
        this.soleShards = soleShards;
        this.store = store;
        this.log = log;
        this.shards = shards;
        this.peers = peers;
        this.thread = workers.orders();
        this.epoch = new Epoch(store.meta(EPOCH_KEY).map(Long::parseLong).orElse(0L));
    }

    private static void requireMaster(RpcConnection from) {
        if (from.peer().role() != Role.MASTER) {
            throw refused(
                    ErrorCode.PERMISSION_DENIED,
                    "only a master opens, seals and drops shards, not a "
                            + from.peer().role());
        }
    }

    /** Shards as a master wants them here; those that are missing are made. */
    void open(RpcConnection from, OpenShardsRequest request, Replier reply) {
        order(from, reply, () -> reply.reply(opened(request)));
    }

    /** Promises to join no older views; answered when all leases given have ended. */
    void seal(RpcConnection from, SealShardsRequest request, Replier reply) {
        order(from, reply, () -> sealed(request, reply));
    }

    /** Removes shards and their rows. */
    void drop(RpcConnection from, DropShardsRequest request, Replier reply) {
        order(from, reply, () -> reply.reply(dropped(request)));
    }

    /** Puts a newer schema into the logs of shards that are led here; who asks sees in later reports that it is applied. */
    void applySchema(RpcConnection from, ApplySchemaRequest request, Replier reply) {
        order(from, reply, () -> reply.reply(proposed(request)));
    }

    private Reply.Builder proposed(ApplySchemaRequest request) {
        requireCurrent(request.getEpoch());
        TableSchema schema = TableSchema.fromProto(request.getSchema());
        ApplySchemaReply.Builder reports = ApplySchemaReply.newBuilder();
        for (long id : request.getShardIdsList()) {
            ShardHost host = shards.get(id);
            if (host == null || host.store().schema().tableId() != schema.tableId()) {
                continue;
            }
            if (host.isServing() && host.store().schema().version() < schema.version()) {
                try {
                    host.proposeSchema(schema);
                } catch (MdsException e) {
                    // The master asks again, perhaps another region.
                    LOG.info("shard {}: schema version {} not yet: {}", id, schema.version(), e.getMessage());
                }
            }
            reports.addShards(host.report());
        }
        return Reply.newBuilder().setApplySchema(reports);
    }

    private void order(RpcConnection from, Replier reply, Runnable work) {
        requireMaster(from);
        try {
            thread.execute(() -> carryOut(reply, work));
        } catch (RejectedExecutionException e) {
            throw refused(ErrorCode.RESOURCE_EXHAUSTED, "too many orders wait on this region");
        }
    }

    private static void carryOut(Replier reply, Runnable work) {
        try {
            work.run();
        } catch (MdsException e) {
            reply.fail(e);
        } catch (RuntimeException e) {
            LOG.error("an order of the master failed in the store", e);
            reply.fail(MdsException.builder(ErrorCode.UNAVAILABLE, "the region's store failed: " + e.getMessage())
                    .outcomeUnknown()
                    .build());
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

    private Reply.Builder opened(OpenShardsRequest request) {
        requireCurrent(request.getEpoch());
        drop(request.getShardsList().stream()
                .map(shard -> shard.getView().getShardId())
                .filter(this::isHalfDropped)
                .toList());
        RegionId self = shards.self();
        Map<ShardId, View> views = new LinkedHashMap<>();
        Map<ShardId, ShardRoute> routes = new HashMap<>();
        List<NewShard> missing = new ArrayList<>();
        Map<ShardId, RecordedView> changed = new HashMap<>();
        for (OpenShard shard : request.getShardsList()) {
            ShardView told = shard.getView();
            told.getReplicasList().forEach(peers::know);
            told.getLearnersList().forEach(peers::know);
            ShardId id = new ShardId(told.getShardId());
            View view = viewOf(told);
            views.put(id, view);
            routes.put(id, ToldView.routeOf(told));
            RecordedView recorded =
                    new RecordedView(view.number(), view.isOnly(self) ? view.number() : new ViewNumber(0));
            Optional<ShardStore> known = store.shard(id);
            if (known.isEmpty() && !mayMake(view, self)) {
                LOG.warn(
                        "shard {} is not here, and view {} counts on what it held: it is not made anew",
                        id,
                        view.number());
                views.remove(id);
            } else if (known.isEmpty()) {
                missing.add(new NewShard(id, TableSchema.fromProto(shard.getSchema()), recorded));
            } else if (known.get().view().promised().compareTo(view.number()) <= 0
                    && !known.get().view().sole().equals(recorded.sole())) {
                changed.put(id, recorded);
            }
        }
        for (ShardStore made : store.createShards(missing)) {
            LOG.info(
                    "shard {} of table '{}' opened in view {}",
                    made.id(),
                    made.schema().name(),
                    views.get(made.id()).number());
            shards.add(made);
        }
        // Whether it may go on alone after a restart must be known before it is acted on.
        store.recordViews(changed);
        recordSole();
        OpenShardsReply.Builder reports = OpenShardsReply.newBuilder();
        views.forEach((id, view) -> {
            ShardHost host = shards.get(id.value());
            host.open(view, routes.get(id));
            reports.addShards(host.report());
        });
        return Reply.newBuilder().setOpenShards(reports);
    }

    /**
     * Who is counted on has the shard, or has lost it and must not pretend to be who it was: only those that nobody counts
     * on begin with nothing, and those of the first view.
     */
    private static boolean mayMake(View view, RegionId self) {
        return view.isFirst() || view.learners().contains(self);
    }

    private void recordSole() {
        soleShards.accept(store.shards().stream()
                .filter(shard -> shard.view().sole().value() > 0)
                .map(ShardStore::id)
                .collect(Collectors.toSet()));
    }

    private static View viewOf(ShardView told) {
        return new View(
                new ViewNumber(told.getView()),
                new RegionId(told.getLeaderRegion()),
                ids(told.getReplicasList()),
                ids(told.getLearnersList()),
                told.getPreviousList().stream().map(RegionId::new).collect(Collectors.toSet()));
    }

    private static Set<RegionId> ids(List<RegionAddress> regions) {
        return regions.stream()
                .map(region -> new RegionId(region.getRegionId()))
                .collect(Collectors.toSet());
    }

    private void sealed(SealShardsRequest request, Replier reply) {
        requireCurrent(request.getEpoch());
        SealCollector answers = new SealCollector(request.getSealsCount(), reply);
        for (Seal seal : request.getSealsList()) {
            ViewNumber view = new ViewNumber(seal.getView());
            PendingSeals.Answer answer = answers.of(seal.getShardId(), view);
            ShardHost host = shards.get(seal.getShardId());
            if (host == null) {
                answer.refused(new ViewNumber(0));
            } else {
                host.seal(view, new ViewNumber(seal.getReleasedView()), answer);
            }
        }
    }

    private Reply.Builder dropped(DropShardsRequest request) {
        requireCurrent(request.getEpoch());
        drop(request.getShardIdsList());
        return Reply.newBuilder().setDropShards(DropShardsReply.getDefaultInstance());
    }

    /** Until its log is void a shard stays here, closed, so that its drop can be repeated. */
    private void drop(List<Long> ids) {
        if (ids.isEmpty()) {
            return;
        }
        List<ShardHost> hosts =
                ids.stream().map(shards::get).filter(Objects::nonNull).toList();
        CountDownLatch voided = new CountDownLatch(hosts.size());
        for (ShardHost host : hosts) {
            host.close();
            log.forget(host.id(), host.promised(), voided::countDown);
        }
        // A shard that comes back to this region must not meet its own old log.
        awaitVoided(voided);
        for (long id : ids) {
            shards.remove(id);
            store.shard(new ShardId(id)).ifPresent(shard -> {
                store.dropShard(shard.id());
                LOG.info(
                        "shard {} of table '{}' dropped",
                        shard.id(),
                        shard.schema().name());
            });
        }
        recordSole();
    }

    /** A drop that was not finished has left something of it. */
    private boolean isHalfDropped(long id) {
        ShardHost host = shards.get(id);
        return host == null ? store.shard(new ShardId(id)).isPresent() : host.isClosed();
    }

    private static void awaitVoided(CountDownLatch voided) {
        try {
            if (!voided.await(VOID_LIMIT_S, TimeUnit.SECONDS)) {
                throw refused(
                        ErrorCode.UNAVAILABLE, "the region's log did not take the drop within " + VOID_LIMIT_S + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw refused(ErrorCode.UNAVAILABLE, "the region is shutting down");
        }
    }

    public Epoch epoch() {
        return epoch;
    }

    private static MdsException refused(ErrorCode code, String message) {
        return MdsException.builder(code, message).withoutStackTrace().build();
    }
}
