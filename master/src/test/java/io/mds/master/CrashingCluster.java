package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.error.MdsException;
import io.mds.master.election.MasterInfo;
import io.mds.master.election.MasterState;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.master.oplog.DigestHistory;
import io.mds.master.state.FollowedState;
import io.mds.master.state.Shard;
import io.mds.master.state.StateLoader;
import io.mds.master.state.Table;
import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingRegion;
import io.mds.master.testing.TestingZooKeeper;
import io.mds.master.testing.TestingZooKeeperProxy;
import io.mds.master.testing.TestingZooKeeperProxy.Moment;
import io.mds.proto.Column;
import io.mds.proto.DrainRegionRequest;
import io.mds.proto.Index;
import io.mds.proto.MoveShardRequest;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.rpc.Deadline;
import io.mds.znode.DrainedRegions;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;

/**
 * A cluster whose masters die, each at another of its calls to ZooKeeper, and the model of what it holds. Whatever the
 * call, the others go on with what was acknowledged, and with nothing half done.
 *
 * <p>Thread: the test's.
 */
final class CrashingCluster implements AutoCloseable {
    static final ZnodePaths PATHS = new ZnodePaths("/mds");
    private static final Duration BEAT = Duration.ofMillis(50);

    private final TestingZooKeeper zooKeeper = TestingZooKeeper.start();
    private final ZooKeeperSession reader = zooKeeper.session(AccessControl.open(), Duration.ofSeconds(10));
    private final List<Running> masters = new ArrayList<>();
    private final List<TestingRegion> regions = new ArrayList<>();
    private final Map<String, String> model = new TreeMap<>();
    private final int size;
    private String what = "the beginning";
    private int made;
    private Running joined;
    private long beatenAtNanos;
    private long moved;
    private long to;

    /** @param size how many masters there are, those that died replaced */
    CrashingCluster(int size) {
        this.size = size;
        model.put("drained", "[]");
        model.put("regions", "[]");
    }

    final class Running {
        private final TestingZooKeeperProxy proxy = new TestingZooKeeperProxy(zooKeeper);
        private final MasterCore core;
        private volatile boolean dead;

        Running() {
            made++;
            core = new MasterCore(MasterConfigs.still(proxy, PATHS.root(), "m" + made));
            core.start(new MasterInfo("m" + made, "127.0.0.1", 7000 + made, 0));
        }

        /** The n-th call from now on is its last; of those that write, when it dies after one: reading changes nothing. */
        void dieAt(int call, Moment moment) {
            if (moment == Moment.AFTER) {
                proxy.dieAfterWrite(call, this::kill);
            } else {
                proxy.dieAt(call, moment, this::kill);
            }
        }

        /** Whether it is still alive, and will be. */
        boolean hasSurvived() {
            proxy.live();
            return !isDead();
        }

        void kill() {
            proxy.die();
            long session = core.zooKeeperSessionId();
            core.halt();
            zooKeeper.expire(session);
            dead = true;
        }

        boolean isDead() {
            return dead || proxy.isDead();
        }
    }

    /** Waits for a master that serves, has all regions join it, and waits for standbys that have what it has. */
    Running active() throws Exception {
        while (true) {
            await(() -> serving() != null);
            Running active = serving();
            if (active != null && (active == joined || join(active))) {
                joined = active;
                return active;
            }
        }
    }

    private Running serving() {
        masters.removeIf(each -> each.dead);
        if (masters.isEmpty()) {
            masters.add(new Running());
        }
        Running serving = masters.stream()
                .filter(each -> each.core.isActive() && !each.isDead())
                .findFirst()
                .orElse(null);
        while (serving != null && masters.size() < size) {
            masters.add(new Running());
        }
        return serving;
    }

    /** Who takes over next. */
    Running next() throws Exception {
        Running active = active();
        return masters.stream().filter(each -> each != active).findFirst().orElseThrow();
    }

