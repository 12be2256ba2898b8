package io.mds.simulator;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.Message;
import io.mds.region.replication.ReplicaSettings;
import io.mds.region.replication.View;
import io.mds.region.wal.LogPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * One run: a shard on some of five regions, clients, and faults of every kind for a second of simulated time; then all is
 * healed, and everything acknowledged must be on every replica of a shard that serves again. All times are a fifth of those
 * that clusters run with, so that more happens in a run.
 */
public final class Simulation {
    private static final int REGIONS = 5;
    private static final long FAULTS_NANOS = TimeUnit.MILLISECONDS.toNanos(1_200);
    private static final long CUT_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(1_610);
    private static final long CLIENTS_NANOS = TimeUnit.MILLISECONDS.toNanos(1_900);
    private static final long MENDED_NANOS = TimeUnit.MILLISECONDS.toNanos(2_000);
    private static final long END_NANOS = TimeUnit.MILLISECONDS.toNanos(2_400);
    private static final int[] BATCHES = {1, 1, 2, 512};
    private static final int[] APPENDS = {1, 2, 1_000};
    private static final int[] REPLICAS = {1, 2, 3, 3, 3, 3, 3, 3, 4, 5};

    private final long seed;
    private final Dice dice;
    private final Schedule schedule;
    private final Trace trace;
    private final History history = new History();
    private final Coverage coverage = new Coverage();
    private final List<SimulatedRegion> regions = new ArrayList<>();
    private final Network network;
    private final SimulatedZooKeeper zooKeeper;
    private final List<SimulatedMaster> masters = new ArrayList<>();
    private final Nemesis nemesis;
    private final int wantedReplicas;
    private final Set<RegionId> all;
    private long operations;

    /** What a run without a violation did. */
    public record Outcome(long seed, long acknowledged, Coverage coverage) {}

    public Simulation(long seed) {
        this(seed, false);
    }

    /** @param traced whether {@link #trace} is wanted, which takes more time */
    public Simulation(long seed, boolean traced) {
        this.seed = seed;
        this.dice = new Dice(seed);
        this.schedule = new Schedule(dice);
        this.trace = new Trace(traced, schedule);
        this.network = new Network(schedule, dice, REGIONS);
        ReplicaSettings settings = new ReplicaSettings(
                Duration.ofMillis(100),
                Duration.ofMillis(20),
                Duration.ofMillis(200),
                BATCHES[dice.below(BATCHES.length)],
                1 << 20,
                dice.oneIn(3) ? 512 + dice.below(100) : 512,
                APPENDS[dice.below(APPENDS.length)]);
        for (int i = 1; i <= REGIONS; i++) {
            regions.add(new SimulatedRegion(
                    new RegionId(i), settings, schedule, dice, new FromRegions(), history, coverage, trace));
        }
        this.all = regions.stream().map(SimulatedRegion::id).collect(Collectors.toCollection(TreeSet::new));
        this.wantedReplicas = REPLICAS[dice.below(REPLICAS.length)];
        Set<RegionId> first = new TreeSet<>();
        while (first.size() < wantedReplicas) {
            first.add(anyRegion().id());
        }
        View view = View.of(new ViewNumber(1), first.iterator().next(), first);
        this.zooKeeper = new SimulatedZooKeeper(view, this::viewWritten);
        this.nemesis = new Nemesis(this, schedule, network, dice, coverage, trace);
    }

    /**
     * Runs it.
     *
     * @throws Violation when a promise was broken
     */
    public Outcome run() {
        regions.forEach(SimulatedRegion::start);
        newMaster();
        schedule.every(5_000, this::clients);
        schedule.every(25_000, () -> masters.forEach(SimulatedMaster::look));
        schedule.every(40_000, () -> masters.forEach(SimulatedMaster::repair));
        schedule.every(18_000, () -> {
            if (isFaulty()) {
                nemesis.strike();
            }
        });
        schedule.runUntil(FAULTS_NANOS);
        heal();
        schedule.runUntil(CUT_OFF_NANOS);
        Runnable check = cutOffLeader();
        schedule.runUntil(MENDED_NANOS);
        check.run();
        network.mend();
        schedule.runUntil(END_NANOS);
        checkEnd();
        return new Outcome(seed, coverage.of(Coverage.Event.WRITES_ACKNOWLEDGED), coverage);
    }

