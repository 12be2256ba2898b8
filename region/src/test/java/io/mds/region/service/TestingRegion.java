package io.mds.region.service;

import io.mds.error.MdsException;
import io.mds.proto.DropShardsRequest;
import io.mds.proto.GetRequest;
import io.mds.proto.OpenShard;
import io.mds.proto.OpenShardsRequest;
import io.mds.proto.Operation;
import io.mds.proto.RegionAddress;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.ShardRef;
import io.mds.proto.ShardView;
import io.mds.proto.WriteRequest;
import io.mds.region.peer.Peers;
import io.mds.region.replication.ReplicaSettings;
import io.mds.region.snapshot.SnapshotPulls;
import io.mds.region.snapshot.SnapshotServer;
import io.mds.region.snapshot.SnapshotSettings;
import io.mds.region.store.Store;
import io.mds.region.store.StoreSettings;
import io.mds.region.store.Writes;
import io.mds.region.wal.LogFiles;
import io.mds.region.wal.LogSettings;
import io.mds.region.wal.WriteAheadLog;
import io.mds.rpc.ConnectionListener;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.Replier;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcChannel;
import io.mds.rpc.RpcConfig;
import io.mds.rpc.RpcServer;
import io.mds.rpc.RpcTransport;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A region's data plane without its control plane: log, store, service and sockets, with a client and a master to it. */
final class TestingRegion implements AutoCloseable {
    static final int READ_THREADS = 2;
    static final int QUEUED_READS = 100;
    private static final long SELF = 1;
    /** With a shorter patience for its disk. */
    private static final LogSettings LOG = shortOfPatience(LogSettings.defaults());

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final long self;
    private final WriteAheadLog log;
    private final Store store;
    private final RegionWorkers workers = new RegionWorkers(2, READ_THREADS, QUEUED_READS);
    private final Peers peers;
    private final Shards shards;
    private final MasterOrders orders;
    private final SnapshotPulls pulls;
    private final CatchUp catchUp;
    private final SnapshotServer snapshots;
    private final RegionService service;
    private final RpcTransport transport = new RpcTransport(RpcConfig.DEFAULTS, "test-region");
    private final RpcServer server;
    private final RpcChannel client;
    private final RpcChannel master;

    /** A new one, or one that goes on with what it left in the directory. */
    TestingRegion(Path directory, RequestLimits limits, int queuedWrites) throws IOException {
        this(SELF, directory, limits, queuedWrites);
    }

    TestingRegion(long self, Path directory, RequestLimits limits, int queuedWrites) throws IOException {
        this(self, directory, limits, queuedWrites, LogFiles.onDisk());
    }

    TestingRegion(long self, Path directory, RequestLimits limits, int queuedWrites, LogFiles logFiles)
            throws IOException {
        this.self = self;
        log = WriteAheadLog.open(directory.resolve("log"), LOG, logFiles, new SimpleMeterRegistry());
        store = Store.open(StoreSettings.h2File(directory.resolve("store")), new SimpleMeterRegistry());
        DurableWork durable = new DurableWork();
        Tails tails = new Tails(store);
        log.recover(tails, durable);
        peers = new Peers(
                () -> self, address -> transport.channel(address, LocalIdentity.of(Role.REGION, "r"), handler()));
        SnapshotSettings copying = SnapshotSettings.of(
                RpcConfig.DEFAULTS.maxFrameBytes(), Duration.ofSeconds(30), 1L << 30, 2, Duration.ofSeconds(30));
        pulls = new SnapshotPulls(store, copying);
        catchUp = new CatchUp(pulls, copying, peers);
        shards = new Shards(
                () -> self,
                log,
                durable,
                workers,
                peers,
                catchUp,
                new Shards.Settings(limits, queuedWrites, ReplicaSettings.DEFAULTS));
        snapshots = new SnapshotServer(shards::led, workers.read(), copying, directory.resolve("copies"));
        orders = new MasterOrders(store, log, shards, peers, sole -> {}, workers);
        service = new RegionService(shards, orders, peers, snapshots, workers);
        shards.reopen(store, tails::recovered);
        server = transport.listen(
                new HostPort("127.0.0.1", 0),
                LocalIdentity.of(Role.REGION, "region"),
                service,
                ConnectionListener.NONE);
        client = channel(Role.CLIENT);
        master = channel(Role.MASTER);
    }

