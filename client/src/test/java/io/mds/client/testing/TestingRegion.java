package io.mds.client.testing;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.Consistency;
import io.mds.proto.CountReply;
import io.mds.proto.CountRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.RegionAddress;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.proto.ShardChecksumRequest;
import io.mds.proto.ShardRef;
import io.mds.proto.ShardRoute;
import io.mds.rpc.ConnectionListener;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.Replier;
import io.mds.rpc.RpcConnection;
import io.mds.rpc.RpcServer;
import io.mds.rpc.RpcTransport;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** A region without disk, log or master: answers data requests from {@link TestingShard}s, and fails when told to. */
public final class TestingRegion implements AutoCloseable {
    private final long id;
    private final String clusterId;
    private final RpcTransport transport;
    private final Map<Long, TestingShard> shards;
    private final Set<Long> led = ConcurrentHashMap.newKeySet();
    private final Map<Long, ShardRoute> hints = new ConcurrentHashMap<>();
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final Set<RpcConnection> connections = ConcurrentHashMap.newKeySet();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile RpcServer server;
    private volatile boolean silent;
    private volatile boolean garbled;
    private volatile int pageRows = 1_000;
    private volatile MdsException overload;
    private volatile int stalenessMs = 7;
    /** What this region has of the shards while it gets no more of their logs; null while it has everything. */
    private volatile Map<Long, TestingShard> frozen;

    TestingRegion(long id, String clusterId, RpcTransport transport, Map<Long, TestingShard> shards) {
        this.id = id;
        this.clusterId = clusterId;
        this.transport = transport;
        this.shards = shards;
        start(0);
    }

    private void start(int port) {
        LocalIdentity identity = new LocalIdentity(Role.REGION, "region " + id, () -> clusterId, () -> id);
        server = transport.listen(new HostPort("127.0.0.1", port), identity, this::handle, new ConnectionListener() {
            @Override
            public void opened(RpcConnection connection) {
                connections.add(connection);
            }

            @Override
            public void closed(RpcConnection connection) {
                connections.remove(connection);
            }
        });
    }

    public HostPort address() {
        return new HostPort("127.0.0.1", server.port());
    }

    public RegionAddress toProto() {
        return RegionAddress.newBuilder()
                .setRegionId(id)
                .setAddress(address().toProto())
                .build();
    }

    /** Data requests that arrived, in their order. */
    public List<Request> requests() {
        return requests;
    }

    public int connectionCount() {
        return connections.size();
    }

    /** The next data requests, in turn, meet these. */
    public void failNext(Fault... next) {
        faults.addAll(List.of(next));
    }

    /** From now on nothing is answered, or applied, until told otherwise. */
    public void silent(boolean value) {
        this.silent = value;
    }

    /** Whether pages of scans end with bytes that are no row. */
    public void garbled(boolean value) {
        garbled = value;
    }

    public void pageRows(int rows) {
        this.pageRows = rows;
    }

    /** From now on everything is refused with this; null ends it. */
    public void overload(MdsException refusal) {
        this.overload = refusal;
    }

    /** As a follower, has from now on only what there is at this moment, until it is thawed. */
    public void freeze() {
        Map<Long, TestingShard> copies = new ConcurrentHashMap<>();
        shards.forEach((id, shard) -> copies.put(id, shard.copy()));
        frozen = copies;
    }

    public void thaw() {
        frozen = null;
    }

    /** How old it says it is as a follower; negative when it does not know. */
    public void staleness(int ms) {
        this.stalenessMs = ms;
    }

    void lead(long shardId) {
        led.add(shardId);
        hints.remove(shardId);
    }

    /** Refuses requests for the shard from now on, with a route if there is one to give. */
    void follow(long shardId, ShardRoute hint) {
        led.remove(shardId);
        if (hint != null) {
            hints.put(shardId, hint);
        }
    }

    /** Stops listening and cuts all connections; the rows stay. */
    public void stop() {
        server.close();
        connections.forEach(RpcConnection::close);
    }

    public void restart() {
        start(server.port());
    }

