package io.mds.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** One master with many regions, clients and tables, all but it simulated, and what it takes the master to have them. */
final class HeartbeatsRun implements AutoCloseable {
    private static final int SHARDS_OF_TABLE = 1;
    private static final int REPLICAS = 3;
    /** Heartbeats come every 5 s, and the master looks at some things every 10 s: all of that has been compiled then. */
    private static final Duration WARM_UP = Duration.ofSeconds(20);
    /** Between samples of the memory; the metrics page costs the master something, too. */
    private static final Duration SAMPLE = Duration.ofSeconds(2);

    private final HeartbeatsFigures.Scale scale;
    private final PrintStream progress;
    private final SimulatedCluster cluster;
    private final RouteClients clients;
    private final RouteProbes probes;

    private HeartbeatsRun(HeartbeatsFigures.Scale scale, SimulatedCluster cluster, PrintStream progress) {
        this.scale = scale;
        this.progress = progress;
        this.cluster = cluster;
        this.clients = new RouteClients(cluster.tables());
        this.probes = new RouteProbes(cluster.master(), cluster.tables());
    }

    /**
     * Starts the cluster and everybody who is connected to it.
     *
     * @param withStandby for {@link #takeOver}
     */
    static HeartbeatsRun start(
            Servers servers, HeartbeatsFigures.Scale scale, boolean withStandby, PrintStream progress)
            throws Exception {
        SimulatedCluster.Size size = new SimulatedCluster.Size(
                withStandby ? 2 : 1,
                scale.regions(),
                scale.tables(),
                SHARDS_OF_TABLE,
                Math.min(REPLICAS, scale.regions()),
                scale.connections());
        HeartbeatsRun run = new HeartbeatsRun(scale, SimulatedCluster.start(servers, size, progress), progress);
        try {
            run.connectClients();
            return run;
        } catch (RuntimeException e) {
            try (run) {
                throw e;
            }
        }
    }

    private void connectClients() {
        long begin = System.nanoTime();
        clients.connect(cluster.master(), scale.connections());
        progress.printf(
                Locale.ROOT,
                "%,d clients connected in %.1f s, each subscribed to the routes of %d tables%n",
                scale.connections(),
                (System.nanoTime() - begin) / 1e9,
                Math.min(RouteClients.TABLES_OF_CLIENT, scale.tables()));
    }

    HeartbeatsFigures measure(Duration length) throws InterruptedException {
        progress.printf("warming up for %d s, then measuring for %d s%n", WARM_UP.toSeconds(), length.toSeconds());
        var unusedWarmUp = probes.start(WARM_UP).finish();
        MasterUsage usage = cluster.usage();
        var unusedTally = cluster.tally();
        Duration processorBefore = usage.processorTime();
        long begin = System.nanoTime();
        RouteProbes.Probing probing = probes.start(length);
        Samples samples = new Samples(usage);
        samples.takeUntil(begin + length.toNanos());
        RouteProbes.Result routes = probing.finish();
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        Duration processor = usage.processorTime().minus(processorBefore);
        HeartbeatTally beats = cluster.tally();
        if (routes.errors() > 0) {
            progress.printf("%d look-ups failed, the first: %s%n", routes.errors(), routes.firstError());
        }
        long liveRegions = usage.gauges().liveRegions();
        Long liveHeap = usage.collectGarbage() ? usage.gauges().heapBytes() : null;
        return HeartbeatsFigures.of(
                scale,
                new HeartbeatsFigures.Use(took, processor, samples.residentBytes, samples.heapBytes, liveHeap),
                routes,
                beats,
                new HeartbeatsFigures.End(clients.open(), liveRegions));
    }

    /** The active master dies, and everybody comes to the other. */
    HeartbeatsTakeoverFigures takeOver() throws InterruptedException {
        return new HeartbeatsTakeover(scale, cluster, clients, progress).measure();
    }

    /** The most memory that was seen. */
    private static final class Samples {
        private final MasterUsage usage;
        private long residentBytes;
        private long heapBytes;

        Samples(MasterUsage usage) {
            this.usage = usage;
        }

        void takeUntil(long endNanos) throws InterruptedException {
            take();
            for (long left = endNanos - System.nanoTime(); left > 0; left = endNanos - System.nanoTime()) {
                TimeUnit.NANOSECONDS.sleep(Math.min(left, SAMPLE.toNanos()));
                take();
            }
        }

        private void take() throws InterruptedException {
            residentBytes = Math.max(residentBytes, usage.residentBytes());
            heapBytes = Math.max(heapBytes, usage.gauges().heapBytes());
        }
    }

    /** What a person wants to see when it failed. */
    String dump() {
        return cluster.dump();
    }

    @Override
    public void close() {
        probes.close();
        clients.close();
        cluster.close();
    }
}
