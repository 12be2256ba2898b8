package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.master.election.MasterInfo;
import io.mds.master.election.MasterState;
import io.mds.master.metadata.Leadership;
import io.mds.master.oplog.DigestHistory;
import io.mds.master.state.ClusterState;
import io.mds.master.state.FollowedState;
import io.mds.master.state.StateLoader;
import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.StateComparison;
import io.mds.master.testing.TestingRegion;
import io.mds.master.testing.TestingZooKeeperProxy;
import io.mds.master.testing.TestingZooKeeperProxy.Moment;
import io.mds.proto.DrainRegionRequest;
import io.mds.proto.Outcome;
import io.mds.proto.Request;
import io.mds.rpc.Deadline;
import io.mds.znode.EpochRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Random changes of metadata against a plain model, while active masters die at every one of their calls to ZooKeeper,
 * lose their session, or are cut off for a moment.
 */
class MetadataModelTest extends MasterScenario {
    private final long seed = Long.getLong("mds.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Map<MasterCore, TestingZooKeeperProxy> proxies = new HashMap<>();
    private final List<TestingRegion> regions = List.of(new TestingRegion(8001), new TestingRegion(8002));
    /** Name to shards, of every table that must be there. */
    private final TreeMap<String, Integer> model = new TreeMap<>();

    private final AtomicReference<String> drained = new AtomicReference<>("");
    private int made;

    private MasterCore add() {
        TestingZooKeeperProxy proxy = proxy();
        MasterConfig config = MasterConfigs.config(proxy, "m" + ++made);
        MasterCore core = new MasterCore(config);
        core.start(new MasterInfo(config.id(), "127.0.0.1", 7000 + made, 0));
        masters.add(core);
        proxies.put(core, proxy);
        return core;
    }

    private MasterCore awaitActive() {
        AtomicReference<MasterCore> joined = new AtomicReference<>();
        await().atMost(Duration.ofSeconds(50))
                .pollInterval(Duration.ofMillis(5))
                .ignoreException(MdsException.class)
                .until(() -> {
                    // Another one each time, perhaps: on a machine that stands still, sessions end by themselves.
                    MasterCore active = masters.stream()
                            .filter(MasterCore::isActive)
                            .findFirst()
                            .orElse(null);
                    if (active == null) {
                        return false;
                    }
                    for (TestingRegion region : regions) {
                        join(active, region);
                    }
                    joined.set(active);
                    return true;
                });
        return joined.get();
    }

    /** Makes up one change, and says what the model is afterwards if it is done. */
    private record Step(Request.Builder request, Runnable done) {}

    private Step next() {
        if (random.nextInt(8) == 0) {
            boolean cancel = random.nextBoolean();
            return new Step(
                    Request.newBuilder()
                            .setDrainRegion(DrainRegionRequest.newBuilder()
                                    .setRegionId(regions.get(1).id())
                                    .setCancel(cancel)),
                    () -> drained.set(cancel ? "" : "drained"));
        }
        if (model.isEmpty() || random.nextInt(3) > 0) {
            String name = "t" + ++made;
            int shards = 1 + random.nextInt(4);
            return new Step(create(name, shards), () -> model.put(name, shards));
        }
        String name = new ArrayList<>(model.keySet()).get(random.nextInt(model.size()));
        return new Step(drop(name), () -> model.remove(name));
    }

    @Test
    void noAcknowledgedChangeIsLostAndNoneIsHalfDoneWhenMastersDieAtEachOfTheirCalls() throws Exception {
        add();
        awaitActive();
        add();
        Leadership last = null;
        for (int round = 1; round <= 14; round++) {
            MasterCore active = awaitActive();
            MasterCore standby =
                    masters.stream().filter(m -> m != active).findFirst().orElseThrow();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> standby.follower().digests().newest().isPresent());
            change(active, random.nextInt(3));
            Leadership leadership = active.leadership();
            if (last != null && leadership != last) {
                assertThat(leadership.epoch().value())
                        .as("seed " + seed)
                        .isGreaterThan(last.epoch().value());
            }
            last = leadership;
            disturb(active, round);
            change(active, 6);
            settle();
            assertThat(tables()).as("seed " + seed).isEqualTo(model);
        }
        EpochRecord epoch = read(PATHS.epoch(), EpochRecord.class);
        assertThat(epoch.opLogSince()).isEqualTo(1);
        List<Long> entries = masters.get(masters.size() - 1).session().children(PATHS.oplogEntries()).stream()
                .map(Long::parseLong)
                .sorted()
                .toList();
        assertThat(entries)
                .as("seed " + seed)
                .isEqualTo(LongStream.rangeClosed(1, entries.size()).boxed().toList());
    }

