package io.mds.simulator;

import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.View;
import io.mds.region.wal.LogPosition;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A master that changes the shard's views and looks after its replicas. A deposed one does not know it: it goes on sending,
 * and fails only where it writes to ZooKeeper.
 */
final class SimulatedMaster {
    private static final int MAX_RETRIES = 12;
    private static final int PATIENCE = 3;
    private static final long SILENCE_NANOS = 60_000_000;
    private static final ViewNumber NONE = new ViewNumber(0);

    /** The way to the regions; anything may be lost. */
    interface Regions {
        void seal(RegionId to, ViewNumber view, ViewNumber released);

        void open(RegionId to, View view, long epoch);

        void drop(RegionId to, ViewNumber inView, long epoch);

        Set<RegionId> all();
    }

    private final long epoch;
    private final SimulatedZooKeeper zooKeeper;
    private final Schedule schedule;
    private final Dice dice;
    private final Regions regions;
    private final Coverage coverage;
    private final Trace trace;
    private final int wantedReplicas;
    private View record;
    private long recordVersion;
    private ViewNumber highest;
    private ViewNumber released = NONE;
    private long servedAtNanos;
    private final Set<RegionId> without = new TreeSet<>();
    /** Who says of which view that it does not hear those that it should hear. */
    private final Map<RegionId, ViewNumber> silent = new HashMap<>();

    private Change change;

    /** A view change under way. */
    private final class Change {
        private final View from = record;
        private final ViewNumber number;
        private final Set<RegionId> wanted;
        private final Optional<RegionId> preferred;
        private final boolean leaderFirst;
        private final Optional<RegionId> notLeader;
        private final Map<RegionId, LogPosition> answers = new HashMap<>();
        private int retries;

        private Change(
                ViewNumber number,
                Set<RegionId> wanted,
                Optional<RegionId> preferred,
                boolean leaderFirst,
                Optional<RegionId> notLeader) {
            this.number = number;
            this.wanted = wanted;
            this.preferred = preferred;
            this.leaderFirst = leaderFirst;
            this.notLeader = notLeader;
        }

        /** Whoever should not lead is only looked at when it must be. */
        private Map<RegionId, LogPosition> candidates() {
            Map<RegionId, LogPosition> others = new HashMap<>(answers);
            notLeader.ifPresent(others::remove);
            return from.isSealedBy(others.keySet()) ? others : answers;
        }

        private Set<RegionId> asked() {
            Set<RegionId> asked = new TreeSet<>(from.replicas());
            asked.addAll(from.previous());
            asked.addAll(wanted);
            return asked;
        }
    }

    SimulatedMaster(
            SimulatedZooKeeper zooKeeper,
            int wantedReplicas,
            Schedule schedule,
            Dice dice,
            Regions regions,
            Coverage coverage,
            Trace trace) {
        this.zooKeeper = zooKeeper;
        this.wantedReplicas = wantedReplicas;
        this.schedule = schedule;
        this.dice = dice;
        this.regions = regions;
        this.coverage = coverage;
        this.trace = trace;
        this.epoch = zooKeeper.epoch();
        this.record = zooKeeper.view();
        this.recordVersion = zooKeeper.version();
        this.highest = record.number();
        this.servedAtNanos = schedule.nowNanos();
    }

    // ---- what it does by itself ----

    /** Tells those who should know it, again and again, what ZooKeeper says; and gives up a leader that does not serve. */
    void look() {
        tellAll();
        if (change == null && schedule.nowNanos() - servedAtNanos > SILENCE_NANOS && dice.below(3) > 0) {
            coverage.count(Coverage.Event.LEADERS_LOST);
            // It may be heard by masters, and by nobody else.
            changeView(replicasWithoutLost(), Optional.empty(), false, Optional.of(record.leader()));
        }
    }

    private void tellAll() {
        record.replicas().forEach(region -> regions.open(region, record, epoch));
        record.learners().forEach(region -> regions.open(region, record, epoch));
    }

    private Set<RegionId> replicasWithoutLost() {
        Set<RegionId> replicas = new TreeSet<>(record.replicas());
        replicas.removeAll(without);
        return replicas.isEmpty() ? record.replicas() : replicas;
    }

    /** Brings the shard to as many replicas as are wanted: those that lost it go, learners come. */
    void repair() {
        if (change != null || !record.previous().isEmpty()) {
            return;
        }
        for (RegionId region : regions.all()) {
            if (!record.holds(region)) {
                regions.drop(region, record.number(), epoch);
            }
        }
        Set<RegionId> remaining = replicasWithoutLost();
        if (remaining.size() < record.replicas().size()) {
            changeView(remaining, Optional.empty(), true);
        } else if (record.replicas().size() < wantedReplicas
                && record.learners().isEmpty()) {
            addLearner();
        }
    }

