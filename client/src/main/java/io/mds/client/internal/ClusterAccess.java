package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.idle.IdleSpin;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.ShardRef;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.Replier;
import io.mds.rpc.RpcConfig;
import io.mds.rpc.RpcConnection;
import io.mds.rpc.RpcTransport;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Everything between the public API and the wire: finds masters, knows routes, sends requests to shards and repeats them.
 *
 * <p><em>Thread:</em> any; nothing here blocks but {@link #close()}.
 */
public final class ClusterAccess implements AutoCloseable {
    private static final int WAITING_PER_PERMIT = 16;
    private static final int MAX_SEEN_SHARDS = 1 << 16;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(1);
    private static final Duration BACKGROUND_BACKOFF_MIN = Duration.ofMillis(100);
    private static final Duration BACKGROUND_BACKOFF_MAX = Duration.ofSeconds(5);
    private static final Duration UNUSED_LINKS_CHECK = Duration.ofMinutes(1);

    private final AccessSettings settings;
    private final RpcTransport transport;
    private final ClientTimer timer;
    private final MasterLink masters;
    private final RouteCache routes;
    private final RegionLinks regions;
    private final InFlightLimit limit;
    private final WriteSlots slots;
    private final IdleSpin spin;
    private final ReplicaChoice replicas = new ReplicaChoice();
    private final SeenIndexes seen = new SeenIndexes(MAX_SEEN_SHARDS);
    private final RetryPacer pacer = new RetryPacer(System.nanoTime());
    private final Backoff backoff;
    private final Backoff backgroundBackoff = new Backoff(BACKGROUND_BACKOFF_MIN, BACKGROUND_BACKOFF_MAX);
    private final AtomicInteger backgroundFailures = new AtomicInteger();
    private final AtomicBoolean reconnecting = new AtomicBoolean();
    private volatile String clusterId = "";
    private volatile boolean closing;
    private volatile boolean closed;

    public ClusterAccess(AccessSettings settings) {
        this.settings = settings;
        this.spin = new IdleSpin(settings.spin());
        this.backoff = new Backoff(settings.backoffMin(), settings.backoffMax());
        this.limit = new InFlightLimit(settings.maxInFlight(), settings.maxInFlight() * WAITING_PER_PERMIT);
        this.slots = new WriteSlots(UUID.randomUUID(), settings.maxInFlight());
        this.timer = new ClientTimer(settings.name() + "-timer");
        this.transport = new RpcTransport(rpcConfig(settings), settings.name());
        LocalIdentity identity = new LocalIdentity(Role.CLIENT, settings.name(), () -> clusterId, () -> 0L);
        ConnectString connect = settings.connect();
        MasterLocator locator = connect.zooKeeper()
                ? new ZooKeeperLocator(
                        connect.hostList(), connect.root(), settings.name() + "-discovery", ZooKeeperLocator.RETRY)
                : new FixedMasters(connect.hosts());
        this.masters = new MasterLink(
                transport, identity, this::handlePush, locator, timer, backoff, settings.attemptTimeout());
        this.routes = new RouteCache(masters, settings.timeout());
        this.regions = new RegionLinks(transport, identity, this::refusePush, settings.connectionsPerRegion());
        masters.listeners(this::masterConnected, this::reconnectLater);
        scheduleUnusedLinksCheck();
    }

    private static RpcConfig rpcConfig(AccessSettings settings) {
        RpcConfig d = RpcConfig.DEFAULTS;
        return new RpcConfig(
                d.maxFrameBytes(),
                d.maxInFlight(),
                d.idleTimeout(),
                d.connectTimeout(),
                settings.backoffMin(),
                settings.backoffMax(),
                settings.eventLoopThreads(),
                d.maxConnections(),
                settings.spin());
    }

    /** How long callers look for their answers before they block. */
    public IdleSpin spin() {
        return spin;
    }

    /** The table when its routes are known: the way without any wait; null otherwise. */
    public CachedTable known(String table) {
        return routes.known(table);
    }

    /** The table with its routes, looked up if need be. */
    public CompletableFuture<CachedTable> load(String table, Deadline deadline) {
        CachedTable known = routes.known(table);
        if (known != null) {
            return CompletableFuture.completedFuture(known);
        }
        if (closing) {
            return CompletableFuture.failedFuture(clientClosed());
        }
        CompletableFuture<CachedTable> mine = new CompletableFuture<>();
        ClientTimer.Task expiry = timer.schedule(
                () -> mine.completeExceptionally(closed ? clientClosed() : noRoutes(table)), deadline.remainingNanos());
        CompletableFuture<CachedTable> unused = routes.load(table).whenComplete((found, error) -> {
            expiry.cancel();
            if (error == null) {
                mine.complete(found);
            } else {
                mine.completeExceptionally(Failures.unwrap(error));
            }
        });
        return mine;
    }

    private static MdsException noRoutes(String table) {
        return MdsException.builder(
                        ErrorCode.DEADLINE_EXCEEDED, "table '" + table + "': no master answered where it is in time")
                .withoutStackTrace()
                .build();
    }

    /** Asks a shard something that changes nothing: those of its replicas that the policy lets answer. */
    public CompletableFuture<Reply> read(
            CachedTable table,
            TableRoutes routes,
            int shard,
            ReadPolicy policy,
            ReadPolicy.ReadRequest request,
            Deadline deadline) {
        if (closing) {
            return CompletableFuture.failedFuture(clientClosed());
        }
        ShardTarget target = ShardTarget.of(table, routes, shard);
        if (policy.level() != ReadPolicy.Level.STRONG) {
            ReplicaRead read = new ReplicaRead(this, target, policy, request, deadline);
            read.start();
            return read;
        }
        ShardCall call = strongRead(target, policy, request, deadline);
        call.start();
        return call;
    }

    ShardCall strongRead(ShardTarget target, ReadPolicy policy, ReadPolicy.ReadRequest request, Deadline deadline) {
        return new ShardCall(
                this,
                target,
                false,
                (ref, noId) -> request.build(ref, policy.ofLeader(ref.getShardId())),
                policy.seen(),
                deadline);
    }

    /**
     * Has a shard's leader change something, once at most.
     *
     * @param seen where it is noted that the caller has seen it
     */
    public CompletableFuture<Reply> write(
            CachedTable table,
            TableRoutes routes,
            int shard,
            ShardRequest request,
            SeenIndexes seen,
            Deadline deadline) {
        if (closing) {
            return CompletableFuture.failedFuture(clientClosed());
        }
        ShardTarget target = ShardTarget.of(table, routes, shard);
        ShardCall call = new ShardCall(this, target, true, request, seen, deadline);
        call.start();
        return call;
    }

    /** Asks one replica of a shard, once, for as long as the deadline allows; not counted among the calls under way. */
    public CompletableFuture<Reply> askReplica(
            TableRoutes routes,
            int shard,
            HostPort replica,
            Function<ShardRef, Request.Builder> request,
            Deadline deadline) {
        return closing
                ? CompletableFuture.failedFuture(clientClosed())
                : regions.channel(replica).call(request.apply(routes.ref(shard)), deadline);
    }

    /** Asks the server at this address, whatever it is, once. */
    public CompletableFuture<Reply> askAt(HostPort server, Request.Builder request, Deadline deadline) {
        return closing
                ? CompletableFuture.failedFuture(clientClosed())
                : regions.channel(server).call(request, deadline);
    }

    /** Takes from a region's refusal what it says of routes. */
    public void learn(CachedTable table, MdsException refusal) {
        refusal.route().ifPresent(table::merge);
    }

    /** Looks for newer routes in the background, unless that was just done. */
    public void refresh(CachedTable table) {
        routes.refresh(table);
    }

    /** Completes after this time, or at once when the client is closed. */
    public CompletableFuture<Void> after(long nanos) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        ClientTimer.Task unused = timer.schedule(() -> over.complete(null), nanos);
        return over;
    }

    /** What all calls of this client outside sessions have seen together. */
    public SeenIndexes seen() {
        return seen;
    }

    /** Asks the active master something that changes nothing. */
    public CompletableFuture<Reply> ask(String what, Request.Builder request, Deadline deadline) {
        Request template = request.build();
        return closing
                ? CompletableFuture.failedFuture(clientClosed())
                : masters.call(what, again -> template.toBuilder(), MasterLink.Effects.NONE, deadline);
    }

    /**
     * Has the active master change something.
     *
     * @param request makes the request of one attempt; told whether an earlier attempt may have taken effect
     */
    public CompletableFuture<Reply> change(String what, Function<Boolean, Request.Builder> request, Deadline deadline) {
        return closing
                ? CompletableFuture.failedFuture(clientClosed())
                : masters.call(what, request, MasterLink.Effects.SOME, deadline);
    }

    /** A table that this client has just dropped. */
    public void dropped(String table) {
        routes.forget(table);
    }

    private void handlePush(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        if (request.hasRouteUpdate()) {
            routes.learn(request.getRouteUpdate());
        } else {
            refusePush(from, request, reply, deadline);
        }
    }

    private void refusePush(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        reply.fail(MdsException.of(
                ErrorCode.INVALID_ARGUMENT, "a client answers no " + request.getBodyCase() + " requests"));
    }

    private void masterConnected(RpcConnection connection) {
        clusterId = connection.peer().clusterId();
        backgroundFailures.set(0);
        if (!routes.isEmpty()) {
            CompletableFuture<Void> unused = routes.subscribeAgain().whenComplete((done, error) -> {
                if (error != null) {
                    reconnectLater();
                }
            });
        }
    }

    /** Without a master nobody pushes routes: looks for one in the background, while calls go on with the routes there are. */
    private void reconnectLater() {
        if (closing || routes.isEmpty() || !reconnecting.compareAndSet(false, true)) {
            return;
        }
        int failures = backgroundFailures.incrementAndGet();
        long wait = backgroundBackoff.nanos(failures) + (failures == 1 ? ReconnectPacer.spreadNanos() : 0);
        ClientTimer.Task unusedTask = timer.schedule(
                () -> {
                    reconnecting.set(false);
                    if (!closing) {
                        CompletableFuture<RpcConnection> unused = masters.connection(false)
                                .whenComplete((connection, error) -> {
                                    if (error != null) {
                                        reconnectLater();
                                    }
                                });
                    }
                },
                wait);
    }

    private void scheduleUnusedLinksCheck() {
        ClientTimer.Task unused = timer.schedule(
                () -> {
                    if (!closing) {
                        regions.closeUnless(routes::uses);
                        replicas.retain(routes::uses);
                        scheduleUnusedLinksCheck();
                    }
                },
                UNUSED_LINKS_CHECK.toNanos());
    }

    static MdsException clientClosed() {
        return MdsException.builder(ErrorCode.UNAVAILABLE, "the client is closed")
                .retryable(false)
                .withoutStackTrace()
                .build();
    }

    boolean isClosing() {
        return closing;
    }

    boolean isClosed() {
        return closed;
    }

    ClientTimer timer() {
        return timer;
    }

    RouteCache routes() {
        return routes;
    }

    RegionLinks regions() {
        return regions;
    }

    ReplicaChoice replicas() {
        return replicas;
    }

    InFlightLimit limit() {
        return limit;
    }

    WriteSlots slots() {
        return slots;
    }

    RetryPacer pacer() {
        return pacer;
    }

    Backoff backoff() {
        return backoff;
    }

    RequestTrace trace(ShardTarget target, boolean write) {
        return RequestTrace.begin(settings.observer(), target, write);
    }

    long attemptNanos() {
        return settings.attemptTimeout().toNanos();
    }

    /**
     * Takes no more calls, gives those under way a second to end, fails the rest. Idempotent.
     *
     * @param mayWait false on a network thread, where nothing may wait
     */
    public void close(boolean mayWait) {
        synchronized (this) {
            if (closing) {
                return;
            }
            closing = true;
        }
        long until = System.nanoTime() + CLOSE_PATIENCE.toNanos();
        while (mayWait
                && limit.underWay() > 0
                && System.nanoTime() - until < 0
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, Duration.ofMillis(1).toNanos());
        }
        closed = true;
        masters.close();
        regions.close();
        transport.close();
        timer.close();
        routes.wakeAll();
    }

    @Override
    public void close() {
        close(true);
    }
}