    private void handle(RpcConnection from, Request request, Replier replier, Deadline deadline) {
        requests.add(request);
        Fault fault = faults.poll();
        if (silent) {
            return;
        }
        if (overload != null) {
            replier.fail(overload);
            return;
        }
        if (fault != null && !fault.apply()) {
            give(fault, from, replier);
            return;
        }
        try {
            Reply.Builder reply = answer(request);
            if (request.hasChanges() && reply.getChanges().getChangesCount() == 0 && waits(request)) {
                TestingShard watched = replica(request.getChanges().getShard(), Consistency.EVENTUAL)
                        .shard();
                watched.afterNextWrite(() -> handleAgain(from, request, replier));
                return;
            }
            if (fault == null) {
                replier.reply(reply);
            }
        } catch (MdsException e) {
            if (fault == null) {
                replier.fail(e);
            }
        }
        if (fault != null) {
            give(fault, from, replier);
        }
    }

    private static boolean waits(Request request) {
        return !request.getChanges().getFromNow() && request.getChanges().getWaitMs() > 0;
    }

    /** A question that waited; after a stop nobody reads its answer. */
    private void handleAgain(RpcConnection from, Request request, Replier replier) {
        if (connections.contains(from) && !silent) {
            answerOrFail(request, replier);
        }
    }

    private void answerOrFail(Request request, Replier replier) {
        try {
            replier.reply(answer(request));
        } catch (MdsException e) {
            replier.fail(e);
        }
    }

    private static void give(Fault fault, RpcConnection from, Replier replier) {
        switch (fault.answer()) {
            case REFUSAL -> replier.fail(fault.error());
            case CUT_CONNECTION -> from.close();
            case SILENCE -> {
                // That is it.
            }
        }
    }

    private Reply.Builder answer(Request request) {
        Reply.Builder reply = Reply.newBuilder();
        switch (request.getBodyCase()) {
            case GET -> {
                GetRequest get = request.getGet();
                TestingReplica replica = replica(get.getShard(), get.getConsistency());
                GetReply.Builder got = replica.shard().get(get).toBuilder();
                replica.state(get.getFreshness(), get.hasFreshness()).ifPresent(got::setState);
                reply.setGet(got);
            }
            case WRITE -> {
                TestingShard written = shard(request.getWrite().getShard());
                reply.setWrite(written.write(request.getWrite()));
                written.takeWatchers().forEach(Runnable::run);
            }
            case CHANGES ->
                reply.setChanges(replica(request.getChanges().getShard(), Consistency.EVENTUAL)
                        .shard()
                        .changes(request.getChanges()));
            case SCAN -> {
                ScanRequest scan = request.getScan();
                TestingReplica replica = replica(scan.getShard(), scan.getConsistency());
                ScanReply.Builder scanned = replica.shard().scan(scan, pageRows).toBuilder();
                replica.state(scan.getFreshness(), scan.hasFreshness()).ifPresent(scanned::setState);
                if (garbled) {
                    scanned.addRows(ByteString.copyFrom(new byte[1]));
                }
                reply.setScan(scanned);
            }
            case COUNT -> {
                CountRequest count = request.getCount();
                TestingReplica replica = replica(count.getShard(), count.getConsistency());
                CountReply.Builder counted = replica.shard().count(count, pageRows).toBuilder();
                replica.state(count.getFreshness(), count.hasFreshness()).ifPresent(counted::setState);
                reply.setCount(counted);
            }
            case SHARD_CHECKSUM -> {
                ShardChecksumRequest checksum = request.getShardChecksum();
                reply.setShardChecksum(
                        checksum.getAtIndex() == 0
                                ? shard(checksum.getShard()).orderChecksums(checksum.getRanges())
                                : replica(checksum.getShard(), Consistency.EVENTUAL)
                                        .shard()
                                        .checksums(checksum.getAtIndex()));
            }
            default -> throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "not a data request");
        }
        return reply;
    }

    private TestingReplica replica(ShardRef ref, Consistency consistency) {
        boolean any = consistency == Consistency.SESSION || consistency == Consistency.EVENTUAL;
        boolean leads = led.contains(ref.getShardId());
        if (!any || leads) {
            return new TestingReplica(shard(ref), any, 0);
        }
        Map<Long, TestingShard> mine = frozen;
        return new TestingReplica((mine == null ? shards : mine).get(ref.getShardId()), true, stalenessMs);
    }

    private TestingShard shard(ShardRef ref) {
        if (!led.contains(ref.getShardId())) {
            MdsException.Builder refusal = MdsException.builder(
                    ErrorCode.NOT_LEADER, "region " + id + " does not lead shard " + ref.getShardId());
            ShardRoute hint = hints.get(ref.getShardId());
            if (hint != null) {
                refusal.route(hint);
            }
            throw refusal.build();
        }
        return shards.get(ref.getShardId());
    }

    @Override
    public void close() {
        stop();
    }
}
