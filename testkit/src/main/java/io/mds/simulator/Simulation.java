package io.mds.simulator;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.LogPosition;
import io.mds.region.replication.Message;
import io.mds.region.replication.View;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * One run: a shard on some of five regions, clients, and faults of every kind for some seconds of simulated time; then all is
 * healed, and everything acknowledged must be on every replica of a shard that serves again.
 */
public final class Simulation {
    private static final int REGIONS = 5;
    private static final long FAULTS_NANOS = TimeUnit.SECONDS.toNanos(4);
    private static final long HEALED_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int TRACE_LINES = 400;

    private final long seed;
    private final Random random;
    private final Schedule schedule;
    private final History history = new History();
    private final List<SimulatedRegion> regions = new ArrayList<>();
    private final SimulatedMaster.ZooKeeper zooKeeper;
    private final List<SimulatedMaster> masters = new ArrayList<>();
    private final Set<Set<RegionId>> cut = new HashSet<>();
    private final Deque<String> trace = new ArrayDeque<>();
    private final double loss;
    private final double repetition;
    private final double late;
    private boolean faults = true;
    private long operations;
    private long changes;
    private long crashes;

    /** What a run without a violation did. */
    public record Outcome(long seed, long acknowledged, long reads, long views, long crashes) {}

    public Simulation(long seed) {
        this.seed = seed;
        this.random = new Random(seed);
        this.schedule = new Schedule(random);
        this.loss = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.1;
        this.repetition = random.nextDouble() * 0.05;
        this.late = random.nextInt(2) == 0 ? 0 : random.nextDouble() * 0.1;
        for (int i = 1; i <= REGIONS; i++) {
            regions.add(new SimulatedRegion(new RegionId(i), schedule, random, new Wire(), history));
        }
        Set<RegionId> first = someRegions();
        View view = View.of(new ViewNumber(0), first.iterator().next(), first);
        this.zooKeeper = new SimulatedMaster.ZooKeeper(view);
    }

    private Set<RegionId> someRegions() {
        List<SimulatedRegion> shuffled = new ArrayList<>(regions);
        Collections.shuffle(shuffled, random);
        Set<RegionId> some = new TreeSet<>();
        int count = random.nextInt(4) == 0 ? 1 + random.nextInt(4) : 3;
        shuffled.subList(0, count).forEach(region -> some.add(region.id()));
        return some;
    }

    /**
     * Runs it.
     *
     * @throws Violation when a promise was broken; {@link #trace} tells how it came to that
     */
    public Outcome run() {
        regions.forEach(SimulatedRegion::start);
        takeOver();
        schedule.every(20_000, this::clientWrites);
        schedule.every(17_000, this::clientReads);
        schedule.every(100_000, () -> masters.forEach(SimulatedMaster::repair));
        schedule.every(150_000, this::lookAfterLeader);
        schedule.every(80_000, this::disturb);
        schedule.within(0, 1, () -> active().changeView(active().record().replicas(), Optional.empty()));
        schedule.runUntil(FAULTS_NANOS);
        heal();
        schedule.runUntil(FAULTS_NANOS + HEALED_NANOS);
        checkEnd();
        return new Outcome(seed, history.acknowledgedCount(), history.readCount(), changes, crashes);
    }

    /** The last things that happened, oldest first. */
    public List<String> trace() {
        return List.copyOf(trace);
    }

    private void note(String what) {
        if (trace.size() == TRACE_LINES) {
            trace.removeFirst();
        }
        trace.add(String.format("%10.3f ms  %s", schedule.nowNanos() / 1e6, what));
    }

    private SimulatedMaster active() {
        return masters.get(masters.size() - 1);
    }

    private SimulatedRegion region(RegionId id) {
        return regions.get((int) id.value() - 1);
    }

    private SimulatedRegion anyRegion() {
        return regions.get(random.nextInt(regions.size()));
    }

    // ---- clients ----

    private void clientWrites() {
        long operation = ++operations;
        anyRegion().write(operation);
        region(zooKeeper.view().leader()).write(++operations);
    }

    private void clientReads() {
        anyRegion().read(++operations);
        region(zooKeeper.view().leader()).read(++operations);
    }

    // ---- masters ----

    private void takeOver() {
        if (!masters.isEmpty()) {
            zooKeeper.depose();
            note("a new master takes over, epoch " + zooKeeper.epoch());
        }
        if (masters.size() == 3) {
            masters.remove(0);
        }
        masters.add(new SimulatedMaster(zooKeeper, schedule, new Wire()));
    }