    private static LogSettings shortOfPatience(LogSettings log) {
        return new LogSettings(
                log.segmentBytes(),
                log.preallocateBytes(),
                log.maxBatchBytes(),
                log.maxEntryBytes(),
                log.maxQueuedBytes(),
                log.maxLogBytes(),
                log.fsync(),
                Duration.ofSeconds(2));
    }

    private RpcChannel channel(Role role) {
        return transport.channel(
                new HostPort("127.0.0.1", server.port()),
                LocalIdentity.of(role, role.name()),
                RequestHandler.refusing());
    }

    /** The service is made after what calls it. */
    private RequestHandler handler() {
        return (from, request, reply, deadline) -> service.handle(from, request, reply, deadline);
    }

    RegionAddress address() {
        return RegionAddress.newBuilder()
                .setRegionId(self)
                .setAddress(new HostPort("127.0.0.1", server.port()).toProto())
                .build();
    }

    RegionWorkers workers() {
        return workers;
    }

    SnapshotPulls pulls() {
        return pulls;
    }

    Shards shards() {
        return shards;
    }

    MasterOrders orders() {
        return orders;
    }

    Store store() {
        return store;
    }

    CompletableFuture<Reply> fromClient(Request.Builder request) {
        return client.call(request, Deadline.after(PATIENCE));
    }

    /** Hands a request to the service as if it had waited on its way until this deadline. */
    CompletableFuture<Reply> handled(Request.Builder request, Deadline deadline) {
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        Replier replier = new Replier() {
            @Override
            public void reply(Reply.Builder reply) {
                answer.complete(reply.build());
            }

            @Override
            public void fail(MdsException error) {
                answer.completeExceptionally(error);
            }
        };
        try {
            service.handle(null, request.build(), replier, deadline);
        } catch (MdsException e) {
            replier.fail(e);
        }
        return answer;
    }

    CompletableFuture<Reply> fromMaster(Request.Builder request) {
        return master.call(request, Deadline.after(PATIENCE));
    }

    static Request.Builder open(long epoch, long view, long... shards) {
        OpenShardsRequest.Builder open = OpenShardsRequest.newBuilder().setEpoch(epoch);
        for (long shard : shards) {
            open.addShards(OpenShard.newBuilder()
                    .setSchema(Writes.SCHEMA.toProto())
                    .setView(ShardView.newBuilder()
                            .setShardId(shard)
                            .setView(view)
                            .setLeaderRegion(SELF)
                            .addReplicas(RegionAddress.newBuilder().setRegionId(SELF))));
        }
        return Request.newBuilder().setOpenShards(open);
    }

    static Request.Builder drop(long epoch, long shard) {
        return Request.newBuilder()
                .setDropShards(DropShardsRequest.newBuilder().setEpoch(epoch).addShardIds(shard));
    }

    static ShardRef ref(long shard) {
        return ShardRef.newBuilder()
                .setShardId(shard)
                .setTableId(Writes.SCHEMA.tableId())
                .setSchemaVersion(Writes.SCHEMA.version())
                .build();
    }

    static Request.Builder write(long shard, int client, int slot, long sequence, Operation... operations) {
        WriteRequest.Builder write = Writes.request(client, slot, sequence, operations).toBuilder();
        return Request.newBuilder().setWrite(write.setShard(ref(shard)));
    }

    static Request.Builder get(long shard, int key) {
        return Request.newBuilder()
                .setGet(GetRequest.newBuilder().setShard(ref(shard)).addKeys(Writes.key(key)));
    }

    @Override
    public void close() throws IOException {
        transport.close();
        snapshots.close();
        catchUp.close();
        workers.close();
        log.close();
        store.close();
    }
}