    private boolean join(Running active) throws Exception {
        for (TestingRegion region : regions) {
            long before = region.id();
            CompletableFuture<?> answer = region.registerAsync(active.core.service(), active.core.service());
            if (!until(active, answer::isDone) || answer.isCompletedExceptionally()) {
                return false;
            }
            assertThat(before).as(what).isIn(0L, region.id());
        }
        return true;
    }

    /** False when the master dies first. */
    private boolean until(Running active, Callable<Boolean> condition) throws Exception {
        await(() -> {
            beat(active);
            return condition.call() || active.isDead();
        });
        return condition.call();
    }

    private void await(Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(Duration.ofSeconds(40))
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }

    private void beat(Running active) {
        if (active == joined && System.nanoTime() - beatenAtNanos > BEAT.toNanos()) {
            beatenAtNanos = System.nanoTime();
            for (TestingRegion leader : regions) {
                regions.forEach(leader::replicateTo);
                leader.beatAsync();
            }
        }
    }

    /** For the messages of what fails from now on. */
    void now(String description) {
        what = description;
    }

    /** The model with one change, which may be to have nothing under that key. */
    private Map<String, String> with(String key, String value) {
        Map<String, String> after = new TreeMap<>(model);
        after.put(key, value);
        after.values().removeIf(each -> each == null);
        return after;
    }

    private void become(Map<String, String> next) {
        model.clear();
        model.putAll(next);
    }

    /** Has a region registered that is new. */
    void register() throws Exception {
        regions.add(new TestingRegion(8000 + regions.size()));
        List<Integer> ids = IntStream.rangeClosed(1, regions.size()).boxed().toList();
        joined = null;
        Running unused = active();
        become(with("regions", ids.toString()));
    }

    /** Has one change done, in as many attempts as it takes. */
    void perform(Request.Builder request, String key, String value) throws Exception {
        for (int attempt = 1; attempt <= 10; attempt++) {
            Running active = active();
            CompletableFuture<Reply> answer =
                    MasterScenario.client(active.core).askAsync(request, Deadline.after(Duration.ofSeconds(20)));
            boolean answered = until(active, answer::isDone);
            if (answered && !answer.isCompletedExceptionally()) {
                become(with(key, value));
                return;
            }
            if (accept(answered ? outcome(answer) : Outcome.UNKNOWN, key, value)) {
                return;
            }
        }
        throw new AssertionError(what + ": " + request + " is not done");
    }

    /** What is there is the model from now on: as before, or with the change where that is possible. */
    private boolean accept(Outcome outcome, String key, String value) throws Exception {
        Map<String, String> now = settled();
        if (outcome == Outcome.NOT_APPLIED || !now.equals(with(key, value))) {
            assertThat(now).as(what).isEqualTo(model);
            return false;
        }
        become(now);
        return true;
    }

    private Outcome outcome(CompletableFuture<Reply> failed) {
        return failed.handle((reply, failure) -> ((MdsException) failure).outcome())
                .join();
    }

    /** The active master is killed when the change is recorded, and no region has heard of it. */
    void takeOverDuring(Request.Builder request, String key, String value) throws Exception {
        Running active = active();
        regions.forEach(region -> region.appliesSchemas(false));
        CompletableFuture<Reply> unused =
                MasterScenario.client(active.core).askAsync(request, Deadline.after(Duration.ofSeconds(20)));
        boolean recorded =
                until(active, () -> !reader.children(PATHS.procedures()).isEmpty());
        assertThat(recorded).as(what).isTrue();
        active.kill();
        regions.forEach(region -> region.appliesSchemas(true));
        become(with(key, value));
    }

    /** What is there is what the model says, at every master, and nothing is under way any more. */
    void verify() throws Exception {
        assertThat(settled()).as(what).isEqualTo(model);
    }

