package io.mds.master.testing;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.Address;
import io.mds.proto.ApplySchemaReply;
import io.mds.proto.ApplySchemaRequest;
import io.mds.proto.DropShardsReply;
import io.mds.proto.DropShardsRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.HeartbeatReply;
import io.mds.proto.HeartbeatRequest;
import io.mds.proto.OpenShard;
import io.mds.proto.OpenShardsReply;
import io.mds.proto.OpenShardsRequest;
import io.mds.proto.RegionAddress;
import io.mds.proto.RegisterReply;
import io.mds.proto.RegisterRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.SealShardsReply;
import io.mds.proto.SealShardsRequest;
import io.mds.proto.ShardReport;
import io.mds.proto.ShardView;
import io.mds.proto.TableSchema;
import io.mds.rpc.ConnectionListener;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/**
 * A region as a master sees it: it registers, beats, opens, seals and drops shards in memory, and refuses old epochs. It
 * keeps to the rules of views: none older than promised is joined, and none but the first is led without its seal.
 */
public final class TestingRegion implements RequestHandler {
    public final UUID identity = UUID.randomUUID();
    private final ByteString secret = ByteString.copyFromUtf8("secret of " + identity);
    private final Map<Long, ShardReport> shards = new ConcurrentSkipListMap<>();
    private final int port;
    private volatile long id;
    private volatile long epoch;
    private final AtomicLong sequence = new AtomicLong();
    private final Map<Long, Long> lastViews = new ConcurrentSkipListMap<>();
    private final Map<Long, List<Long>> learners = new ConcurrentSkipListMap<>();
    private final Map<Long, Long> sealedFor = new ConcurrentSkipListMap<>();
    private final List<SealShardsRequest> seals = new CopyOnWriteArrayList<>();
    private final AtomicLong orders = new AtomicLong();
    private final AtomicLong schemaOrders = new AtomicLong();
    private final List<TableSchema> schemas = new CopyOnWriteArrayList<>();
    private volatile boolean appliesSchemas = true;
    private volatile int indexesLeft;
    private volatile boolean opens = true;
    private volatile boolean answersSeals = true;
    private volatile boolean catchesUp = true;
    private volatile boolean logFailed;
    private volatile RegisterReply registered;
    private volatile TestingConnection connection;
    private CompletableFuture<Reply> beat;

    public TestingRegion(int port) {
        this.port = port;
    }

    public synchronized TestingConnection connect(RequestHandler master, ConnectionListener listener) {
        beat = null;
        connection = new TestingConnection(master, listener, Role.REGION, "region " + id, this);
        return connection;
    }

    public RegisterReply register(RequestHandler master, ConnectionListener listener) {
        connect(master, listener);
        return register();
    }

    public synchronized RegisterReply register() {
        return registered(
                connection.ask(Request.newBuilder().setRegister(registration())).getRegister());
    }

    /** The same without waiting, for a master that may die before it answers. */
    public CompletableFuture<RegisterReply> registerAsync(RequestHandler master, ConnectionListener listener) {
        connect(master, listener);
        return connection
                .askAsync(Request.newBuilder().setRegister(registration()), Deadline.after(Duration.ofSeconds(20)))
                .thenApply(reply -> registered(reply.getRegister()));
    }

    private synchronized RegisterReply registered(RegisterReply reply) {
        registered = reply;
        id = registered.getRegionId();
        epoch = Math.max(epoch, registered.getEpoch());
        sequence.set(0);
        return registered;
    }

    /** For a region that was registered on a connection of the test's own. */
    public void registeredAs(long region) {
        id = region;
    }

    public RegisterRequest.Builder registration() {
        return RegisterRequest.newBuilder()
                .setIdentity(identity.toString())
                .setIdentitySecret(secret)
                .setAddress(Address.newBuilder().setHost("127.0.0.1").setPort(port))
                .setAdminPort(port + 1)
                .setSoftwareVersion("test")
                .setKnownRegionId(id)
                .setStartedAtMs(1);
    }

    /** One heartbeat with everything. */
    public synchronized HeartbeatReply beat() {
        return connection.ask(heartbeat()).getHeartbeat();
    }

    /** The same without waiting, unless the last one is not answered yet. */
    public synchronized void beatAsync() {
        if (beat == null || beat.isDone()) {
            beat = connection.askAsync(heartbeat(), Deadline.after(Duration.ofSeconds(20)));
        }
    }

