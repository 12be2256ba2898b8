package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.Change;
import io.mds.client.ChangeStream;
import io.mds.client.ClusterStatus;
import io.mds.client.Key;
import io.mds.client.MdsClient;
import io.mds.client.ShardVerification;
import io.mds.client.Table;
import io.mds.client.WatchFrom;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Three replicas of each shard, in processes of their own: whichever dies, nothing acknowledged is lost. */
class ReplicationIT {
    private static MdsCluster cluster() {
        return MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .masters(2)
                .regions(3)
                .start();
    }

    private static List<ClusterStatus.ShardState> shards(MdsClient client) {
        return client.statusWithShards().shardStates();
    }

    /** The region that leads most shards. */
    private static Member busiestLeader(MdsCluster cluster, MdsClient client) {
        Map<String, Long> led = shards(client).stream()
                .flatMap(each -> each.shard().leaderAddress().stream())
                .collect(Collectors.groupingBy(address -> address, Collectors.counting()));
        String busiest = led.entrySet().stream()
                .max(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                .orElseThrow()
                .getKey();
        return cluster.regions().stream()
                .filter(region -> busiest.endsWith(":" + region.port()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no region at " + busiest));
    }

    private static void awaitAllServing(MdsClient client) {
        Await.until("all shards serve", () -> shards(client).stream().allMatch(ClusterStatus.ShardState::serving));
    }

    private static List<SteadyWriter> writers(Table table) {
        List<SteadyWriter> writers = new ArrayList<>();
        for (int i = 0; i < Tour.SHARDS; i++) {
            writers.add(SteadyWriter.start(table, "w" + i));
        }
        return writers;
    }

    private static void assertNothingIsLost(List<SteadyWriter> writers, Table table) {
        writers.forEach(SteadyWriter::stop);
        for (SteadyWriter writer : writers) {
            assertThat(writer.missingFrom(table)).as(writer.name()).isEmpty();
        }
    }

    @Test
    void whileLeadersAreKilledWritesGoOnAndNoneIsLostOrDoubled() {
        try (MdsCluster cluster = cluster()) {
            MdsClient client = cluster.client();
            client.createTable(Tour.schema());
            Table table = client.table("tour");
            List<SteadyWriter> writers = writers(table);
            List<Duration> waits = new ArrayList<>();
            for (int round = 0; round < 5; round++) {
                writers.forEach(writer -> writer.awaitMore(30));
                Member victim = busiestLeader(cluster, client);
                writers.forEach(SteadyWriter::forgetLongestWait);
                victim.kill();
                writers.forEach(writer -> writer.awaitMore(30));
                waits.add(writers.stream()
                        .map(SteadyWriter::longestWait)
                        .max(Comparator.naturalOrder())
                        .orElseThrow());
                victim.start();
                cluster.awaitReady();
                awaitAllServing(client);
            }
            System.out.println("ReplicationIT: longest wait of a write in each round: " + waits);
            assertNothingIsLost(writers, table);
        }
    }

    @Test
    void whenAllRegionsDieAtOnceEverythingAcknowledgedIsThere() {
        try (MdsCluster cluster = cluster()) {
            MdsClient client = cluster.client();
            client.createTable(Tour.schema());
            Table table = client.table("tour");
            List<SteadyWriter> writers = writers(table);
            for (int round = 0; round < 2; round++) {
                writers.forEach(writer -> writer.awaitMore(50));
                cluster.regions().forEach(Member::kill);
                cluster.regions().forEach(Member::start);
                cluster.awaitReady();
                writers.forEach(writer -> writer.awaitMore(20));
            }
            assertNothingIsLost(writers, table);
        }
    }

    @Test
    void aFollowersDeathStopsNobody() {
        try (MdsCluster cluster = cluster()) {
            MdsClient client = cluster.client();
            client.createTable(Tour.schema());
            Table table = client.table("tour");
            List<SteadyWriter> writers = writers(table);
            writers.forEach(writer -> writer.awaitMore(30));
            Member victim = cluster.region(1);
            victim.pause();
            writers.forEach(writer -> writer.awaitMore(30));
            victim.resume();
            writers.forEach(writer -> writer.awaitMore(30));
            victim.kill();
            writers.forEach(writer -> writer.awaitMore(30));
            victim.start();
            cluster.awaitReady();
            writers.forEach(writer -> writer.awaitMore(30));
            assertNothingIsLost(writers, table);
        }
    }

    @Test
    void aRegionThatLostItsDiskOrItsStoreComesBackUnderANewIdAndItsReplicasAreMadeAgain() throws Exception {
        try (MdsCluster cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .masters(1)
                .regions(3)
                .setOnMasters("master.heartbeat-interval", "500ms")
                .setOnMasters("master.region-dead-after", "3s")
                .start()) {
            MdsClient client = cluster.client();
            client.createTable(Tour.schema());
            Table table = client.table("tour");
            List<SteadyWriter> writers = writers(table);
            writers.forEach(writer -> writer.awaitMore(200));
            // All at once, and one of them never to come back as it was.
            cluster.regions().forEach(Member::kill);
            Member wiped = cluster.region(1);
            long lost = regionAt(client, wiped);
            MdsCluster.deleteRecursively(wiped.directory());
            cluster.regions().forEach(Member::start);
            writers.forEach(writer -> writer.awaitMore(20));
            awaitReplacementOf(lost, client);
            Member damaged = cluster.region(3);
            long broken = regionAt(client, damaged);
            damaged.kill();
            Path file = damaged.directory().resolve("data").resolve("store.mv.db");
            byte[] rubbish = new byte[(int) Files.size(file)];
            new Random(1).nextBytes(rubbish);
            Files.write(file, rubbish);
            damaged.start();
            awaitReplacementOf(broken, client);
            assertThat(damaged.output()).contains("begins anew, under a new id");
            cluster.region(2).kill();
            writers.forEach(writer -> writer.awaitMore(20));
            assertNothingIsLost(writers, table);
        }
    }

    private static void awaitReplacementOf(long lost, MdsClient client) {
        Await.until(
                "every shard has three replicas, none of them on region " + lost,
                () -> shards(client).stream()
                        .map(each -> each.shard().replicas())
                        .allMatch(replicas -> replicas.size() == 3 && !replicas.contains(new RegionId(lost))));
    }

    @Test
    void verifyingNamesTheKeysOfARowThatOneReplicaHasOtherwise() throws Exception {
        try (MdsCluster cluster = cluster()) {
            MdsClient client = cluster.client();
            client.createTable(Tour.schema());
            Table table = client.table("tour");
            List<SteadyWriter> writers = writers(table);
            writers.forEach(writer -> writer.awaitMore(100));
            MdsCli cli = new MdsCli(null, cluster.connectString());
            MdsCli.Ending equal = cli.run("verify", "tour", "--ranges", "4");
            assertThat(equal.output()).contains("6 equal");
            assertThat(equal.exitCode()).isZero();
            assertThat(client.verify("tour", 16, shard -> {})).allMatch(ShardVerification::isEqual);
            assertNothingIsLost(writers, table);

            Member victim = cluster.region(1);
            RegionId region = new RegionId(regionAt(client, victim));
            victim.stop();
            ShardId shard = StoreDamage.of(victim).changeOneRow();
            victim.start();
            cluster.awaitReady();
            Await.until(
                    "the row that was changed is found",
                    () -> client.verify("tour", 4, each -> {}).stream()
                            .anyMatch(each -> each.shard().equals(shard)
                                    && each.differences().stream()
                                            .anyMatch(range -> range.region().equals(region)
                                                    || each.leader().equals(Optional.of(region)))));
            MdsCli.Ending different = cli.run("verify", "--ranges", "4");
            assertThat(different.output())
                    .contains("shard " + shard + ":")
                    .contains("region " + region)
                    .contains("in the keys");
            assertThat(different.exitCode()).isOne();
        }
    }

    @Test
    void whoWatchesSeesEveryAcknowledgedWriteInOrderWhileLeadersAreKilled() throws Exception {
        try (MdsCluster cluster = cluster()) {
            MdsClient client = cluster.client();
            client.createTable(Tour.schema());
            Table table = client.table("tour");
            ChangeStream first = table.watch(WatchFrom.now());
            List<SteadyWriter> writers = writers(table);
            Set<Key> seen = new HashSet<>();
            Map<ShardId, Long> versions = new HashMap<>();
            for (int round = 0; round < 3; round++) {
                writers.forEach(writer -> writer.awaitMore(30));
                Member victim = busiestLeader(cluster, client);
                victim.kill();
                writers.forEach(writer -> writer.awaitMore(30));
                drain(first, seen, versions, 500);
                victim.start();
                cluster.awaitReady();
                awaitAllServing(client);
            }
            drain(first, seen, versions, 500);
            String token = first.token();
            first.close();
            writers.forEach(writer -> writer.awaitMore(10));
            writers.forEach(SteadyWriter::stop);
            try (ChangeStream second = cluster.newClient().table("tour").watch(WatchFrom.token(token))) {
                drain(second, seen, versions, Integer.MAX_VALUE);
            }
            for (SteadyWriter writer : writers) {
                assertThat(writer.missingFrom(seen)).as(writer.name()).isEmpty();
            }
            MdsCli.Ending shown = new MdsCli(null, cluster.connectString())
                    .run("watch", "tour", "--from", token, "--limit", "5", "--json");
            assertThat(shown.exitCode()).as(shown.output()).isZero();
            assertThat(shown.output().lines()).hasSize(6).last().asString().contains("token");
        }
    }

    /** Takes changes until there were so many, or none comes for a while; those of a shard never go back. */
    private static void drain(ChangeStream changes, Set<Key> seen, Map<ShardId, Long> versions, int limit) {
        for (int taken = 0; taken < limit; taken++) {
            Optional<Change> next = changes.poll(Duration.ofSeconds(4));
            if (next.isEmpty()) {
                return;
            }
            Change change = next.get();
            Long before = versions.put(change.shard(), change.version());
            assertThat(before == null || before <= change.version())
                    .as(change + " after version " + before)
                    .isTrue();
            seen.add(change.key());
        }
    }

    private static long regionAt(MdsClient client, Member member) {
        return client.status().regions().stream()
                .filter(region -> region.address().endsWith(":" + member.port()))
                .findFirst()
                .orElseThrow()
                .id()
                .value();
    }
}
