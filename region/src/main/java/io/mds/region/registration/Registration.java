package io.mds.region.registration;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.Epoch;
import io.mds.id.RegionId;
import io.mds.proto.ErrorCode;
import io.mds.proto.HeartbeatReply;
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
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import io.mds.rpc.RpcTransport;
import io.mds.znode.ActiveMaster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a region registered with the active master: finds it in ZooKeeper, registers, heartbeats, and begins again when the
 * master, the connection or the ZooKeeper session changes.
 *
 * <p>Thread: one of its own; a watch, a closed connection and time wake it. It acts on what ZooKeeper holds when it looks,
 * not on events.
 */
public final class Registration implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Registration.class);
    private static final Duration RETRY = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /**
     * What is told about this region.
     *
     * @param reports the state of its shards
     * @param load store bytes, log bytes and requests since the start
     */
    public record Subject(
            Path directory,
            HostPort advertised,
            int adminPort,
            String version,
            Supplier<List<ShardReport>> reports,
            Supplier<Load> load,
            Consumer<Epoch> epochs) {}

    /** What the heartbeat says of the region as a whole. */
    public record Load(long storeBytes, long logBytes, boolean logFailed, long requests) {}

    private final Subject subject;
    private final Membership zooKeeper;
    private final RpcTransport transport;
    private final RequestHandler orders;
    private final Thread thread = new Thread(this::run, "region-registration");
    private final Semaphore wake = new Semaphore(0);
    private final long startedAtMillis = System.currentTimeMillis();
    private final Map<Long, ShardReport> acknowledged = new HashMap<>();
    private volatile boolean closing;
    private volatile HandOver handOver;
    private volatile RegionIdentity identity;
    private volatile String clusterId = "";
    private volatile ActiveMaster master;
    private volatile boolean registered;
    private RpcConnection connection;
    private Duration heartbeatInterval = Duration.ofSeconds(5);
    private boolean reportInFull = true;
    private long beats;
    private long lastRequests;
    private long lastBeatNanos = System.nanoTime();
    private String lastProblem = "";

    public Registration(
            Subject subject,
            RegionIdentity identity,
            Membership zooKeeper,
            RpcTransport transport,
            RequestHandler orders) {
        this.subject = subject;
        this.identity = identity;
        this.zooKeeper = zooKeeper;
        this.transport = transport;
        this.orders = orders;
        thread.setDaemon(true);
    }

    public void start() {
        zooKeeper.onChange(wake::release);
        thread.start();
    }

    /** Something is worth telling before the next heartbeat is due. Any thread, does not wait. */
    public void reportSoon() {
        if (wake.availablePermits() == 0) {
            wake.release();
        }
    }

    /** 0 until a master has given one. */
    public long regionId() {
        return identity.regionId();
    }

    /** Empty until a master has told it. */
    public String clusterId() {
        return clusterId;
    }

    public boolean isRegistered() {
        return registered;
    }

    /** The master that the region is, or was last, registered with. */
    public Optional<ActiveMaster> master() {
        return Optional.ofNullable(master);
    }

    private void run() {
        while (!closing) {
            Duration pause = RETRY;
            try {
                HandOver leaving = handOver;
                if (leaving == null) {
                    pause = step();
                } else {
                    leaving.run(connection);
                    return;
                }
                lastProblem = "";
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (Exception e) {
                disconnect();
                if (!String.valueOf(e.getMessage()).equals(lastProblem)) {
                    lastProblem = String.valueOf(e.getMessage());
                    LOG.info("not registered, trying again: {}", lastProblem);
                }
            }
            long millis = pause.toMillis();
            long jittered = millis * 3 / 4 + ThreadLocalRandom.current().nextLong(millis / 4 + 1);
            try {
                if (wake.tryAcquire(jittered, TimeUnit.MILLISECONDS)) {
                    wake.drainPermits();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Does what is due and gives the time until something is again. */
    private Duration step() throws Exception {
        Optional<ActiveMaster> active = zooKeeper.activeMaster();
        if (active.isPresent() && !active.get().equals(master)) {
            disconnect();
            master = active.get();
        }
        if (connection == null || !connection.isOpen()) {
            registered = false;
            if (master == null) {
                throw new IllegalStateException("no master is active (nothing at the active master's znode)");
            }
            register();
        }
        if (zooKeeper.isConnected()) {
            zooKeeper.ensureSession(
                    new RegionId(identity.regionId()),
                    subject.version(),
                    subject.advertised(),
                    Instant.ofEpochMilli(startedAtMillis));
        }
        heartbeat();
        return heartbeatInterval;
    }

    private void register() throws Exception {
        HostPort address = new HostPort(master.host(), master.port());
        LocalIdentity self = new LocalIdentity(
                Role.REGION, "region at " + subject.advertised(), () -> clusterId, () -> identity.regionId());
        Deadline deadline = Deadline.after(PATIENCE);
        RpcConnection opened = await(transport.connect(address, self, orders, deadline));
        try {
            Reply reply = await(opened.call(
                    Request.newBuilder()
                            .setRegister(RegisterRequest.newBuilder()
                                    .setIdentity(identity.identity())
                                    .setIdentitySecret(ByteString.copyFrom(identity.secretBytes()))
                                    .setAddress(subject.advertised().toProto())
                                    .setAdminPort(subject.adminPort())
                                    .setSoftwareVersion(subject.version())
                                    .setKnownRegionId(identity.regionId())
                                    .setStartedAtMs(startedAtMillis)),
                    deadline));
            accept(opened, reply.getRegister());
        } catch (Exception e) {
            opened.close();
            throw e;
        }
    }

    private void accept(RpcConnection opened, RegisterReply reply) throws IOException {
        if (identity.regionId() != 0 && identity.regionId() != reply.getRegionId()) {
            throw new IllegalStateException("the master gave region id " + reply.getRegionId()
                    + " to the identity of region " + identity.regionId());
        }
        if (identity.regionId() == 0) {
            RegionIdentity named = identity.withRegionId(reply.getRegionId());
            named.save(subject.directory());
            identity = named;
        }
        subject.epochs().accept(new Epoch(reply.getEpoch()));
        clusterId = reply.getClusterId();
        heartbeatInterval = Duration.ofMillis(Math.max(50, reply.getHeartbeatIntervalMs()));
        zooKeeper.authenticate(reply.getCredential());
        connection = opened;
        opened.onClose(wake::release);
        acknowledged.clear();
        reportInFull = true;
        beats = 0;
        registered = true;
        LOG.info(
                "registered as region {} with master {} at {}:{}, epoch {}",
                reply.getRegionId(),
                master.id(),
                master.host(),
                master.port(),
                reply.getEpoch());
    }

    private void heartbeat() throws Exception {
        List<ShardReport> all = subject.reports().get();
        boolean full = reportInFull;
        HeartbeatRequest.Builder beat = HeartbeatRequest.newBuilder()
                .setRegionId(identity.regionId())
                .setEpoch(master.epoch())
                .setSequence(++beats)
                .setFull(full);
        for (ShardReport report : all) {
            if (full || !report.equals(acknowledged.get(report.getShardId()))) {
                beat.addShards(report);
            }
        }
        Load load = subject.load().get();
        long now = System.nanoTime();
        double seconds = Math.max(0.001, (now - lastBeatNanos) / 1e9);
        beat.setStoreBytes(load.storeBytes())
                .setLogBytes(load.logBytes())
                .setLogFailed(load.logFailed())
                .setRequestsPerSecond((load.requests() - lastRequests) / seconds);
        lastBeatNanos = now;
        lastRequests = load.requests();
        HeartbeatReply reply = await(connection.call(Request.newBuilder().setHeartbeat(beat), Deadline.after(PATIENCE)))
                .getHeartbeat();
        if (reply.getRegisterAgain()) {
            disconnect();
            wake.release();
            return;
        }
        acknowledged.clear();
        all.forEach(report -> acknowledged.put(report.getShardId(), report));
        reportInFull = reply.getReportInFull();
        if (reportInFull) {
            wake.release();
        }
    }

    /**
     * Has the master give the shards that this region leads to others, while it goes on as before; returns when that is done,
     * when it cannot be done, or when the limit is over. There are no more heartbeats after it.
     */
    public void handOver(Duration limit) throws InterruptedException {
        if (registered) {
            HandOver leaving = new HandOver(Deadline.after(limit), identity.regionId());
            handOver = leaving;
            wake.release();
            leaving.await();
        }
    }

    static <T> T await(CompletableFuture<T> answer) throws Exception {
        try {
            return answer.get(PATIENCE.toMillis() * 2, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof MdsException refused) {
                throw refused;
            }
            throw MdsException.of(ErrorCode.INTERNAL, String.valueOf(e.getCause()));
        }
    }

    private void disconnect() {
        registered = false;
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }

    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        try {
            thread.join(PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        disconnect();
    }
}