    /** Each round another call; every third time something else than a death. */
    private void disturb(MasterCore active, int round) throws Exception {
        TestingZooKeeperProxy proxy = proxies.get(active);
        if (round % 3 == 0) {
            if (random.nextBoolean()) {
                zooKeeper.expire(active.session().sessionId());
            } else {
                proxy.cut();
            }
            return;
        }
        long session = active.session().sessionId();
        proxy.dieAt(1 + round / 2, random.nextBoolean() ? Moment.BEFORE : Moment.AFTER, () -> {
            active.halt();
            zooKeeper.expire(session);
        });
    }

    private void change(MasterCore active, int steps) throws Exception {
        for (int i = 0; i < steps; i++) {
            Step step = next();
            CompletableFuture<?> answer =
                    client(active).askAsync(step.request(), Deadline.after(Duration.ofSeconds(10)));
            TestingZooKeeperProxy proxy = proxies.get(active);
            await().atMost(Duration.ofSeconds(15))
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> answer.isDone() || proxy.isDead());
            if (answer.isDone() && !answer.isCompletedExceptionally()) {
                step.done().run();
            } else if (isUnknown(answer)) {
                drained.set("?");
                settle();
                // It may be done or not, but nothing in between; what is there is the model from now on.
                Map<String, Integer> before = Map.copyOf(model);
                step.done().run();
                if (!tables().equals(model)) {
                    model.clear();
                    model.putAll(before);
                }
                assertThat(tables()).as("seed " + seed).isEqualTo(model);
                drained.set("?");
            }
            if (!active.isActive()) {
                return;
            }
        }
    }

    private static boolean isUnknown(CompletableFuture<?> answer) {
        if (!answer.isDone()) {
            return true;
        }
        AtomicReference<Throwable> failure = new AtomicReference<>();
        var unused = answer.whenComplete((reply, e) -> failure.set(e));
        Throwable cause = failure.get() instanceof MdsException
                ? failure.get()
                : failure.get().getCause();
        return !(cause instanceof MdsException e) || e.outcome() != Outcome.NOT_APPLIED;
    }

    private Map<String, Integer> tables() throws Exception {
        Map<String, Integer> tables = new TreeMap<>();
        truth().state()
                .tables()
                .forEach(table -> tables.put(table.name(), table.shards().size()));
        return tables;
    }

    private FollowedState truth() throws Exception {
        MasterCore reader =
                masters.stream().filter(MasterCore::isActive).findFirst().orElseThrow();
        StateLoader loader = new StateLoader(reader.session(), PATHS);
        loader.read();
        return loader.build();
    }

    /** Replaces a master that died, waits until no procedure is under way, and compares everything with everything. */
    private void settle() throws Exception {
        masters.removeIf(master -> {
            boolean died = proxies.get(master).isDead();
            if (died) {
                master.halt();
            }
            return died;
        });
        while (masters.size() < 2) {
            add();
        }
        MasterCore active = awaitActive();
        await().atMost(Duration.ofSeconds(20))
                .until(() ->
                        ask(active, () -> active.service().active().procedures().count()) == 0);
        // One last change, so that both ends of the log have the same digest to look at.
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> {
                    DigestHistory.Digested mine =
                            active.service().active().digests().newest().orElseThrow(AssertionError::new);
                    for (MasterCore other : masters) {
                        if (other != active && other.state() == MasterState.STANDBY) {
                            assertThat(other.follower().digests().at(mine.sequence()))
                                    .as("seed " + seed)
                                    .contains(mine);
                        }
                    }
                    FollowedState truth = truth();
                    assertThat(mine.digest())
                            .as("seed " + seed)
                            .isEqualTo(truth.image().digest());
                    ClusterState held = active.service().active().state();
                    ask(active, () -> {
                        StateComparison.assertSame(held, truth.state(), "seed " + seed);
                        return 0;
                    });
                });
        if (!drained.get().equals("?")) {
            assertThat(drainedInZooKeeper())
                    .as("seed " + seed)
                    .isEqualTo(!drained.get().isEmpty());
        }
        drained.set(drainedInZooKeeper() ? "drained" : "");
    }

    private boolean drainedInZooKeeper() throws Exception {
        io.mds.znode.DrainedRegions regionsDrained = read(PATHS.drained(), io.mds.znode.DrainedRegions.class);
        return regionsDrained != null && !regionsDrained.leaders().isEmpty();
    }

    private interface Question<T> {
        T get() throws Exception;
    }

    private static <T> T ask(MasterCore master, Question<T> question) throws Exception {
        CompletableFuture<T> answer = new CompletableFuture<>();
        master.service().active().tasks().execute("test", () -> {
            try {
                answer.complete(question.get());
            } catch (Exception | AssertionError e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get(10, java.util.concurrent.TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            if (e.getCause() instanceof AssertionError wrong) {
                throw wrong;
            }
            throw e;
        }
    }
}