    /** Every entry of the OpLog is there, from the first on. */
    void verifyOpLog() throws Exception {
        List<Long> entries = reader.children(PATHS.oplogEntries()).stream()
                .map(Long::parseLong)
                .sorted()
                .toList();
        assertThat(entries)
                .isEqualTo(LongStream.rangeClosed(1, entries.size()).boxed().toList());
    }

    /** Everything, once nothing is under way any more, and all masters have the same. */
    private Map<String, String> settled() throws Exception {
        while (true) {
            Running active = active();
            if (!until(active, () -> isQuiet(active))) {
                continue;
            }
            FollowedState truth = truth();
            return described(truth);
        }
    }

    private boolean isQuiet(Running active) throws Exception {
        if (serving() != active || masters.size() != size) {
            return false;
        }
        ControlPlane plane = active.core.service().active();
        if (plane == null
                || plane.procedures().count() + plane.keeper().changing() > 0
                || !plane.state().movingShards().isEmpty()) {
            return false;
        }
        DigestHistory.Digested mine = plane.digests().newest().orElseThrow();
        return masters.stream().allMatch(each -> each == active || isLike(each, mine))
                && mine.digest().equals(truth().image().digest());
    }

    private boolean isLike(Running standby, DigestHistory.Digested expected) {
        var digest = standby.core.follower().digests().at(expected.sequence());
        digest.ifPresent(found -> assertThat(found).as(what).isEqualTo(expected));
        return standby.core.state() == MasterState.STANDBY && digest.isPresent();
    }

    private FollowedState truth() throws Exception {
        StateLoader loader = new StateLoader(reader, PATHS);
        loader.read();
        return loader.build();
    }

    private Map<String, String> described(FollowedState truth) throws Exception {
        Map<String, String> all = new TreeMap<>();
        for (Table table : truth.state().tables()) {
            List<String> columns = table.schema().getColumnsList().stream()
                    .map(Column::getName)
                    .toList();
            List<String> indexes =
                    table.schema().getIndexesList().stream().map(Index::getName).toList();
            all.put(
                    "table " + table.name(),
                    table.state() + " " + columns + " " + indexes + " "
                            + table.shards().size());
        }
        var drained = reader.read(PATHS.drained());
        all.put(
                "drained",
                drained == null
                        ? "[]"
                        : ZnodeJson.read("drained", drained.value(), DrainedRegions.class)
                                .leaders()
                                .toString());
        all.put(
                "regions",
                truth.state().regions().stream()
                        .map(region -> region.value().id())
                        .sorted()
                        .toList()
                        .toString());
        Shard shard = truth.state().shard(moved);
        if (shard != null) {
            all.put("moved", shard.record().replicas().contains(to) ? "yes" : "no");
        }
        return all;
    }

    /** Has a region lead nothing any more, or lead again. */
    void drain(long region) throws Exception {
        boolean cancel = !model.get("drained").equals("[]");
        perform(
                Request.newBuilder()
                        .setDrainRegion(DrainRegionRequest.newBuilder()
                                .setRegionId(region)
                                .setCancel(cancel)),
                "drained",
                cancel ? "[]" : "[" + region + "]");
    }

    /** The replica of its first shard's leader, to a region that has none. */
    Request.Builder move(String table) throws Exception {
        Shard shard = truth().state().table(table).shards().get(0);
        moved = shard.id();
        to = LongStream.rangeClosed(1, regions.size())
                .filter(region -> !shard.record().replicas().contains(region))
                .findFirst()
                .orElseThrow();
        model.put("moved", "no");
        return Request.newBuilder()
                .setMoveShard(MoveShardRequest.newBuilder()
                        .setShardId(moved)
                        .setFromRegion(shard.record().leader())
                        .setToRegion(to));
    }

    @Override
    public void close() {
        for (Running each : masters) {
            if (!each.dead) {
                each.kill();
            }
            each.proxy.close();
        }
        reader.close();
        zooKeeper.close();
    }
}
