package io.mds.region;

import io.mds.config.ConfigException;
import io.mds.config.DaemonCommandLine;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.Role;
import io.mds.region.admin.RegionAdmin;
import io.mds.region.peer.Peers;
import io.mds.region.registration.Membership;
import io.mds.region.registration.RegionIdentity;
import io.mds.region.registration.Registration;
import io.mds.region.service.CatchUp;
import io.mds.region.service.DurableWork;
import io.mds.region.service.MasterOrders;
import io.mds.region.service.RegionService;
import io.mds.region.service.RegionWorkers;
import io.mds.region.service.Shards;
import io.mds.region.snapshot.SnapshotPulls;
import io.mds.region.snapshot.SnapshotServer;
import io.mds.region.store.DamagedStoreException;
import io.mds.region.store.Store;
import io.mds.region.store.StoreException;
import io.mds.region.wal.CorruptLogException;
import io.mds.region.wal.LogFiles;
import io.mds.region.wal.RecoveryReport;
import io.mds.region.wal.WriteAheadLog;
import io.mds.rpc.ConnectionListener;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.RpcServer;
import io.mds.rpc.RpcTransport;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A region process: recovers its store from its log, serves the shards it holds, and then looks for the master.
 *
 * <p>Started once and closed once, by one thread. The order matters: the log is replayed before anything is served, and the
 * data path serves before the control plane is found.
 */