    /** What happened last in the run of a seed, and how it ended. */
    public static String tell(long seed) {
        Simulation simulation = new Simulation(seed, true);
        String end;
        try {
            end = "no promise was broken: " + simulation.run().coverage().counts();
        } catch (Violation e) {
            end = e.getMessage();
        }
        return String.join("\n", simulation.trace()) + "\nseed " + seed + ": " + end;
    }

    /** The last things that happened, oldest first. */
    public List<String> trace() {
        return trace.lines();
    }

    // ---- who is there ----

    List<SimulatedRegion> regions() {
        return regions;
    }

    SimulatedRegion region(RegionId id) {
        return regions.get((int) id.value() - 1);
    }

    SimulatedRegion anyRegion() {
        return regions.get(dice.below(regions.size()));
    }

    SimulatedRegion leader() {
        return region(zooKeeper.view().leader());
    }

    /** The active one. */
    SimulatedMaster master() {
        return masters.get(masters.size() - 1);
    }

    SimulatedMaster anyMaster() {
        return dice.oneIn(2) ? master() : masters.get(dice.below(masters.size()));
    }

    boolean isFaulty() {
        return schedule.nowNanos() < FAULTS_NANOS;
    }

    // ---- clients ----

    private void clients() {
        if (schedule.nowNanos() > CLIENTS_NANOS) {
            return;
        }
        if (schedule.nowNanos() % 400_000_000 > 300_000_000) {
            // Now and then there is no work, and leaders fall silent.
            if (dice.oneIn(30)) {
                leader().read();
            }
            return;
        }
        anyRegion().write(++operations);
        leader().write(++operations);
        leader().read();
        for (SimulatedRegion region : regions) {
            region.read();
        }
    }

    // ---- masters ----

    private void newMaster() {
        if (masters.size() == 3) {
            masters.remove(0);
        }
        masters.add(new SimulatedMaster(zooKeeper, wantedReplicas, schedule, dice, new FromMasters(), coverage, trace));
    }

    void deposeMaster() {
        coverage.count(Coverage.Event.MASTERS_DEPOSED);
        zooKeeper.depose();
        trace.note(() -> "a new master takes over, epoch " + zooKeeper.epoch());
        newMaster();
    }

    /** The views before must have been sealed by those that may have committed something in them. */
    private void viewWritten(View before, View after) {
        if (after.number().equals(before.number())) {
            return;
        }
        Set<RegionId> promised = new HashSet<>();
        for (SimulatedRegion region : regions) {
            if (region.durablePromise().compareTo(after.number()) >= 0) {
                promised.add(region.id());
            }
        }
        if (!isMajority(promised, before.replicas())
                || (!before.previous().isEmpty() && !isMajority(promised, before.previous()))) {
            throw new Violation(after + " is written, and of those of " + before + " only " + promised
                    + " have promised on disk to join no older one");
        }
        nemesis.viewWritten(after.leader());
    }

    private static boolean isMajority(Set<RegionId> some, Set<RegionId> all) {
        return all.stream().filter(some::contains).count() * 2 > all.size();
    }

    /** Of the replicas that count, one at a time may lose what it had, and only if the others can do without. */
    boolean canLoseDisk(RegionId region) {
        View view = zooKeeper.view();
        Set<RegionId> counted = new TreeSet<>(view.replicas());
        counted.addAll(view.previous());
        boolean othersDo = view.previous().isEmpty()
                && counted.size() > 2
                && counted.stream().allMatch(each -> region(each).holdsShard());
        return masters.stream().noneMatch(SimulatedMaster::isChanging) && (othersDo || !counted.contains(region));
    }

    // ---- the end ----

    private void heal() {
        trace.note(() -> "everything is healed");
        network.heal();
        masters.subList(0, masters.size() - 1).clear();
        regions.forEach(region -> region.slow(false, false));
        regions.forEach(SimulatedRegion::start);
    }