    private Request.Builder heartbeat() {
        return Request.newBuilder()
                .setHeartbeat(HeartbeatRequest.newBuilder()
                        .setRegionId(id)
                        .setEpoch(epoch)
                        .setSequence(sequence.incrementAndGet())
                        .setFull(true)
                        .setLogFailed(logFailed)
                        .addAllShards(reports()));
    }

    private List<ShardReport> reports() {
        return shards.values().stream()
                .map(report -> report.getLeader() && catchesUp
                        ? report.toBuilder()
                                .addAllCaughtUpLearners(learners.getOrDefault(report.getShardId(), List.of()))
                                .build()
                        : report)
                .toList();
    }

    public void disconnect() {
        connection.close();
    }

    public TestingConnection connection() {
        return connection;
    }

    public long id() {
        return id;
    }

    public int port() {
        return port;
    }

    public RegisterReply registered() {
        return registered;
    }

    /** The shards it holds, with their data. */
    public Map<Long, ShardReport> shards() {
        return shards;
    }

    /** Whether it opens shards when it is told to; otherwise it does not answer. */
    public void opens(boolean value) {
        opens = value;
    }

    /** Whether it answers when shards are sealed. */
    public void answersSeals(boolean value) {
        answersSeals = value;
    }

    /** Whether learners of shards that it leads become as good as it is. */
    public void catchesUp(boolean value) {
        catchesUp = value;
    }

    /** Its log fails; of its replicas it says by itself that they failed. */
    public void logFails() {
        logFailed = true;
    }

    private static ShardReport.Builder idle(ShardReport report) {
        return report.toBuilder().setLeader(false).setServing(false);
    }

    /** How often it was told to open shards. */
    public long openOrders() {
        return orders.get();
    }

    /** The requests to seal that reached it. */
    public List<SealShardsRequest> seals() {
        return seals;
    }

    /** Its log of the shard ends there. */
    public void lastEntry(long shard, long view, long index) {
        says(shard, report -> report.setLastIndex(index));
        lastViews.put(shard, view);
    }

    /** Sends what it has of the shards that it leads to another region, which takes it when it is of the same view. */
    public void replicateTo(TestingRegion follower) {
        shards.forEach((shard, own) -> {
            ShardReport other = follower.shards.get(shard);
            if (!own.getServing() || other == null || other.getPromised() != own.getView()) {
                return;
            }
            long view = lastViews.getOrDefault(shard, 1L);
            long otherView = follower.lastViews.getOrDefault(shard, 1L);
            if (view > otherView || (view == otherView && own.getLastIndex() > other.getLastIndex())) {
                follower.lastEntry(shard, view, own.getLastIndex());
            }
        });
    }

    /** It has promised this view of the shard to some other master. */
    public void promised(long shard, long view) {
        says(shard, report -> report.setPromised(view));
    }

    /** It says something else of the shard, which stands until something changes it. */
    public void says(long shard, UnaryOperator<ShardReport.Builder> change) {
        shards.computeIfPresent(
                shard, (id, report) -> change.apply(report.toBuilder()).build());
    }

    /** As after a restart of the process: what it led it does not lead any more. */
    public void restarted() {
        shards.replaceAll((id, report) -> idle(report).build());
    }