public final class Region implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Region.class);
    private static final long LOOK_AT_LOG_MS = 1_000;
    /** A master gives thousands of shards other leaders in less; without it, they get them as those of a dead region do. */
    private static final Duration HAND_OVER_LIMIT = Duration.ofSeconds(5);

    private final RegionConfig config;
    private final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ScheduledExecutorService background = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "region-checkpoint");
        thread.setDaemon(true);
        return thread;
    });
    private final Runnable onDamage;
    private SoleShards soleShards;
    private Store store;
    private WriteAheadLog log;
    private RegionWorkers workers;
    private RegionService service;
    private Shards shards;
    private MasterOrders orders;
    private CatchUp catchUp;
    private SnapshotServer snapshots;
    private Peers peers;
    private RpcTransport transport;
    private LocalIdentity self;
    private RpcServer server;
    private final DurableWork durable = new DurableWork();
    private RegionAdmin admin;
    private Membership membership;
    private Registration registration;
    private ScheduledFuture<?> checkpoints;
    private volatile boolean closing;

    /** The checkpoint thread's. */
    private boolean damageTold;

    public Region(RegionConfig config) {
        this(config, () -> {});
    }

    /** @param onDamage called once the store turns out to be damaged, and the next start knows it: the process should end */
    Region(RegionConfig config, Runnable onDamage) {
        this.config = config;
        this.onDamage = onDamage;
    }

    /**
     * Recovers and serves; returns before a master is found.
     *
     * @throws ConfigException when the data directory, the store or the log cannot be used
     * @throws io.mds.error.MdsException when an address cannot be listened on
     */
    public void start() {
        boolean started = false;
        try {
            Replay replay = openOrBeginAnew();
            RegionIdentity identity = RegionIdentity.loadOrCreate(config.dataDirectory());
            LastLease.outlive(config.dataDirectory(), config.replication().lease());
            serve(identity, replay);
            listen(identity);
            scheduleCheckpoints();
            registration.start();
            started = true;
        } catch (IOException | StoreException | CorruptLogException e) {
            throw new ConfigException(config.dataDirectory() + ": " + e.getMessage());
        } finally {
            if (!started) {
                close();
            }
        }
    }

    private Replay openOrBeginAnew() throws IOException {
        Path directory = config.dataDirectory();
        String damage = DamagedData.marked(directory);
        if (damage == null) {
            try {
                return openData();
            } catch (DamagedStoreException | CorruptLogException e) {
                damage = e.getMessage();
                closeData();
                metrics.clear();
            }
        }
        if (!config.isStoreHere()) {
            throw new ConfigException(directory + ": " + damage);
        }
        DamagedData.setAside(directory, damage);
        return openData();
    }

    private Replay openData() throws IOException {
        Files.createDirectories(config.dataDirectory());
        log = WriteAheadLog.open(config.dataDirectory().resolve("log"), config.log(), LogFiles.onDisk(), metrics);
        store = Store.open(config.store(), metrics);
        soleShards = new SoleShards(config.dataDirectory());
        return recover();
    }

    private void closeData() throws IOException {
        if (store != null) {
            store.close();
            store = null;
        }
        log.close();
        log = null;
    }

    private Replay recover() throws IOException {
        if (log.isMissing() && !store.shards().isEmpty()) {
            throw CorruptLogException.missing(
                    config.dataDirectory().resolve("log"), store.shards().size());
        }
        Replay replay = new Replay(store);
        RecoveryReport report = log.recover(replay, durable);
        replay.finish();
        LOG.info(
                "recovered: {} entries in {} log segments, {} of them applied again, {} torn bytes cut, {} shards",
                report.entries(),
                report.segments(),
                replay.applied(),
                report.tornBytes(),
                store.shards().size());
        return replay;
    }

    private void serve(RegionIdentity identity, Replay replay) {
        workers = new RegionWorkers(config.applyThreads(), config.readThreads(), config.queuedReads());
        transport = new RpcTransport(config.rpc().limits(), "mds-region");
        LongSupplier id = () -> registration == null ? identity.regionId() : registration.regionId();
        self = new LocalIdentity(
                Role.REGION,
                "region at " + config.rpc().bind(),
                () -> registration == null ? "" : registration.clusterId(),
                id);
        peers = new Peers(
                id,
                address -> transport.channel(
                        address,
                        self,
                        (from, request, reply, deadline) -> service.handle(from, request, reply, deadline)));
        catchUp = new CatchUp(new SnapshotPulls(store, config.snapshots()), config.snapshots(), peers);
        shards = new Shards(id, log, durable, workers, peers, catchUp, config.shards());
        orders = new MasterOrders(store, log, shards, peers, soleShards::record, workers);
        snapshots = new SnapshotServer(
                shards::led,
                workers.read(),
                config.snapshots(),
                config.dataDirectory().resolve("copies"));
        service = new RegionService(shards, orders, peers, snapshots, workers);
        shards.reopen(store, replay::recovered);
    }

    private void listen(RegionIdentity identity) {
        HostPort bind = config.rpc().bind();
        server = transport.listen(bind, self, service, ConnectionListener.NONE);
        admin = RegionAdmin.bind(config.admin());
        membership = new Membership(
                config.zooKeeper().connect(),
                config.zooKeeper().root(),
                config.zooKeeper().sessionTimeout(),
                config.zooKeeper().connectionTimeout());
        HostPort advertised = config.rpc().advertised(server.port());
        registration = new Registration(
                new Registration.Subject(
                        config.dataDirectory(),
                        advertised,
                        admin.port(),
                        DaemonCommandLine.version(),
                        shards::reports,
                        () -> new Registration.Load(
                                store.bytes(), log.bytes(), !log.health().isHealthy(), service.requestCount()),
                        orders::sawEpoch),
                identity,
                membership,
                transport,
                service);
        shards.onNews(registration::reportSoon);
        store.onIndexChange(registration::reportSoon);
        admin.serve(new RegionAdmin.View(service, shards, orders, registration, log, metrics));
        LOG.info("{} listens on {}, known as {}, admin pages on port {}", identity, bind, advertised, admin.port());
    }

    private void scheduleCheckpoints() {
        // Regions that were started together must not make their checkpoints together, on a disk that they may share.
        Duration interval = config.checkpointInterval();
        long since = System.nanoTime() - ThreadLocalRandom.current().nextLong(interval.toNanos() * 3 / 4);
        CheckpointSchedule schedule =
                new CheckpointSchedule(interval, config.log().maxLogBytes(), since, log.bytes());
        Timer timer = Timer.builder("mds.store.checkpoint")
                .description("Time of one checkpoint of the store")
                .register(metrics);
        long look = Math.min(LOOK_AT_LOG_MS, interval.toMillis());
        checkpoints = background.scheduleWithFixedDelay(
                () -> {
                    store.damage().ifPresent(this::damaged);
                    if (schedule.isDue(System.nanoTime(), log.bytes())) {
                        timer.record(() -> checkpoint(schedule));
                    }
                },
                look,
                look,
                TimeUnit.MILLISECONDS);
    }

    private void damaged(DamagedStoreException damage) {
        if (config.isStoreHere() && !damageTold) {
            damageTold = true;
            LOG.error("the region ends, and its next start begins anew: {}", damage.getMessage());
            DamagedData.mark(config.dataDirectory(), damage.getMessage());
            onDamage.run();
        }
    }

    private void checkpoint(CheckpointSchedule schedule) {
        schedule.begun(log.bytes());
        try {
            long before = log.activeSegment();
            Map<ShardId, ViewNumber> promises = shards.promises();
            Map<ShardId, WriteAheadLog.Released> durable = new HashMap<>();
            store.checkpointCalmly(() -> closing ? 0 : schedule.rests(log.bytes()))
                    .forEach((shard, last) -> durable.put(
                            shard, new WriteAheadLog.Released(last, promises.getOrDefault(shard, new ViewNumber(0)))));
            schedule.flushed(log.bytes());
            store.recordPromises(promises);
            Set<ShardId> needing = log.release(durable, before);
            if (!needing.isEmpty() && schedule.isLogLong(log.bytes())) {
                LOG.warn("the log is about to refuse writes: it is kept for what shards {} cannot apply", needing);
            }
        } catch (IOException | RuntimeException e) {
            LOG.error("the store could not be made durable; the log grows until it can", e);
        }
        schedule.done(System.nanoTime(), log.bytes());
    }

    /** The port that RPC listens on. */
    public int port() {
        return server.port();
    }

    public int adminPort() {
        return admin.port();
    }

    /** 0 until a master has given one. */
    public long regionId() {
        return registration.regionId();
    }

    /** Lets others lead its shards, answers what is under way, makes the store durable and ends. */
    @Override
    public void close() {
        closing = true;
        if (registration != null) {
            handOver();
            registration.close();
            membership.close();
        }
        if (server != null) {
            server.stopAccepting();
        }
        if (checkpoints != null) {
            checkpoints.cancel(false);
        }
        background.shutdown();
        closeCopies();
        if (workers != null) {
            workers.close();
        }
        if (log != null) {
            try {
                log.close();
            } catch (IOException e) {
                LOG.error("the log did not close in order", e);
            }
        }
        if (store != null) {
            if (workers != null) {
                checkpointAtEnd();
            }
            store.close();
        }
        closeNetwork();
    }

    private void handOver() {
        try {
            registration.handOver(HAND_OVER_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void checkpointAtEnd() {
        try {
            store.checkpoint();
        } catch (StoreException e) {
            LOG.warn("the store was not made durable at the end; the log will be replayed: {}", e.getMessage());
        }
    }

    /** Ends as abruptly as one JVM allows: nothing is drained, nothing made durable. */
    public void halt() {
        closeNetwork();
        background.shutdownNow();
        closeCopies();
        workers.halt();
        registration.close();
        membership.close();
        try {
            log.close();
        } catch (IOException e) {
            LOG.warn("the log did not close: {}", e.getMessage());
        }
        store.close();
    }

    private void closeCopies() {
        if (snapshots != null) {
            snapshots.close();
        }
        if (catchUp != null) {
            catchUp.close();
        }
    }

    private void closeNetwork() {
        if (admin != null) {
            admin.close();
        }
        if (server != null) {
            server.close();
        }
        if (peers != null) {
            peers.close();
        }
        if (transport != null) {
            transport.close();
        }
    }
}
