package io.mds.region.service;

import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.proto.CountRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetRequest;
import io.mds.proto.ReplicaMessage;
import io.mds.proto.ReplicateRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.ScanRequest;
import io.mds.proto.ShardChecksumRequest;
import io.mds.proto.ShardRef;
import io.mds.proto.WriteRequest;
import io.mds.region.peer.Peers;
import io.mds.region.peer.ReplicaWire;
import io.mds.region.replication.Message;
import io.mds.region.snapshot.SnapshotServer;
import io.mds.region.store.PageLimits;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import io.mds.table.TableSchema;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/**
 * Answers the requests that reach a region, from clients, masters and other regions.
 *
 * <p>Thread: event loops; nothing here blocks.
 */
public final class RegionService implements RequestHandler {
    private final Shards shards;
    private final MasterOrders orders;
    private final ShardReads reads;
    private final Peers peers;
    private final SnapshotServer snapshots;
    private final LongAdder requests = new LongAdder();

    public RegionService(
            Shards shards, MasterOrders orders, Peers peers, SnapshotServer snapshots, RegionWorkers workers) {
        this.snapshots = snapshots;
        this.shards = shards;
        this.orders = orders;
        this.peers = peers;
        this.reads = new ShardReads(workers.read(), shards.replication().lease());
    }

    @Override
    public void handle(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        requests.increment();
        switch (request.getBodyCase()) {
            case GET -> get(request.getGet(), reply, deadline);
            case WRITE -> write(request.getWrite(), reply, deadline);
            case SCAN -> scan(request.getScan(), reply, deadline);
            case COUNT -> count(request.getCount(), reply, deadline);
            case OPEN_SHARDS -> orders.open(from, request.getOpenShards(), reply);
            case SEAL_SHARDS -> orders.seal(from, request.getSealShards(), reply);
            case DROP_SHARDS -> orders.drop(from, request.getDropShards(), reply);
            case APPLY_SCHEMA -> orders.applySchema(from, request.getApplySchema(), reply);
            case BODY_NOT_SET -> throw refused(ErrorCode.INVALID_ARGUMENT, "a request without a body");
            case REPLICATE -> replicate(from, request.getReplicate());
            case FETCH_SNAPSHOT -> {
                requireRegion(from, "fetches snapshots");
                snapshots.fetch(request.getFetchSnapshot(), reply);
            }
            case SHARD_CHECKSUM -> checksum(request.getShardChecksum(), reply, deadline);
            case CHANGES -> route(request.getChanges().getShard()).polls().poll(request.getChanges(), reply);
            case GET_ROUTES,
                    TRANSFER_LEADER,
                    MOVE_SHARD,
                    DRAIN_REGION,
                    STATE_DIGEST,
                    ROUTE_UPDATE,
                    CREATE_TABLE,
                    DROP_TABLE,
                    ALTER_TABLE,
                    CREATE_INDEX,
                    DROP_INDEX,
                    LIST_PROCEDURES,
                    LIST_TABLES,
                    DESCRIBE_TABLE,
                    CLUSTER_STATUS,
                    REGISTER,
                    HEARTBEAT,
                    HAND_OVER ->
                throw refused(ErrorCode.INVALID_ARGUMENT, request.getBodyCase() + " is for a master; this is a region");
        }
    }

    private ShardHost route(ShardRef shard) {
        ShardHost host = shards.get(shard.getShardId());
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
            // The next one is on its way to this replica.
            throw refused(
                    ErrorCode.STALE_ROUTE,
                    "shard " + shard.getShardId() + " has schema version " + schema.version() + " of table '"
                            + schema.name() + "', the request " + shard.getSchemaVersion());
        }
        return host;
    }

    private static Asked asked(ShardRef shard) {
        return new Asked(shard.getView(), System.nanoTime());
    }

    private void get(GetRequest request, Replier reply, Deadline deadline) {
        ShardHost host = route(request.getShard());
        host.checks().check(request);
        reads.start(new ShardReads.Read(
                host,
                asked(request.getShard()),
                request.getConsistency(),
                request.getFreshness(),
                request.hasFreshness(),
                () -> host.store()
                        .getIfCached(request)
                        .map(got -> Reply.newBuilder().setGet(got)),
                () -> Reply.newBuilder().setGet(host.store().get(request)),
                (answer, state) -> answer.setGet(answer.getGetBuilder().setState(state)),
                reply,
                deadline));
    }

    private void scan(ScanRequest request, Replier reply, Deadline deadline) {
        ShardHost host = route(request.getShard());
        reads.start(new ShardReads.Read(
                host,
                asked(request.getShard()),
                request.getConsistency(),
                request.getFreshness(),
                request.hasFreshness(),
                () -> host.store()
                        .scanIfCached(request, PageLimits.defaults())
                        .map(found -> Reply.newBuilder().setScan(found)),
                () -> Reply.newBuilder().setScan(host.store().scan(request, PageLimits.defaults())),
                (answer, state) -> answer.setScan(answer.getScanBuilder().setState(state)),
                reply,
                deadline));
    }

    private void count(CountRequest request, Replier reply, Deadline deadline) {
        ShardHost host = route(request.getShard());
        reads.start(new ShardReads.Read(
                host,
                asked(request.getShard()),
                request.getConsistency(),
                request.getFreshness(),
                request.hasFreshness(),
                Optional::empty,
                () -> Reply.newBuilder().setCount(host.store().count(request, PageLimits.defaults())),
                (answer, state) -> answer.setCount(answer.getCountBuilder().setState(state)),
                reply,
                deadline));
    }

    private void checksum(ShardChecksumRequest request, Replier reply, Deadline deadline) {
        ShardHost host = route(request.getShard());
        if (request.getAtIndex() == 0) {
            shards.checksums().order(host, request, reply, deadline);
        } else {
            shards.checksums().answer(host, request, reply, deadline);
        }
    }

    private void write(WriteRequest request, Replier reply, Deadline deadline) {
        ShardHost host = route(request.getShard());
        host.checks().check(request);
        host.write(request.toByteString(), asked(request.getShard()), deadline, reply);
    }

    // ---- other regions ----

    private static void requireRegion(RpcConnection from, String what) {
        if (from.peer().role() != Role.REGION) {
            throw refused(
                    ErrorCode.PERMISSION_DENIED,
                    "only a region " + what + ", not a " + from.peer().role());
        }
    }

    private void replicate(RpcConnection from, ReplicateRequest request) {
        requireRegion(from, "replicates");
        RegionId sender = new RegionId(request.getFromRegion());
        peers.heardFrom(sender, from);
        for (ReplicaMessage message : request.getMessagesList()) {
            ShardHost host = shards.get(message.getShardId());
            if (host == null) {
                // Opened by a master one day, or dropped: in both cases the sender need not know.
                continue;
            }
            if (message.hasBehind()) {
                host.isBehind(sender, new ViewNumber(message.getBehind().getView()));
                continue;
            }
            Message received = ReplicaWire.fromProto(message);
            if (received != null) {
                host.receive(sender, received, message.getAppend().getNewestAtMs());
            }
        }
    }

    /** Requests since the start. */
    public long requestCount() {
        return requests.sum();
    }

    private static MdsException refused(ErrorCode code, String message) {
        return MdsException.builder(code, message).withoutStackTrace().build();
    }
}