    @Override
    public void handle(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        switch (request.getBodyCase()) {
            case OPEN_SHARDS -> open(request.getOpenShards(), reply);
            case SEAL_SHARDS -> seal(request.getSealShards(), reply);
            case DROP_SHARDS -> drop(request.getDropShards(), reply);
            case APPLY_SCHEMA -> apply(request.getApplySchema(), reply);
            default -> throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "unexpected " + request.getBodyCase());
        }
    }

    private void open(OpenShardsRequest request, Replier reply) {
        requireEpoch(request.getEpoch());
        orders.incrementAndGet();
        if (!opens) {
            return;
        }
        OpenShardsReply.Builder answer = OpenShardsReply.newBuilder();
        for (OpenShard open : request.getShardsList()) {
            ShardView view = open.getView();
            if (shards.containsKey(view.getShardId()) || mayMake(view)) {
                answer.addShards(shards.compute(view.getShardId(), (shard, before) -> opened(view, before)));
            }
        }
        reply.reply(Reply.newBuilder().setOpenShards(answer));
    }

    /** Who is counted on does not begin with nothing. */
    private boolean mayMake(ShardView view) {
        return view.getView() == 1 || view.getLearnersList().stream().anyMatch(learner -> learner.getRegionId() == id);
    }

    private ShardReport opened(ShardView view, ShardReport before) {
        long shard = view.getShardId();
        ShardReport known = before != null
                ? before
                : ShardReport.newBuilder().setShardId(shard).build();
        if (known.getPromised() > view.getView() || known.getFailed()) {
            return known;
        }
        ShardReport.Builder now = known.toBuilder().setView(view.getView()).setPromised(view.getView());
        boolean named = view.getLeaderRegion() == id;
        boolean again = before != null && before.getView() == view.getView();
        boolean alone = view.getReplicasCount() == 1 && view.getPreviousCount() == 0;
        boolean leads = named
                && (again
                        ? before.getLeader() || alone
                        : view.getView() == 1 || sealedFor.getOrDefault(shard, 0L) == view.getView());
        if (leads && !again) {
            lastViews.put(shard, view.getView());
            now.setLastIndex(known.getLastIndex() + 1);
        }
        learners.put(
                shard,
                view.getLearnersList().stream().map(RegionAddress::getRegionId).toList());
        return now.setLeader(leads).setServing(leads).build();
    }

    private void seal(SealShardsRequest request, Replier reply) {
        requireEpoch(request.getEpoch());
        seals.add(request);
        if (!answersSeals) {
            return;
        }
        SealShardsReply.Builder answer = SealShardsReply.newBuilder();
        for (SealShardsRequest.Seal seal : request.getSealsList()) {
            SealShardsReply.Sealed.Builder sealed = SealShardsReply.Sealed.newBuilder()
                    .setShardId(seal.getShardId())
                    .setView(seal.getView());
            ShardReport report = shards.get(seal.getShardId());
            if (report != null && !report.getFailed() && report.getPromised() <= seal.getView()) {
                shards.put(
                        seal.getShardId(),
                        idle(report).setPromised(seal.getView()).build());
                sealedFor.put(seal.getShardId(), seal.getView());
                sealed.setSealed(true)
                        .setPromised(seal.getView())
                        .setLastView(lastViews.getOrDefault(seal.getShardId(), 1L))
                        .setLastIndex(report.getLastIndex());
            } else if (report != null && !report.getFailed()) {
                sealed.setPromised(report.getPromised());
            }
            answer.addAnswers(sealed);
        }
        reply.reply(Reply.newBuilder().setSealShards(answer));
    }

    private void apply(ApplySchemaRequest request, Replier reply) {
        requireEpoch(request.getEpoch());
        schemaOrders.incrementAndGet();
        if (!appliesSchemas) {
            return;
        }
        schemas.add(request.getSchema());
        ApplySchemaReply.Builder answer = ApplySchemaReply.newBuilder();
        for (long shard : request.getShardIdsList()) {
            ShardReport now = shards.computeIfPresent(
                    shard,
                    (id, report) -> report.toBuilder()
                            .setAppliedIndex(report.getAppliedIndex() + 1)
                            .setSchemaVersion(Math.max(
                                    report.getSchemaVersion(),
                                    request.getSchema().getVersion()))
                            .setIndexesLeft(indexesLeft)
                            .build());
            if (now != null) {
                answer.addShards(now);
            }
        }
        reply.reply(Reply.newBuilder().setApplySchema(answer));
    }

    /** Whether it applies schemas when it is told to; otherwise it does not answer. */
    public void appliesSchemas(boolean value) {
        appliesSchemas = value;
    }

    /** How many indexes it says are not complete, now and of schemas that it applies later. */
    public void indexesLeft(int value) {
        indexesLeft = value;
        shards.replaceAll(
                (id, report) -> report.toBuilder().setIndexesLeft(value).build());
    }

    /** The schemas that it was told to apply, and did. */
    public List<TableSchema> schemas() {
        return schemas;
    }

    /** How often it was told to apply a schema. */
    public long schemaOrders() {
        return schemaOrders.get();
    }

    private void drop(DropShardsRequest request, Replier reply) {
        requireEpoch(request.getEpoch());
        request.getShardIdsList().forEach(shards::remove);
        reply.reply(Reply.newBuilder().setDropShards(DropShardsReply.getDefaultInstance()));
    }

    private void requireEpoch(long given) {
        if (given < epoch) {
            throw MdsException.of(
                    ErrorCode.PERMISSION_DENIED, "epoch " + given + " is older than " + epoch + ", which was seen");
        }
        epoch = given;
    }
}
