package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.ClusterStatus;
import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.RequestListener;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.error.MdsException;
import io.mds.id.RegionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every region is restarted in order, one after the other, and no request costs more than a retry. */
@Tag("soak")
class RollingRestartIT {
    private static final int TRIES = 3;

    private static MdsCluster cluster() {
        return MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .withoutProxies()
                .masters(2)
                .regions(3)
                .start();
    }

    /** How often requests were tried, those that were tried more than twice, and those that failed. */
    private static final class Attempts implements RequestListener {
        private final Map<Integer, AtomicLong> requests = new ConcurrentHashMap<>();
        private final Queue<String> tooMany = new ConcurrentLinkedQueue<>();
        private final Queue<String> failed = new ConcurrentLinkedQueue<>();
        private final AtomicLong longestNanos = new AtomicLong();
        private final long startNanos = System.nanoTime();

        @Override
        public void ended(Ended request) {
            requests.computeIfAbsent(request.attempts(), n -> new AtomicLong()).incrementAndGet();
            longestNanos.accumulateAndGet(request.took().toNanos(), Math::max);
            String told = Duration.ofNanos(System.nanoTime() - startNanos).toMillis() + " ms: " + request;
            if (request.error().isPresent()) {
                failed.add(told);
            } else if (request.attempts() > 2) {
                tooMany.add(told);
            }
        }

        @Override
        public String toString() {
            return "requests by attempts: " + requests + ", longest "
                    + Duration.ofNanos(longestNanos.get()).toMillis() + " ms";
        }
    }

    /** Reads what a writer has written, by key and in scans, until it is closed. */
    private static final class SteadyReader implements AutoCloseable {
        private final Table table;
        private final SteadyWriter writer;
        private final Thread thread = new Thread(this::read, "reader");
        private final Queue<String> problems = new ConcurrentLinkedQueue<>();
        private volatile boolean stopping;

        SteadyReader(Table table, SteadyWriter writer) {
            this.table = table;
            this.writer = writer;
            thread.setDaemon(true);
            thread.start();
        }

        private void read() {
            while (!stopping) {
                try {
                    long acknowledged = writer.acknowledged();
                    if (acknowledged > 0
                            && table.get(writer.name(), acknowledged - 1).isEmpty()) {
                        problems.add("row " + (acknowledged - 1) + " of " + writer.name()
                                + " is acknowledged and not there");
                    }
                    try (RowStream rows = table.scan(Scan.prefix(writer.name()).limit(20))) {
                        rows.forEach(Row::version);
                    }
                } catch (MdsException e) {
                    problems.add(e.toString());
                }
                SteadyWriter.pause();
            }
        }

        @Override
        public void close() {
            stopping = true;
            SteadyWriter.join(thread);
        }
    }

    private static RegionId idOf(MdsClient client, Member region) {
        return client.status().regions().stream()
                .filter(each -> each.address().endsWith(":" + region.port()))
                .map(ClusterStatus.RegionInfo::id)
                .findFirst()
                .orElseThrow();
    }

    private static boolean leads(MdsClient client, Member region) {
        return client.statusWithShards().shardStates().stream()
                .anyMatch(each -> each.shard().leaderAddress().stream()
                        .anyMatch(address -> address.endsWith(":" + region.port())));
    }

    /** The first three are drained before; the last time, a stop in order has to do. */
    @Test
    void aRollingRestartCostsNoRequestMoreThanARetry() {
        Attempts attempts = new Attempts();
        try (MdsCluster cluster = cluster();
                MdsClient client = MdsClient.connect(MdsClientOptions.builder(cluster.connectString())
                        .requestListener(attempts)
                        .build())) {
            Table table = Tour.create(client, "tour");
            List<SteadyWriter> writers = new ArrayList<>();
            List<SteadyReader> readers = new ArrayList<>();
            for (int i = 0; i < Tour.SHARDS; i++) {
                SteadyWriter writer = SteadyWriter.start(table, "w" + i);
                writers.add(writer);
                readers.add(new SteadyReader(table, writer));
            }
            // Once is enough. On a machine that stands still for a second, who waits for the new leader may be sent on.
            int tries = 0;
            do {
                if (!attempts.tooMany.isEmpty()) {
                    System.out.println("RollingRestartIT: once more, because of " + attempts.tooMany);
                    attempts.tooMany.clear();
                }
                cluster.regions().forEach(region -> restart(cluster, region, writers, true));
                restart(cluster, cluster.region(1), writers, false);
                SteadyWriter.awaitMore(writers, 30);
            } while (!attempts.tooMany.isEmpty() && ++tries < TRIES);
            readers.forEach(SteadyReader::close);
            writers.forEach(SteadyWriter::stop);
            System.out.println("RollingRestartIT: " + attempts);
            assertThat(attempts.tooMany)
                    .as("requests that took more than one retry")
                    .isEmpty();
            assertThat(attempts.failed).as("requests that failed").isEmpty();
            for (SteadyWriter writer : writers) {
                assertThat(writer.failures()).as(writer.name()).isZero();
                assertThat(writer.missingFrom(table)).as(writer.name()).isEmpty();
            }
            assertThat(readers).allSatisfy(reader -> assertThat(reader.problems).isEmpty());
        }
    }

    private static void restart(MdsCluster cluster, Member region, List<SteadyWriter> writers, boolean drain) {
        MdsClient operator = cluster.client();
        RegionId id = idOf(operator, region);
        SteadyWriter.awaitMore(writers, 30);
        Await.until("region " + id + " leads something", () -> leads(operator, region));
        if (drain) {
            Await.until(
                    "region " + id + " is drained",
                    () -> operator.drainRegion(id, false).isSafeToStop());
        } else {
            Await.until("all replicas take part", () -> Tour.allTakePart(operator));
        }
        region.stop();
        region.start();
        cluster.awaitReady();
        operator.cancelDrain(id);
    }
}