    /** Some region that has no replica begins to get one. */
    void addLearner() {
        Set<RegionId> others = new TreeSet<>(regions.all());
        others.removeAll(record.replicas());
        others.removeAll(record.learners());
        if (change != null || !record.previous().isEmpty() || others.isEmpty()) {
            return;
        }
        RegionId learner = some(others);
        Set<RegionId> learners = new TreeSet<>(record.learners());
        learners.add(learner);
        if (write(withLearners(learners))) {
            coverage.count(Coverage.Event.LEARNERS_ADDED);
            tellAll();
        }
    }

    /** A learner is no longer wanted. */
    void removeLearners() {
        if (change == null && !record.learners().isEmpty() && write(withLearners(Set.of()))) {
            tellAll();
        }
    }

    private View withLearners(Set<RegionId> learners) {
        return new View(record.number(), record.leader(), record.replicas(), learners, record.previous());
    }

    private RegionId some(Set<RegionId> regionIds) {
        return regionIds.stream().skip(dice.below(regionIds.size())).findFirst().orElseThrow();
    }

    void moveLeader() {
        changeView(record.replicas(), Optional.of(some(record.replicas())), true);
    }

    void removeReplica() {
        if (record.replicas().size() > 1) {
            Set<RegionId> fewer = new TreeSet<>(record.replicas());
            fewer.remove(some(fewer));
            changeView(fewer, Optional.empty(), true);
        }
    }

    /** As after a leader that is lost. */
    void suspectLeader() {
        changeView(record.replicas(), Optional.empty(), false);
    }

    // ---- view changes ----

    /** The leader and its followers have lost each other: somebody else is to lead, if that can be. */
    private void replaceSilentLeader() {
        RegionId leader = record.leader();
        Set<RegionId> missing = new TreeSet<>(record.replicas());
        missing.removeIf(region -> !record.number().equals(silent.get(region)));
        boolean cutOff = missing.remove(leader);
        boolean missed = (record.replicas().size() - missing.size()) * 2
                <= record.replicas().size();
        if (change == null && (missed || cutOff)) {
            coverage.count(missed ? Coverage.Event.LEADERS_UNHEARD : Coverage.Event.LEADERS_CUT_OFF);
            trace.note(() -> leader + " leads and is not heard by " + missing);
            changeView(record.replicas(), Optional.empty(), false, Optional.of(leader));
        }
    }

    /** Begins a view change, unless one is under way. The replicas are only changed while none were lately. */
    private void changeView(Set<RegionId> replicas, Optional<RegionId> preferred, boolean leaderFirst) {
        changeView(replicas, preferred, leaderFirst, Optional.empty());
    }

    /** @param notLeader who is not to lead, unless nobody else can */
    private void changeView(
            Set<RegionId> replicas, Optional<RegionId> preferred, boolean leaderFirst, Optional<RegionId> notLeader) {
        if (change != null) {
            return;
        }
        Set<RegionId> next = record.previous().isEmpty() ? replicas : record.replicas();
        highest = highest.next();
        change = new Change(highest, next, preferred, leaderFirst, notLeader);
        trace.note(() -> "master of epoch " + epoch + " seals for view " + highest + " with replicas " + next);
        ask(change);
    }

    private void ask(Change asked) {
        if (change != asked) {
            return;
        }
        if (asked.retries++ > MAX_RETRIES) {
            change = null;
            return;
        }
        boolean onlyLeader = asked.leaderFirst && asked.retries < 3 && asked.answers.isEmpty();
        for (RegionId region : asked.asked()) {
            if (!asked.answers.containsKey(region) && (!onlyLeader || region.equals(asked.from.leader()))) {
                regions.seal(region, asked.number, released);
            }
        }
        schedule.within(10_000, 30_000, () -> ask(asked));
        decideIfSealed();
    }

    void sealed(RegionId from, ViewNumber view, LogPosition last) {
        if (change == null || !view.equals(change.number) || !change.asked().contains(from)) {
            return;
        }
        change.answers.put(from, last);
        if (from.equals(change.from.leader()) && change.from.number().compareTo(released) > 0) {
            // It serves no more, so that the leases that it was given need not be waited for.
            released = change.from.number();
            coverage.count(Coverage.Event.SEALS_RELEASED);
            Change sealing = change;
            sealing.asked().stream()
                    .filter(region -> !sealing.answers.containsKey(region))
                    .forEach(region -> regions.seal(region, sealing.number, released));
        }
        decideIfSealed();
    }

    /** Replicas that are new, or all that remain, should be there; they are waited for, but not long. */
    private void decideIfSealed() {
        boolean sealed = change.from.isSealedBy(change.answers.keySet());
        if (sealed && (change.answers.keySet().containsAll(change.wanted) || change.retries > PATIENCE)) {
            decide(change);
        }
    }