    /** A master notices, sooner or later, that the leader does not serve. */
    private void lookAfterLeader() {
        SimulatedMaster master = active();
        SimulatedRegion leader = region(master.record().leader());
        boolean serves = leader.isUp()
                && !leader.isPaused()
                && leader.replica().isLeader()
                && leader.replica().promised().equals(master.record().number());
        if (!serves && random.nextInt(3) > 0) {
            changes++;
            master.changeView(master.record().replicas(), Optional.empty());
        }
    }

    private void disturb() {
        if (!faults) {
            return;
        }
        switch (random.nextInt(14)) {
            case 0, 1, 2 -> crash(anyRegion());
            case 3 -> crash(region(zooKeeper.view().leader()));
            case 4 -> regions.forEach(this::crash);
            case 5, 6 -> anyRegion().pause(100_000 + random.nextInt(1_500_000));
            case 7 -> region(zooKeeper.view().leader()).pause(100_000 + random.nextInt(1_500_000));
            case 8, 9 -> partition();
            case 10 -> takeOver();
            case 11 -> {
                changes++;
                active().changeView(someRegions(), Optional.of(anyRegion().id()));
            }
            case 12 -> masters.get(random.nextInt(masters.size())).changeView(someRegions(), Optional.empty());
            default -> cut.clear();
        }
    }

    private void crash(SimulatedRegion region) {
        if (region.isUp()) {
            crashes++;
            region.crash();
            schedule.within(1_000, 1_500_000, region::start);
        }
    }

    private void partition() {
        RegionId one = anyRegion().id();
        boolean whole = random.nextBoolean();
        for (SimulatedRegion other : regions) {
            if (!other.id().equals(one) && (whole || random.nextBoolean())) {
                cut.add(Set.of(one, other.id()));
            }
        }
        note("region " + one + " is cut off: " + cut);
    }

    // ---- the end ----

    private void heal() {
        note("everything is healed");
        faults = false;
        cut.clear();
        masters.subList(0, masters.size() - 1).clear();
        regions.forEach(SimulatedRegion::start);
    }

    private void checkEnd() {
        View view = zooKeeper.view();
        SimulatedRegion leader = region(view.leader());
        if (!leader.isUp() || !leader.replica().isServing()) {
            regions.forEach(region -> note(String.valueOf(region.replica())));
            throw new Violation("the shard does not serve, long after all was healed: " + view);
        }
        LogIndex end = leader.appliedPosition().index();
        history.checkKept(end);
        for (RegionId id : view.replicas()) {
            long behind = end.value() - region(id).appliedPosition().index().value();
            if (behind > 200) {
                throw new Violation("region " + id + " is " + behind + " entries behind, long after all was healed");
            }
        }
    }

    // ---- the network ----

    private boolean isCut(RegionId from, RegionId to) {
        return cut.contains(Set.of(from, to));
    }

    private void deliver(Runnable arrival) {
        if (faults && random.nextDouble() < loss) {
            return;
        }
        int copies = faults && random.nextDouble() < repetition ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            boolean slow = faults && random.nextDouble() < late;
            schedule.within(50, slow ? 2_000_000 : 1_000, arrival);
        }
    }

    private final class Wire implements SimulatedRegion.Outside, SimulatedMaster.Regions {
        @Override
        public void send(RegionId from, RegionId to, Message message) {
            if (!isCut(from, to)) {
                deliver(() -> region(to).receive(from, message));
            }
        }

        @Override
        public void sendSnapshot(RegionId from, RegionId to, SimulatedDisk.Store store) {
            if (!isCut(from, to)) {
                deliver(() -> region(to).receiveSnapshot(store));
            }
        }

        @Override
        public void sealed(RegionId from, ViewNumber view, LogPosition last) {
            masters.forEach(master -> deliver(() -> master.sealed(from, view, last)));
        }

        @Override
        public void sealRefused(RegionId from, ViewNumber view, ViewNumber promised) {
            masters.forEach(master -> deliver(() -> master.sealRefused(from, view, promised)));
        }

        @Override
        public void activated(RegionId from, ViewNumber view) {
            masters.forEach(master -> deliver(() -> master.activated(from, view)));
        }

        @Override
        public void seal(RegionId to, ViewNumber view) {
            deliver(() -> region(to).seal(view));
        }

        @Override
        public void open(RegionId to, View view) {
            deliver(() -> region(to).open(view));
        }

        @Override
        public void note(String what) {
            Simulation.this.note(what);
        }
    }
}
