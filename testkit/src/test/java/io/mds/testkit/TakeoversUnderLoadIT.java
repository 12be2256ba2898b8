package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.MetadataCheck;
import io.mds.client.TableDescription;
import io.mds.client.TableInfo;
import io.mds.znode.ActiveMaster;
import io.mds.znode.OpLogLatest;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The active master is lost fifty times, in every way, while tables are created, changed and dropped: what was acknowledged
 * is there, nothing is half done, and no two masters write.
 */
@Tag("soak")
class TakeoversUnderLoadIT {
    private static final int ROUNDS = 50;
    private static final int ROUNDS_BETWEEN_CHECKS = 5;
    private static final int MASTERS = 3;
    private static final int CLIENTS = 3;
    private static final int RETAINED = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<DdlClient> clients = new ArrayList<>();
    private final List<String> story = new ArrayList<>();
    private MdsCluster cluster;
    private Random random;
    /** Heals the master of the round before, where that comes late. */
    private Runnable healing = MasterFault.NOTHING;

    /** That master, if any. */
    private Member away;

    @Test
    @Timeout(value = 20, unit = TimeUnit.MINUTES)
    void afterFiftyTakeoversWhatWasAcknowledgedIsThereAndNothingIsHalfDone() {
        long seed = Long.getLong("mds.seed", System.nanoTime());
        System.out.println("TakeoversUnderLoadIT: seed " + seed + ", replay with -Dmds.seed=" + seed);
        random = new Random(seed);
        try (MdsCluster started = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .zooKeeperProxies()
                .masters(MASTERS)
                .regions(2)
                .setOnMasters("zookeeper.session-timeout", "2s")
                .setOnMasters("master.oplog-retention", Integer.toString(RETAINED))
                .start()) {
            cluster = started;
            try {
                for (int i = 0; i < CLIENTS; i++) {
                    clients.add(new DdlClient(cluster, "c" + i, seed + i));
                }
                clients.forEach(DdlClient::start);
                run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(
                        "seed " + seed + ", " + story.size() + " rounds, the last of them: "
                                + story.subList(Math.max(0, story.size() - 2 * ROUNDS_BETWEEN_CHECKS), story.size())
                                + ": " + e.getMessage() + "\n" + cluster.dump(),
                        e);
            } finally {
                clients.forEach(DdlClient::close);
            }
        }
    }