    boolean isChanging() {
        return change != null;
    }

    private void decide(Change sealed) {
        Map<RegionId, LogPosition> candidates = sealed.candidates();
        LogPosition best =
                candidates.values().stream().max(Comparator.naturalOrder()).orElseThrow();
        Set<RegionId> mostAdvanced = new TreeSet<>(candidates.keySet());
        mostAdvanced.removeIf(region -> !candidates.get(region).equals(best));
        View before = sealed.from;
        Set<RegionId> replicas = replicas(sealed, mostAdvanced);
        mostAdvanced.retainAll(replicas);
        change = null;
        if (mostAdvanced.isEmpty()) {
            return;
        }
        RegionId leader = sealed.preferred.filter(mostAdvanced::contains).orElseGet(() -> some(mostAdvanced));
        // Until a view is activated, seals need a majority of these replicas and of those before, whichever lead.
        Set<RegionId> previous;
        if (before.previous().isEmpty()) {
            previous = replicas.equals(before.replicas()) ? Set.of() : before.replicas();
        } else {
            previous = replicas.equals(before.replicas()) ? before.previous() : before.replicas();
        }
        Set<RegionId> learners = new TreeSet<>(before.learners());
        learners.removeAll(replicas);
        View next = new View(sealed.number, leader, replicas, learners, previous);
        if (write(next)) {
            coverage.count(Coverage.Event.VIEWS);
            if (!replicas.equals(before.replicas())) {
                coverage.count(Coverage.Event.REPLICAS_CHANGED);
            } else if (sealed.preferred.isPresent() && !leader.equals(before.leader())) {
                coverage.count(Coverage.Event.LEADERS_MOVED);
            }
            if (before.learners().stream().anyMatch(replicas::contains)) {
                coverage.count(Coverage.Event.LEARNERS_PROMOTED);
            }
            trace.note(() -> next + " is written; the best of " + sealed.answers + " is " + best);
            servedAtNanos = schedule.nowNanos();
            tellAll();
        }
    }

    /** Those that were wanted, if all are there and one of them can lead; or else those that were there before. */
    private static Set<RegionId> replicas(Change sealed, Set<RegionId> mostAdvanced) {
        View before = sealed.from;
        if (sealed.answers.keySet().containsAll(sealed.wanted)
                && mostAdvanced.stream().anyMatch(sealed.wanted::contains)) {
            return sealed.wanted;
        }
        return mostAdvanced.stream().anyMatch(before.replicas()::contains)
                        || before.previous().isEmpty()
                ? before.replicas()
                : before.previous();
    }

    private boolean write(View next) {
        if (!zooKeeper.write(next, recordVersion, epoch)) {
            coverage.count(Coverage.Event.WRITES_OF_DEPOSED_MASTERS_REFUSED);
            trace.note(() -> "master of epoch " + epoch + " could not write " + next + ": deposed");
            return false;
        }
        record = next;
        recordVersion = zooKeeper.version();
        return true;
    }

    void sealRefused(ViewNumber view, ViewNumber promised) {
        if (promised.compareTo(highest) > 0) {
            highest = promised;
        }
        if (change != null && view.equals(change.number)) {
            Change refused = change;
            change = null;
            changeView(refused.wanted, refused.preferred, refused.leaderFirst, refused.notLeader);
        }
    }

    // ---- reports ----

    void report(RegionId from, SimulatedRegion.Report report) {
        if (report.promised().compareTo(highest) > 0) {
            highest = report.promised();
        }
        if (report.holds()) {
            without.remove(from);
        } else if (record.replicas().contains(from)) {
            without.add(from);
        }
        silent.put(from, report.silent() ? report.promised() : NONE);
        replaceSilentLeader();
        boolean current = from.equals(record.leader())
                && report.serves()
                && report.promised().equals(record.number());
        if (!current) {
            return;
        }
        servedAtNanos = schedule.nowNanos();
        if (!record.previous().isEmpty()) {
            write(new View(record.number(), record.leader(), record.replicas(), record.learners(), Set.of()));
        } else if (report.caughtUpLearners().stream().anyMatch(record.learners()::contains)) {
            promote(report.caughtUpLearners());
        }
    }

    private void promote(Set<RegionId> caughtUp) {
        Set<RegionId> replicas = new TreeSet<>(record.replicas());
        caughtUp.stream().filter(record.learners()::contains).findFirst().ifPresent(replicas::add);
        if (replicas.size() > wantedReplicas) {
            replicas.remove(some(record.replicas()));
        }
        changeView(replicas, Optional.empty(), true);
    }
}
