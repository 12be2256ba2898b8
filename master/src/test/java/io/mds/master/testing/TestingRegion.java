package io.mds.master.testing;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.Address;
import io.mds.proto.DropShardsReply;
import io.mds.proto.DropShardsRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.HeartbeatReply;
import io.mds.proto.HeartbeatRequest;
import io.mds.proto.OpenShard;
import io.mds.proto.OpenShardsReply;
import io.mds.proto.OpenShardsRequest;
import io.mds.proto.RegisterReply;
import io.mds.proto.RegisterRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.ShardReport;
import io.mds.rpc.ConnectionListener;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** A region as a master sees it: it registers, beats, opens and drops shards in memory, and refuses old epochs. */
public final class TestingRegion implements RequestHandler {
    public final UUID identity = UUID.randomUUID();
    private final ByteString secret = ByteString.copyFromUtf8("secret of " + identity);
    private final Map<Long, ShardReport> shards = new ConcurrentSkipListMap<>();
    private final int port;
    private volatile long id;
    private volatile long epoch;
    private final AtomicLong sequence = new AtomicLong();
    private volatile boolean opens = true;
    private volatile RegisterReply registered;
    private volatile TestingConnection connection;

    public TestingRegion(int port) {
        this.port = port;
    }

    public TestingConnection connect(RequestHandler master, ConnectionListener listener) {
        connection = new TestingConnection(master, listener, Role.REGION, "region " + id, this);
        return connection;
    }

    public RegisterReply register(RequestHandler master, ConnectionListener listener) {
        connect(master, listener);
        return register();
    }

    public RegisterReply register() {
        registered =
                connection.ask(Request.newBuilder().setRegister(registration())).getRegister();
        id = registered.getRegionId();
        epoch = Math.max(epoch, registered.getEpoch());
        sequence.set(0);
        return registered;
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
    public HeartbeatReply beat() {
        return connection
                .ask(Request.newBuilder()
                        .setHeartbeat(HeartbeatRequest.newBuilder()
                                .setRegionId(id)
                                .setEpoch(epoch)
                                .setSequence(sequence.incrementAndGet())
                                .setFull(true)
                                .addAllShards(shards.values())))
                .getHeartbeat();
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

    @Override
    public void handle(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        switch (request.getBodyCase()) {
            case OPEN_SHARDS -> open(request.getOpenShards(), reply);
            case DROP_SHARDS -> drop(request.getDropShards(), reply);
            default -> throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "unexpected " + request.getBodyCase());
        }
    }

    private void open(OpenShardsRequest request, Replier reply) {
        requireEpoch(request.getEpoch());
        if (!opens) {
            return;
        }
        OpenShardsReply.Builder answer = OpenShardsReply.newBuilder();
        for (OpenShard open : request.getShardsList()) {
            ShardReport report = ShardReport.newBuilder()
                    .setShardId(open.getView().getShardId())
                    .setView(open.getView().getView())
                    .setLeader(open.getView().getLeaderRegion() == id)
                    .setServing(true)
                    .build();
            shards.put(report.getShardId(), report);
            answer.addShards(report);
        }
        reply.reply(Reply.newBuilder().setOpenShards(answer));
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