    private void run() {
        List<MasterFault> faults = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            if (faults.isEmpty()) {
                Collections.addAll(faults, MasterFault.values());
                Collections.shuffle(faults, random);
            }
            lose(round, faults.remove(0));
            if (round % ROUNDS_BETWEEN_CHECKS == 0) {
                heal();
                clients.forEach(DdlClient::stop);
                requireNoProblem();
                checkAll();
                clients.forEach(DdlClient::start);
            }
        }
        clients.forEach(DdlClient::stop);
        MasterHistory history = history();
        System.out.printf(
                "TakeoversUnderLoadIT: epoch %d, %d entries, %d changes acknowledged, %d of unknown outcome%n",
                history.epoch(),
                history.sequence(),
                acknowledged(),
                clients.stream().mapToLong(DdlClient::unknown).sum());
        assertThat(history.epoch()).isGreaterThan(ROUNDS);
    }

    /** One takeover, after which every client has a change acknowledged. */
    private void lose(int round, MasterFault fault) {
        ActiveMaster before = active();
        Member master = cluster.masters().stream()
                .filter(member -> member.port() == before.port())
                .findFirst()
                .orElseThrow();
        boolean late = random.nextBoolean();
        boolean behind = fault.isNoticedAtOnce() && random.nextBoolean();
        story.add("round " + round + ": " + fault + " " + master.name() + " in epoch " + before.epoch()
                + (late ? ", healed late" : "") + (behind ? ", the others behind" : ""));
        List<Member> standbys = behind ? standbys(master) : List.of();
        standbys.forEach(Member::pause);
        if (behind) {
            awaitAnyChange();
        }
        Runnable heals = fault.strike(cluster, master, random);
        standbys.forEach(Member::resume);
        await(
                "another master is active",
                () -> cluster.view()
                        .activeMaster()
                        .filter(now -> now.epoch() > before.epoch())
                        .isPresent());
        heal();
        if (late) {
            // Those who wait for an answer of it would wait until they take the connection for dead.
            master.cutConnections();
            healing = heals;
            away = master;
        } else {
            heals.run();
        }
        awaitChanges();
    }

    private void heal() {
        Runnable now = healing;
        healing = MasterFault.NOTHING;
        away = null;
        now.run();
    }

    private List<Member> standbys(Member active) {
        return cluster.masters().stream()
                .filter(member -> member != active && member != away)
                .toList();
    }

    private ActiveMaster active() {
        await("a master is active", () -> cluster.view().activeMaster().isPresent());
        return cluster.view().activeMaster().orElseGet(this::active);
    }

    private void awaitAnyChange() {
        long before = acknowledged();
        await("a change is acknowledged", () -> acknowledged() > before);
    }

    private long acknowledged() {
        return clients.stream().mapToLong(DdlClient::acknowledged).sum();
    }

    private void awaitChanges() {
        List<Long> before = clients.stream().map(DdlClient::acknowledged).toList();
        await(
                "every client has had a change acknowledged",
                () -> IntStream.range(0, CLIENTS).allMatch(i -> clients.get(i).acknowledged() > before.get(i)));
    }

    private void await(String what, BooleanSupplier condition) {
        Await.until(
                what,
                () -> condition.getAsBoolean()
                        || clients.stream().anyMatch(client -> client.problem().isPresent()));
        requireNoProblem();
    }

    private void requireNoProblem() {
        for (DdlClient client : clients) {
            client.problem().ifPresent(problem -> {
                throw new AssertionError(problem.getMessage(), problem);
            });
        }
    }

    // ---- while no client changes anything ----

    private void checkAll() {
        MdsClientOptions options = MdsClientOptions.builder(cluster.connectString())
                .timeout(PATIENCE)
                .eventLoopThreads(1)
                .spin(Duration.ZERO)
                .build();
        try (MdsClient other = MdsClient.connect(options)) {
            Await.until("all procedures have ended", () -> other.procedures().isEmpty());
            List<TableDescription> tables = new ArrayList<>();
            clients.forEach(client -> tables.addAll(client.settle(other)));
            assertThat(other.listTables())
                    .extracting(TableInfo::name)
                    .as("tables")
                    .containsExactlyInAnyOrderElementsOf(
                            tables.stream().map(each -> each.schema().name()).toList());
            assertThat(cluster.view().children(cluster.view().paths().procedures()))
                    .as("procedures in ZooKeeper")
                    .isEmpty();
            Map<Long, Long> versions = new TreeMap<>();
            tables.forEach(table -> table.shards()
                    .forEach(shard ->
                            versions.put(shard.id().value(), table.schema().version())));
            assertThat(cluster.view().children(cluster.view().paths().shards()).stream()
                            .map(Long::valueOf))
                    .as("shards in ZooKeeper")
                    .containsExactlyInAnyOrderElementsOf(versions.keySet());
            awaitRegions(versions);
            checkDigests(other);
        }
        history();
    }

    /** Each shard is on one region, with the last schema and complete indexes, and no other shard is. */
    private void awaitRegions(Map<Long, Long> versions) {
        List<String> wanted = versions.entrySet().stream()
                .map(shard -> shard.getKey() + " version " + shard.getValue())
                .toList();
        List<List<String>> found = new ArrayList<>();
        try {
            Await.until("the regions have the shards of the tables and no others", () -> {
                found.add(onRegions());
                return found.remove(0).equals(wanted);
            });
        } catch (IllegalStateException e) {
            assertThat(onRegions()).as("shards on regions").isEqualTo(wanted);
        }
    }

    private List<String> onRegions() {
        Map<Long, List<String>> shards = new TreeMap<>();
        for (Member region : cluster.regions()) {
            try {
                URI status = URI.create("http://127.0.0.1:" + region.adminPort() + "/status");
                for (JsonNode shard : JSON.readTree(status.toURL()).get("shards")) {
                    String indexes = shard.get("indexesLeft").asInt() == 0 ? "" : ", indexes incomplete";
                    shards.computeIfAbsent(shard.get("id").asLong(), id -> new ArrayList<>())
                            .add(shard.get("id").asLong() + " version "
                                    + shard.get("schema").asLong() + indexes);
                }
            } catch (IOException e) {
                return List.of(region.name() + ": " + e.getMessage());
            }
        }
        return shards.values().stream().flatMap(List::stream).toList();
    }

    /** All masters have the same metadata, those too that were lost, and there are as many entries as they say. */
    private void checkDigests(MdsClient client) {
        List<MetadataCheck> checks = new ArrayList<>();
        Await.until("all masters could be asked for a digest", () -> {
            checks.add(0, client.checkMetadata());
            return checks.get(0).isComplete() && checks.get(0).masters().size() == MASTERS;
        });
        assertThat(checks.get(0).different())
                .as("masters that differ from %s", checks.get(0))
                .isEmpty();
        awaitEntries(checks.get(0).sequence());
    }

    /**
     * The log has every entry from where it is said to begin up to the last, and not many more than it is to keep. More may
     * have come since that last look: regions that come and go make some, too.
     */
    private void awaitEntries(long last) {
        ZnodePaths paths = cluster.view().paths();
        List<String> seen = new ArrayList<>();
        try {
            Await.until("the OpLog is whole, and its old entries are gone", () -> {
                OpLogLatest latest = cluster.view()
                        .read(paths.oplogLatest())
                        .map(data -> ZnodeJson.read(paths.oplogLatest(), data, OpLogLatest.class))
                        .orElse(OpLogLatest.EMPTY);
                List<Long> entries = cluster.view().children(paths.oplogEntries()).stream()
                        .map(Long::valueOf)
                        .sorted()
                        .toList();
                seen.add(0, entries.size() + " entries, " + latest);
                return latest.sequence() >= last
                        && entries.equals(LongStream.rangeClosed(latest.first(), latest.sequence())
                                .boxed()
                                .toList())
                        && entries.size() <= RETAINED + RETAINED / 10;
            });
        } catch (IllegalStateException e) {
            throw new AssertionError("entry " + last + " is the last, and there are " + seen.get(0), e);
        }
    }

    private MasterHistory history() {
        return MasterHistory.check(TransactionLog.of(cluster), cluster.view().paths());
    }
}
