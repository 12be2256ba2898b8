package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.MdsClient;
import io.mds.client.ShardVerification;
import io.mds.client.Table;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Disks that are lost, files that are rubbish and rows that differ are found, and made good from the other replicas. */
class RepairIT {
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
            Table table = Tour.create(client, "tour");
            List<SteadyWriter> writers = Tour.writers(table);
            SteadyWriter.awaitMore(writers, 200);
            // All at once, and one of them never to come back as it was.
            cluster.regions().forEach(Member::kill);
            Member wiped = cluster.region(1);
            long lost = regionAt(client, wiped);
            ClusterFiles.delete(wiped.directory());
            cluster.regions().forEach(Member::start);
            SteadyWriter.awaitMore(writers, 20);
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
            SteadyWriter.awaitMore(writers, 20);
            Tour.assertNothingIsLost(writers, table);
        }
    }

    /** Only then the death of another one is survived. */
    private static void awaitReplacementOf(long lost, MdsClient client) {
        Await.until(
                "every shard has three replicas that take part, none of them on region " + lost,
                () -> Tour.allTakePart(client)
                        && client.statusWithShards().shardStates().stream()
                                .noneMatch(each -> each.shard().replicas().contains(new RegionId(lost))));
    }

    @Test
    void verifyingNamesTheKeysOfARowThatOneReplicaHasOtherwise() throws Exception {
        try (MdsCluster cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .masters(1)
                .regions(3)
                .start()) {
            MdsClient client = cluster.client();
            Table table = Tour.create(client, "tour");
            List<SteadyWriter> writers = Tour.writers(table);
            SteadyWriter.awaitMore(writers, 100);
            MdsCli cli = new MdsCli(null, cluster.connectString());
            MdsCli.Ending equal = cli.run("verify", "tour", "--ranges", "4");
            assertThat(equal.output()).contains("6 equal");
            assertThat(equal.exitCode()).isZero();
            assertThat(client.verify("tour", 16, shard -> {})).allMatch(ShardVerification::isEqual);
            Tour.assertNothingIsLost(writers, table);

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

    private static long regionAt(MdsClient client, Member member) {
        return client.status().regions().stream()
                .filter(region -> region.address().endsWith(":" + member.port()))
                .findFirst()
                .orElseThrow()
                .id()
                .value();
    }
}
