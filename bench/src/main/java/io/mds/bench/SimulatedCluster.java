package io.mds.bench;

import io.mds.rpc.HostPort;
import io.mds.rpc.RpcConfig;
import io.mds.rpc.RpcTransport;
import io.mds.testkit.MdsCluster;
import io.mds.testkit.Member;
import io.mds.znode.IdCounters;
import io.mds.znode.OpLogLatest;
import io.mds.znode.ShardRecord;
import io.mds.znode.StandbyMaster;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/**
 * A real master and a real ZooKeeper, each a process, with tables that nobody created and regions that are simulated in
 * this process.
 *
 * <p>The regions register with an empty cluster, as they would; while the master is down the tables are written as if it had
 * created them; then the master is started again, finds them, and the regions come back to it.
 */
final class SimulatedCluster implements AutoCloseable {
    /** Connections of this process to the master that are opened at the same time. */
    static final int AT_ONCE = 64;

    private static final String SECRET = "secret of the bench";
    private static final int SPARE_CONNECTIONS = 1_000;
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration POLL = Duration.ofMillis(200);
    /** Between a region's attempts to register, as regions have it. */
    private static final Duration RETRY = Duration.ofMillis(500);

    private final Size size;
    private final PrintStream progress;
    private final MdsCluster cluster;
    private final PlainZooKeeper zooKeeper;
    private final TableZnodes znodes;
    private final RpcTransport transport = transport("bench-regions");
    private final AtomicReference<HeartbeatTally> tally = new AtomicReference<>(new HeartbeatTally());
    private final List<HeartbeatRegion> regions = new ArrayList<>();
    private final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "heartbeats");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * How large the cluster is.
     *
     * @param masters one of which is active, while the others stand by
     * @param replicas of each shard
     * @param connections that clients open, at most
     */
    record Size(int masters, int regions, int tables, int shardsOfTable, int replicas, int connections) {}

    private SimulatedCluster(Servers servers, Size size, PrintStream progress) {
        this.size = size;
        this.progress = progress;
        this.cluster = servers.start(MdsCluster.builder()
                .masters(size.masters())
                .regions(0)
                .jvmOptions("-Xmx2g", "-XX:+ExitOnOutOfMemoryError")
                .secret(SECRET)
                // As shipped: the cluster of tests has a shorter one.
                .set("zookeeper.session-timeout", "10s")
                .setOnMasters(
                        "rpc.max-connections",
                        // The last tenth is closed to clients.
                        Integer.toString((size.connections() + size.regions() + SPARE_CONNECTIONS) * 10 / 9)));
        this.zooKeeper = PlainZooKeeper.asMaster(cluster.zooKeeper().connectString(), SECRET);
        this.znodes = new TableZnodes(zooKeeper, cluster.view().paths());
        for (int i = 0; i < size.regions(); i++) {
            regions.add(new HeartbeatRegion(i, transport, tally::get));
        }
    }

    /** Patient: ten thousand connections to one process take their time. */
    static RpcTransport transport(String threadName) {
        RpcConfig usual = RpcConfig.DEFAULTS;
        return new RpcTransport(
                new RpcConfig(
                        usual.maxFrameBytes(),
                        usual.maxInFlight(),
                        usual.idleTimeout(),
                        Duration.ofSeconds(10),
                        usual.backoffMin(),
                        usual.backoffMax(),
                        usual.eventLoopThreads(),
                        usual.maxConnections()),
                threadName);
    }

    /**
     * Returns when the master has all tables, and every region is live and reported its shards.
     *
     * @throws IllegalStateException with the end of the master's log, when it does not come to that
     */
    static SimulatedCluster start(Servers servers, Size size, PrintStream progress) throws Exception {
        progress.printf("starting a master and ZooKeeper%s%n", servers.settings());
        SimulatedCluster made = new SimulatedCluster(servers, size, progress);
        try {
            made.populate();
            return made;
        } catch (Exception e) {
            String state = made.cluster.dump();
            try (made) {
                throw new IllegalStateException(e.getMessage() + "\n" + state, e);
            }
        }
    }

    private void populate() throws Exception {
        startBeating();
        registerAll();
        znodes.writeSessions(
                regions, Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
        Member master = cluster.activeMaster();
        regions.forEach(HeartbeatRegion::rest);
        standbys(master).forEach(Member::stop);
        master.stop();
        long begin = System.nanoTime();
        IdCounters ids = znodes.nextIds();
        TablePlan plan = TablePlan.of(
                size.tables(),
                size.shardsOfTable(),
                size.replicas(),
                regions.stream().map(HeartbeatRegion::id).toList(),
                ids.nextTable(),
                ids.nextShard());
        znodes.write(plan);
        Map<Long, List<ShardRecord>> held = plan.byRegion();
        regions.forEach(region -> region.hold(held.getOrDefault(region.id(), List.of())));
        say("%,d tables written in %.1f s", size.tables(), secondsSince(begin));
        begin = System.nanoTime();
        master.start();
        cluster.awaitReady();
        say("master started again and serves after %.1f s", secondsSince(begin));
        registerAll();
        MasterUsage.Gauges unusedGauges = awaitWhole(usage());
        for (Member standby : standbys(master)) {
            standby.start();
            awaitFollowing(standby);
        }
    }

    private List<Member> standbys(Member active) {
        return cluster.masters().stream().filter(member -> member != active).toList();
    }

    /** Returns when this standby has the state, up to the end of the OpLog that is known. */
    void awaitFollowing(Member standby) throws InterruptedException {
        long begin = System.nanoTime();
        ZnodePaths paths = cluster.view().paths();
        while (true) {
            Optional<StandbyMaster> shown = read(paths.standby(standby.name()), StandbyMaster.class);
            Optional<OpLogLatest> latest = read(paths.oplogLatest(), OpLogLatest.class);
            if (shown.isPresent()
                    && latest.isPresent()
                    && shown.get().appliedSequence() > 0
                    && shown.get().appliedSequence() >= latest.get().sequence()) {
                return;
            }
            requireWithinLimit(begin, standby.name() + " follows the active master");
            TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
        }
    }

    private <T extends Record> Optional<T> read(String path, Class<T> type) {
        return cluster.view().read(path).map(data -> ZnodeJson.read(path, data, type));
    }

    private void registerAll() throws InterruptedException {
        long begin = System.nanoTime();
        HostPort master = master();
        Waves.run("regions register", regions, AT_ONCE, region -> region.join(master));
        for (HeartbeatRegion region : regions) {
            while (!region.isRegistered()) {
                requireWithinLimit(begin, "every region is registered");
                TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
            }
        }
        say("%,d regions registered in %.1f s", regions.size(), secondsSince(begin));
    }

    /** Spread over the interval, as regions that start at different times are; each begins once it is registered. */
    private void startBeating() {
        long interval = HeartbeatRegion.INTERVAL.toNanos();
        for (int i = 0; i < regions.size(); i++) {
            HeartbeatRegion region = regions.get(i);
            var unused = beats.scheduleAtFixedRate(
                    region::beat, interval * i / regions.size(), interval, TimeUnit.NANOSECONDS);
            var unusedRetries = beats.scheduleAtFixedRate(
                    region::retry,
                    RETRY.toNanos() * i / regions.size() + interval,
                    RETRY.toNanos(),
                    TimeUnit.NANOSECONDS);
        }
    }

    /** Returns when this master has all tables, and all regions are live and serve them. */
    MasterUsage.Gauges awaitWhole(MasterUsage usage) throws InterruptedException {
        long begin = System.nanoTime();
        MasterUsage.Gauges seen = usage.gauges();
        while (seen.liveRegions() != size.regions()
                || seen.tables() != size.tables()
                || seen.unavailableShards() != 0) {
            requireWithinLimit(
                    begin,
                    "the master has " + size.tables() + " tables and " + size.regions()
                            + " live regions that serve them: " + seen);
            TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
            seen = usage.gauges();
        }
        say("all shards served after %.1f s", secondsSince(begin));
        return seen;
    }

    private static void requireWithinLimit(long begin, String what) {
        if (System.nanoTime() - begin > LIMIT.toNanos()) {
            throw new IllegalStateException("waited " + LIMIT.toSeconds() + " s in vain until " + what);
        }
    }

    private void say(String format, Object... values) {
        progress.printf(Locale.ROOT, format + "%n", values);
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    HostPort master() {
        return new HostPort("127.0.0.1", cluster.activeMaster().port());
    }

    /** {@code zk://host:port/root}. */
    String connectString() {
        return cluster.connectString();
    }

    List<String> tables() {
        return IntStream.range(0, size.tables()).mapToObj(TablePlan::name).toList();
    }

    Member activeMaster() {
        return cluster.activeMaster();
    }

    Member standbyMaster() {
        return cluster.standbyMaster();
    }

    /** Whether ZooKeeper names it as the active one. */
    boolean isActive(Member master) {
        return cluster.view()
                .activeMaster()
                .filter(active -> active.port() == master.port())
                .isPresent();
    }

    /** Of the active master. */
    MasterUsage usage() {
        return usage(cluster.activeMaster());
    }

    MasterUsage usage(Member master) {
        return new MasterUsage(master.pid(), master.adminPort());
    }

    /** Has all regions go to this master, at once, as a watch would. */
    void moveTo(HostPort master) {
        regions.forEach(region -> region.moveTo(master));
    }

    /** Whether every region is registered, with whatever master it was last told of. */
    boolean areRegistered() {
        return regions.stream().allMatch(HeartbeatRegion::isRegistered);
    }

    /** Counts heartbeats anew, and gives what was counted since the last call. */
    HeartbeatTally tally() {
        return tally.getAndSet(new HeartbeatTally());
    }

    String dump() {
        return cluster.dump();
    }

    @Override
    public void close() {
        beats.shutdownNow();
        try {
            // Before the others: it would write down that all regions are gone.
            cluster.masters().forEach(Member::kill);
            zooKeeper.close();
            transport.close();
        } finally {
            cluster.close();
        }
    }
}