    /** The leader and the others lose each other, one way or both, while all are in touch with the master. */
    private Runnable cutOffLeader() {
        View view = zooKeeper.view();
        boolean settled = view.replicas().size() > 2
                && view.previous().isEmpty()
                && !master().isChanging()
                && leader().isUp()
                && view.replicas().stream()
                        .map(region -> region(region).replica())
                        .allMatch(it -> it != null && it.promised().equals(view.number()));
        if (!settled || dice.oneIn(2)) {
            return () -> {};
        }
        RegionId cutOff = view.leader();
        int way = dice.below(3);
        for (RegionId other : all) {
            if (way != 0) {
                network.cut(Network.place(cutOff), Network.place(other));
            }
            if (way != 1) {
                network.cut(Network.place(other), Network.place(cutOff));
            }
        }
        trace.note(() -> "the leader, region " + cutOff + ", loses the others: " + way);
        return () -> {
            if (zooKeeper.view().leader().equals(cutOff)) {
                tellState();
                throw new Violation("region " + cutOff + " still leads, long after it and the others lost each other");
            }
        };
    }

    private void checkEnd() {
        View view = zooKeeper.view();
        SimulatedRegion leader = region(view.leader());
        if (leader.replica() == null || !leader.replica().isServing()) {
            tellState();
            throw new Violation("the shard does not serve, long after all was healed: " + view);
        }
        LogIndex end = leader.applied().index();
        history.checkKept(end);
        for (RegionId id : view.replicas()) {
            if (!region(id).applied().index().equals(end)) {
                tellState();
                throw new Violation("region " + id + " is at " + region(id).applied() + ", and the leader at " + end
                        + ", long after all was healed");
            }
        }
    }

    private void tellState() {
        regions.forEach(region -> trace.note(() -> String.valueOf(region.replica())));
    }

    // ---- the network ----

    void sendSnapshot(SimulatedRegion from, RegionId to) {
        if (from.replica() != null) {
            LogPosition position = from.applied();
            schedule.within(
                    500,
                    dice.oneIn(3) ? 150_000 : 10_000,
                    () -> network.send(
                            Network.place(from.id()),
                            Network.place(to),
                            () -> region(to).receiveSnapshot(position)));
        }
    }

    /** What regions send. */
    private final class FromRegions implements SimulatedRegion.Outside {
        private void toMasters(RegionId from, java.util.function.Consumer<SimulatedMaster> what) {
            for (SimulatedMaster master : masters) {
                network.send(Network.place(from), Network.MASTERS, () -> what.accept(master));
            }
        }

        @Override
        public void send(RegionId from, RegionId to, Message message) {
            trace.note(() -> "  " + from + " to " + to + ": " + message);
            network.send(
                    Network.place(from), Network.place(to), () -> region(to).receive(from, message));
        }

        @Override
        public void behind(RegionId leader, RegionId to, ViewNumber view) {
            network.send(
                    Network.place(leader),
                    Network.place(to),
                    () -> region(to).behind(view, () -> sendSnapshot(region(leader), to)));
        }

        @Override
        public void sealed(RegionId from, ViewNumber view, LogPosition last) {
            trace.note(() -> "region " + from + " has sealed for view " + view + ", its log ends at " + last);
            toMasters(from, master -> master.sealed(from, view, last));
        }

        @Override
        public void sealRefused(RegionId from, ViewNumber view, ViewNumber promised) {
            toMasters(from, master -> master.sealRefused(view, promised));
        }

        @Override
        public void report(RegionId from, SimulatedRegion.Report report) {
            toMasters(from, master -> master.report(from, report));
        }

        @Override
        public void leads(RegionId region, ViewNumber view) {
            for (SimulatedRegion other : regions) {
                if (other.isTrusted() && other.replica().promised().compareTo(view) < 0) {
                    throw new Violation("region " + region + " leads view " + view + ", and region " + other.id()
                            + " still may answer strong reads: " + other.replica());
                }
            }
        }
    }

    /** What masters send. */
    private final class FromMasters implements SimulatedMaster.Regions {
        private void to(RegionId to, java.util.function.Consumer<SimulatedRegion> what) {
            network.send(Network.MASTERS, Network.place(to), () -> what.accept(region(to)));
        }

        @Override
        public void seal(RegionId to, ViewNumber view, ViewNumber released) {
            to(to, region -> region.seal(view, released));
        }

        @Override
        public void open(RegionId to, View view, long epoch) {
            long starts = region(to).starts();
            to(to, region -> region.open(view, epoch, starts));
        }

        @Override
        public void drop(RegionId to, ViewNumber inView, long epoch) {
            long starts = region(to).starts();
            to(to, region -> region.drop(inView, epoch, starts));
        }

        @Override
        public Set<RegionId> all() {
            return all;
        }
    }
}
