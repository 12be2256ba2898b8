package io.mds.bench;

import io.mds.client.MdsClient;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import io.mds.testkit.MdsCluster;
import io.mds.testkit.Member;
import io.mds.znode.EpochRecord;
import io.mds.znode.OpLogLatest;
import io.mds.znode.StandbyMaster;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * Two masters, a region and the metadata of many tables; the active master is killed with -9, and what follows is timed.
 *
 * <p>A hot round: a standby that has all entries of the OpLog takes over. A cold one: no other master runs; one is started
 * when ZooKeeper has given up the dead one's session, and reads everything. In both, two clients that were connected to the
 * dead master ask at once, as applications do: one for a route, one for a new table.
 */
final class TakeoverRun implements AutoCloseable {
    private static final Duration BEFORE_KILL = Duration.ofSeconds(2);
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration CALL_LIMIT = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(5);

    private final MdsCluster cluster;
    private final ZnodePaths paths;
    private final PlainZooKeeper zooKeeper;
    private final ManyTables manyTables;
    private final MdsClient looking;
    private final MdsClient creating;
    private final TakeoverFigures figures = new TakeoverFigures();
    private int tables;
    private int created;

    /** What two clients asked when the master had been killed: ms from the kill to their answers. */
    private record Asked(
            Instant killedAt, long killedNanos, CompletableFuture<Double> route, CompletableFuture<Double> ddl) {}

    TakeoverRun(Servers servers, PrintStream progress) {
        this.cluster = servers.start(MdsCluster.builder()
                .masters(2)
                .regions(1)
                .jvmOptions("-Xmx1g")
                // Everything as shipped: the cluster of tests has a shorter one.
                .set("zookeeper.session-timeout", "10s")
                // The region that is said to have the many shards does not come, and is not to be replaced.
                .setOnMasters("master.region-dead-after", "1h"));
        this.paths = cluster.view().paths();
        this.zooKeeper = PlainZooKeeper.open(cluster.zooKeeper().connectString());
        this.looking = cluster.newClient().withTimeout(CALL_LIMIT);
        this.creating = cluster.newClient().withTimeout(CALL_LIMIT);
        this.manyTables = new ManyTables(
                new TableZnodes(zooKeeper, paths),
                cluster.view(),
                count -> progress.printf("%,d tables written%n", count));
    }

    static TableSchema schema(String name) {
        return TableSchema.named(name)
                .column("dir", ColumnType.STRING)
                .column("name", ColumnType.STRING)
                .column("size", ColumnType.INT64)
                .primaryKey("dir", "name")
                .partitionBy("dir")
                .shards(1)
                .replicas(1)
                .build();
    }

    /** Has one master run, with so many tables; answers how long it took to write them and to load them. */
    Duration grow(int count) throws InterruptedException {
        long begin = System.nanoTime();
        Member active = cluster.activeMaster();
        stopStandby(active);
        active.stop();
        manyTables.grow(count);
        tables = count;
        active.start();
        cluster.awaitReady();
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private void stopStandby(Member active) {
        cluster.masters().stream().filter(member -> member != active).forEach(Member::stop);
    }

    TakeoverFigures.Round hot(int round) {
        Member victim = cluster.activeMaster();
        Member standby = cluster.masters().stream()
                .filter(member -> member != victim)
                .findFirst()
                .orElseThrow();
        standby.start();
        await("the standby has followed to the end of the OpLog", () -> follows(standby));
        warmUp();
        Asked asked = kill(victim);
        TakeoverLog log = awaitTakeover(standby);
        double detection = sinceMillis(asked.killedAt(), epochSince());
        TakeoverFigures.Times times =
                new TakeoverFigures.Times(detection, 0, answered(asked.route()), answered(asked.ddl()));
        cluster.awaitReady();
        return figures.tookOver(tables, TakeoverFigures.Kind.HOT, round, log, times);
    }

    TakeoverFigures.Round cold(int round) {
        Member victim = cluster.activeMaster();
        stopStandby(victim);
        warmUp();
        Asked asked = kill(victim);
        await(
                "ZooKeeper gives up the session of the master that was killed",
                () -> cluster.view().activeMaster().isEmpty());
        double detection = millisSince(asked.killedNanos());
        Instant started = Instant.now();
        victim.start();
        TakeoverLog log = awaitTakeover(victim);
        double start = sinceMillis(started, epochSince());
        TakeoverFigures.Times times =
                new TakeoverFigures.Times(detection, start, answered(asked.route()), answered(asked.ddl()));
        cluster.awaitReady();
        return figures.tookOver(tables, TakeoverFigures.Kind.COLD, round, log, times);
    }

    TakeoverFigures figures() {
        return figures;
    }

    /** Its last entry is the last that is known to be there, and nothing else has come for a while. */
    private boolean follows(Member standby) {
        Optional<StandbyMaster> shown = read(paths.standby(standby.name()), StandbyMaster.class);
        Optional<OpLogLatest> latest = read(paths.oplogLatest(), OpLogLatest.class);
        return shown.isPresent()
                && latest.isPresent()
                && shown.get().appliedSequence() > 0
                && shown.get().appliedSequence() >= latest.get().sequence();
    }

    private void warmUp() {
        looking.describeTable(TablePlan.name(0));
        creating.status();
        pause(BEFORE_KILL);
    }

    private Asked kill(Member victim) {
        String table = TablePlan.name(tables - 1);
        TableSchema schema = schema("created_" + ++created);
        Instant killedAt = Instant.now();
        long before = System.nanoTime();
        victim.kill();
        return new Asked(
                killedAt,
                before,
                looking.describeTableAsync(table).thenApply(found -> millisSince(before)),
                creating.createTableIfNotExistsAsync(schema).thenApply(made -> millisSince(before)));
    }

    private TakeoverLog awaitTakeover(Member successor) {
        await(
                successor.name() + " has taken over",
                () -> TakeoverLog.last(successor.output()).isPresent());
        return TakeoverLog.last(successor.output()).orElseThrow();
    }

    /** When the present master raised the epoch, which is the first thing that it did. */
    private Instant epochSince() {
        return Instant.parse(read(paths.epoch(), EpochRecord.class)
                .orElseThrow(() -> new IllegalStateException(paths.epoch() + " cannot be read"))
                .since());
    }

    private <T extends Record> Optional<T> read(String path, Class<T> type) {
        return cluster.view().read(path).map(data -> ZnodeJson.read(path, data, type));
    }

    private static double answered(CompletableFuture<Double> answer) {
        try {
            return answer.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "a client's question to the new master failed: "
                            + e.getCause().getMessage(),
                    e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("the new master did not answer within " + LIMIT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static double millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e6;
    }

    private static double sinceMillis(Instant from, Instant to) {
        return Duration.between(from, to).toNanos() / 1e6;
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("waited " + LIMIT.toSeconds() + " s in vain until " + what);
            }
            pause(POLL);
        }
    }

    private static void pause(Duration length) {
        try {
            TimeUnit.NANOSECONDS.sleep(length.toNanos());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted", e);
    }

    /** What a person wants to see when a round failed. */
    String dump() {
        return cluster.dump();
    }

    @Override
    public void close() {
        zooKeeper.close();
        cluster.close();
    }
}
