package io.mds.bench;

import io.mds.client.MdsClient;
import io.mds.testkit.MdsCluster;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A cluster in which one client creates many tables at once, and a session of the same ZooKeeper that creates as many znodes
 * one after the other.
 *
 * <p>The znodes are what a design costs at the least that writes the metadata of each table by itself and waits for it. They
 * are as long as the record of such a table; a table of MDS is two records, its entries of the OpLog, and a shard that a
 * region has opened.
 *
 * <p>Thread: one, beside those of the client.
 */
final class DdlRun implements AutoCloseable {
    private static final int REGIONS = 3;
    /** Of each, before anything is measured. */
    private static final int WARM_UP = 200;

    private static final Duration CALL_LIMIT = Duration.ofMinutes(2);
    private static final String ZNODES = "/bench-znodes";

    private final MdsCluster cluster;
    private final MdsClient client;
    private final PlainZooKeeper zooKeeper;
    private final AtomicReference<Throwable> firstError = new AtomicReference<>();

    private record Created(long nanos, long errors) {}

    DdlRun(Servers servers) {
        this.cluster =
                servers.start(MdsCluster.builder().masters(1).regions(REGIONS).jvmOptions("-Xmx1g"));
        this.client = cluster.client().withTimeout(CALL_LIMIT);
        this.zooKeeper = PlainZooKeeper.open(cluster.zooKeeper().connectString());
    }

    /** @param underWay tables that are being created at the same time */
    DdlFigures measure(int count, int underWay) throws InterruptedException {
        createTables("warm_up", WARM_UP, underWay);
        byte[] record = recordOf(name("warm_up", 0));
        zooKeeper.create(ZNODES, new byte[0]);
        createZnodes("warm_up", WARM_UP, record);
        long znodes = createZnodes("znode", count, record);
        Created tables = createTables("table", count, underWay);
        return DdlFigures.of(count, underWay, tables.nanos(), tables.errors(), record.length, znodes);
    }

    /** Why the first table that was not created was not. */
    Optional<String> firstError() {
        return Optional.ofNullable(firstError.get()).map(Throwable::getMessage);
    }

    private Created createTables(String prefix, int count, int underWay) throws InterruptedException {
        Semaphore permits = new Semaphore(underWay);
        AtomicLong errors = new AtomicLong();
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            permits.acquire();
            var unused = client.createTableAsync(TakeoverRun.schema(name(prefix, i)))
                    .whenComplete((made, error) -> {
                        if (error != null) {
                            errors.incrementAndGet();
                            firstError.compareAndSet(null, error);
                        }
                        permits.release();
                    });
        }
        permits.acquire(underWay);
        return new Created(System.nanoTime() - begin, errors.get());
    }

    private long createZnodes(String prefix, int count, byte[] record) {
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            zooKeeper.create(ZNODES + "/" + name(prefix, i), record);
        }
        return System.nanoTime() - begin;
    }

    private byte[] recordOf(String table) {
        String path = cluster.view().paths().table(table);
        return cluster.view()
                .read(path)
                .orElseThrow(() -> new IllegalStateException(path + " cannot be read"
                        + firstError()
                                .map(why -> "; a table was not created: " + why)
                                .orElse("")));
    }

    private static String name(String prefix, int number) {
        return String.format(Locale.ROOT, "%s_%06d", prefix, number);
    }

    /** What a person wants to see when the run failed. */
    String dump() {
        return cluster.dump();
    }

    @Override
    public void close() {
        zooKeeper.close();
        cluster.close();
    }
}
