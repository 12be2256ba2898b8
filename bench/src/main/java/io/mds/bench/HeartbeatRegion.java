package io.mds.bench;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.Address;
import io.mds.proto.ErrorCode;
import io.mds.proto.HeartbeatRequest;
import io.mds.proto.RegisterReply;
import io.mds.proto.RegisterRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.ShardReport;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.Replier;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import io.mds.rpc.RpcTransport;
import io.mds.znode.ShardRecord;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A region as far as its master can tell: it registers with an identity of its own, beats, and obeys; it has no data and
 * listens nowhere.
 *
 * <p>Thread: any; answers and orders come on an event loop. The lock is never held across I/O.
 */
final class HeartbeatRegion implements RequestHandler {
    static final String HOST = "127.0.0.1";

    /** Regions' ports differ, as two regions at one address are refused. */
    static final int FIRST_PORT = 10_000;

    /** So many shards have been written to since the beat before. */
    static final int WRITTEN_BETWEEN_BEATS = 10;

    /** Between two heartbeats, as masters ask for by default. */
    static final Duration INTERVAL = Duration.ofSeconds(5);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration REGISTRATION_LIMIT = Duration.ofSeconds(30);
    private static final int SECRET_BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final UUID identity = UUID.randomUUID();
    private final ByteString secret;
    private final int port;
    private final long startedAtMillis = System.currentTimeMillis();
    private final RpcTransport transport;
    private final Supplier<HeartbeatTally> tally;
    private final HeartbeatShards shards = new HeartbeatShards();
    private volatile long id;
    private volatile String clusterId = "";

    @GuardedBy("this")
    private HostPort master;

    @GuardedBy("this")
    private RpcConnection connection;

    @GuardedBy("this")
    private long sequence;

    @GuardedBy("this")
    private boolean reportInFull;

    /** A heartbeat or a registration has no answer yet. */
    @GuardedBy("this")
    private boolean waiting;

    /**
     * @param number from 0, another for each region
     * @param tally where heartbeats are counted now
     */
    HeartbeatRegion(int number, RpcTransport transport, Supplier<HeartbeatTally> tally) {
        byte[] random = new byte[SECRET_BYTES];
        RANDOM.nextBytes(random);
        this.secret = ByteString.copyFrom(random);
        this.port = FIRST_PORT + number;
        this.transport = transport;
        this.tally = tally;
    }

    /** 0 until a master has given one. */
    long id() {
        return id;
    }

    int port() {
        return port;
    }

    /** Has had these shards for ever. */
    void hold(List<ShardRecord> held) {
        shards.hold(held, id);
    }

    /**
     * Connects to this master and registers with it, and from now on again whenever that is lost.
     *
     * @return done when it was tried, even in vain: then the next heartbeat tries again
     */
    CompletableFuture<Void> join(HostPort address) {
        synchronized (this) {
            master = address;
            waiting = true;
        }
        return comeBack(address);
    }

    /** The master is another from now on. Does not wait. */
    void moveTo(HostPort address) {
        synchronized (this) {
            master = address;
            reportInFull = true;
        }
        retry();
    }

    /** Tries to register, if it is to be registered and is not. Does not wait. */
    void retry() {
        HostPort address;
        synchronized (this) {
            if (master == null || waiting || isRegistered()) {
                return;
            }
            waiting = true;
            address = master;
        }
        var unused = comeBack(address);
    }

    private CompletableFuture<Void> comeBack(HostPort address) {
        return register(address).handle((done, failure) -> {
            synchronized (this) {
                waiting = false;
            }
            return null;
        });
    }

    private CompletableFuture<Void> register(HostPort address) {
        Deadline deadline = Deadline.after(REGISTRATION_LIMIT);
        LocalIdentity self =
                new LocalIdentity(Role.REGION, "region at " + HOST + ":" + port, () -> clusterId, () -> id);
        return transport
                .connect(address, self, this, deadline)
                .thenCompose(opened -> opened.call(Request.newBuilder().setRegister(registration()), deadline)
                        .thenAccept(reply -> registered(opened, reply.getRegister()))
                        .whenComplete((done, failure) -> {
                            if (failure != null) {
                                opened.close();
                            }
                        }));
    }

    synchronized boolean isRegistered() {
        return connection != null && connection.isOpen();
    }

    private RegisterRequest.Builder registration() {
        return RegisterRequest.newBuilder()
                .setIdentity(identity.toString())
                .setIdentitySecret(secret)
                .setAddress(Address.newBuilder().setHost(HOST).setPort(port))
                .setAdminPort(port)
                .setSoftwareVersion("bench")
                .setKnownRegionId(id)
                .setStartedAtMs(startedAtMillis);
    }

    private synchronized void registered(RpcConnection opened, RegisterReply reply) {
        id = reply.getRegionId();
        clusterId = reply.getClusterId();
        shards.epoch(reply.getEpoch());
        connection = opened;
        sequence = 0;
        reportInFull = true;
    }

    /** Sends nothing more until it joins again. */
    synchronized void rest() {
        master = null;
        connection = null;
    }

    /** Sends the next heartbeat; registers again when the connection is lost. Does not wait. */
    void beat() {
        RpcConnection to;
        HostPort address;
        HeartbeatRequest beat = null;
        synchronized (this) {
            if (master == null) {
                return;
            }
            if (waiting) {
                tally.get().missed();
                return;
            }
            waiting = true;
            address = master;
            to = connection;
            if (isRegistered()) {
                beat = nextBeat();
            }
        }
        if (beat == null) {
            tally.get().missed();
            var unused = comeBack(address);
            return;
        }
        long begin = System.nanoTime();
        var unused = to.call(Request.newBuilder().setHeartbeat(beat), Deadline.after(PATIENCE))
                .whenComplete((reply, failure) -> answered(to, begin, reply, failure));
    }

    @GuardedBy("this")
    private HeartbeatRequest nextBeat() {
        shards.write(WRITTEN_BETWEEN_BEATS);
        boolean full = reportInFull;
        Collection<ShardReport> reports = full ? shards.all() : shards.changes();
        return HeartbeatRequest.newBuilder()
                .setRegionId(id)
                .setEpoch(shards.epoch())
                .setSequence(++sequence)
                .setFull(full)
                .addAllShards(reports)
                .setStoreBytes(1L << 30)
                .setLogBytes(1L << 28)
                .setRequestsPerSecond(100)
                .build();
    }

    private void answered(RpcConnection to, long begin, Reply reply, Throwable failure) {
        boolean heard = failure == null && !reply.getHeartbeat().getRegisterAgain();
        if (heard) {
            tally.get().answered(System.nanoTime() - begin);
        } else {
            tally.get().missed();
            to.close();
        }
        synchronized (this) {
            waiting = false;
            reportInFull = !heard || reply.getHeartbeat().getReportInFull();
        }
    }

    @Override
    public void handle(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        Reply.Builder answer = Reply.newBuilder();
        switch (request.getBodyCase()) {
            case OPEN_SHARDS -> answer.setOpenShards(shards.open(request.getOpenShards(), id));
            case SEAL_SHARDS -> answer.setSealShards(shards.seal(request.getSealShards()));
            case DROP_SHARDS -> answer.setDropShards(shards.drop(request.getDropShards()));
            case APPLY_SCHEMA -> answer.setApplySchema(shards.apply(request.getApplySchema()));
            default ->
                throw MdsException.builder(
                                ErrorCode.INVALID_ARGUMENT,
                                "a simulated region takes no " + request.getBodyCase() + " requests")
                        .withoutStackTrace()
                        .build();
        }
        reply.reply(answer);
    }
}
