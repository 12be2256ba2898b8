package io.mds.bench;

import io.mds.client.ClusterStatus;
import io.mds.client.MdsClient;
import io.mds.client.Table;
import io.mds.id.RegionId;
import io.mds.table.ColumnType;
import io.mds.table.KeyCodec;
import io.mds.table.Partitioner;
import io.mds.table.TableSchema;
import io.mds.testkit.MdsCluster;
import io.mds.testkit.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A cluster of three regions in which one client writes to each shard without pause, while regions are killed with -9.
 *
 * <p>A round: all shards serve and all replicas have everything; writers write; a region is killed; every shard acknowledges
 * writes again; the region is started again; when all replicas have everything, the writers stand still, and what they wrote
 * is checked.
 */
final class FailoverRun implements AutoCloseable {
    static final int REPLICAS = 3;

    private static final int REGIONS = 3;
    private static final int SHARDS = 6;
    private static final int WRITES_BEFORE = 50;
    private static final String TABLE = "failover";
    private static final Duration BEFORE_KILL = Duration.ofSeconds(1);
    private static final Duration AFTER_FOLLOWER_KILL = Duration.ofSeconds(3);
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Duration POLL = Duration.ofMillis(50);

    private final MdsCluster cluster;
    private final MdsClient client;
    private final List<ShardWriter> writers = new ArrayList<>();
    private final FailoverFigures figures = new FailoverFigures();

    FailoverRun(Servers servers) {
        this.cluster = servers.start(MdsCluster.builder()
                .masters(1)
                .regions(REGIONS)
                .jvmOptions("-Xmx1g")
                // Everything as shipped: the cluster of tests has a shorter one.
                .set("zookeeper.session-timeout", "10s"));
        this.client = cluster.client();
        client.createTable(schema());
        Table table = client.table(TABLE);
        for (String key : keysByShard(table.schema())) {
            writers.add(new ShardWriter(table, key));
        }
        awaitLevel();
        writers.forEach(ShardWriter::start);
    }

    private static TableSchema schema() {
        return TableSchema.named(TABLE)
                .column("key", ColumnType.STRING)
                .column("slot", ColumnType.INT64)
                .column("n", ColumnType.INT64)
                .primaryKey("key", "slot")
                .partitionBy("key")
                .shards(SHARDS)
                .replicas(REPLICAS)
                .build();
    }

    /** For each shard a key that belongs to it. */
    private static List<String> keysByShard(TableSchema schema) {
        KeyCodec codec = new KeyCodec(schema);
        Partitioner partitioner = new Partitioner(schema);
        String[] keys = new String[SHARDS];
        int found = 0;
        for (int i = 0; found < SHARDS; i++) {
            String key = "key" + i;
            int shard = partitioner.shardOf(codec.encode(key, 0L));
            if (keys[shard] == null) {
                keys[shard] = key;
                found++;
            }
        }
        return List.of(keys);
    }

    FailoverFigures.LeaderRound killLeader(int round) {
        int number = round % SHARDS;
        ShardWriter watched = writers.get(number);
        warmUp();
        ClusterStatus.ShardState shard = shards().get(number);
        Member victim = region(shard.shard().leader().orElseThrow());
        long before = System.nanoTime();
        victim.kill();
        ShardWriter.Write first = watched.awaitWriteAfter(System.nanoTime());
        FailoverFigures.LeaderRound measured =
                figures.leaderKilled(round, victim.name(), shard.shard().id().value(), first.endedNanos() - before);
        recover(victim);
        return measured;
    }

    FailoverFigures.FollowerRound killFollower(int round) {
        int number = round % SHARDS;
        ShardWriter watched = writers.get(number);
        warmUp();
        ClusterStatus.ShardState shard = shards().get(number);
        RegionId leader = shard.shard().leader().orElseThrow();
        List<RegionId> followers = shard.shard().replicas().stream()
                .filter(replica -> !replica.equals(leader))
                .toList();
        Member victim = region(followers.get(round % followers.size()));
        long before = System.nanoTime();
        victim.kill();
        long end = before + AFTER_FOLLOWER_KILL.toNanos();
        pause(AFTER_FOLLOWER_KILL);
        // The one that is under way at the end counts, too.
        watched.awaitWriteAfter(end);
        FailoverFigures.FollowerRound measured = figures.followerKilled(
                round, victim.name(), shard.shard().id().value(), watched.writesBetween(before, end));
        recover(victim);
        return measured;
    }

    private void warmUp() {
        writers.forEach(ShardWriter::resume);
        writers.forEach(writer -> writer.awaitWrites(WRITES_BEFORE));
        pause(BEFORE_KILL);
    }

    private void recover(Member victim) {
        long now = System.nanoTime();
        writers.forEach(writer -> writer.awaitWriteAfter(now));
        victim.start();
        cluster.awaitReady();
        writers.forEach(ShardWriter::pause);
        awaitLevel();
        writers.forEach(writer -> figures.checked(writer.check()));
    }

    FailoverFigures.Summary summary() {
        return figures.summary(
                writers.stream().mapToLong(ShardWriter::total).sum(),
                writers.stream().mapToLong(ShardWriter::unknown).sum());
    }

    /** In the order of their numbers within the table. */
    private List<ClusterStatus.ShardState> shards() {
        return client.statusWithShards().shardStates().stream()
                .sorted(Comparator.comparing(state -> state.shard().id()))
                .toList();
    }

    private Member region(RegionId id) {
        int port = client.statusWithShards().regions().stream()
                .filter(region -> region.id().equals(id))
                .map(region -> Integer.parseInt(
                        region.address().substring(region.address().lastIndexOf(':') + 1)))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no region " + id));
        return cluster.regions().stream()
                .filter(member -> member.port() == port)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no region listens on port " + port));
    }

    private void awaitLevel() {
        await(
                "all shards serve and all replicas have everything",
                () -> shards().stream().allMatch(FailoverRun::isLevel));
    }

    private static boolean isLevel(ClusterStatus.ShardState state) {
        return state.serving()
                && state.replicas().size() == REPLICAS
                && state.replicas().stream()
                                .mapToLong(ClusterStatus.ReplicaState::lastIndex)
                                .distinct()
                                .count()
                        == 1;
    }

    private void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException(
                        "waited " + LIMIT.toSeconds() + " s in vain until " + what + ": " + shards());
            }
            pause(POLL);
        }
    }

    private static void pause(Duration length) {
        try {
            TimeUnit.NANOSECONDS.sleep(length.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** What a person wants to see when a round failed. */
    String dump() {
        return cluster.dump();
    }

    @Override
    public void close() {
        writers.forEach(ShardWriter::close);
        cluster.close();
    }
}
