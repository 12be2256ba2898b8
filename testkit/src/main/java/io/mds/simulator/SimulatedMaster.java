package io.mds.simulator;

import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.LogPosition;
import io.mds.region.replication.View;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A master that changes the shard's views. A deposed one does not know it: it goes on sending, and fails only where it writes
 * to ZooKeeper.
 */
final class SimulatedMaster {
    private static final long RETRY_MICROS = 200_000;
    private static final int MAX_RETRIES = 20;

    /** The shard's record in ZooKeeper, and the fencing epoch: changed by one writer at a time. */
    static final class ZooKeeper {
        private View view;
        private long version;
        private long epoch = 1;

        ZooKeeper(View first) {
            this.view = first;
        }

        View view() {
            return view;
        }

        long version() {
            return version;
        }

        long epoch() {
            return epoch;
        }

        long depose() {
            return ++epoch;
        }

        /** What a multi does that checks the epoch and the version of the record. */
        boolean write(View newView, long expectedVersion, long writersEpoch) {
            if (expectedVersion != version || writersEpoch != epoch) {
                return false;
            }
            view = newView;
            version++;
            return true;
        }
    }

    /** The way to the regions; anything may be lost. */
    interface Regions {
        void seal(RegionId to, ViewNumber view);

        void open(RegionId to, View view);

        void note(String what);
    }

    private final long epoch;
    private final ZooKeeper zooKeeper;
    private final Schedule schedule;
    private final Regions regions;
    private View record;
    private long recordVersion;
    private ViewNumber highest;
    private Change change;

    /** A view change under way. */
    private final class Change {
        private final View from = record;
        private final ViewNumber number;
        private final Set<RegionId> wanted;
        private final Optional<RegionId> preferred;
        private final Map<RegionId, LogPosition> answers = new HashMap<>();
        private int retries;

        private Change(ViewNumber number, Set<RegionId> wanted, Optional<RegionId> preferred) {
            this.number = number;
            this.wanted = wanted;
            this.preferred = preferred;
        }

        private Set<RegionId> asked() {
            Set<RegionId> asked = new TreeSet<>(from.replicas());
            asked.addAll(from.previous());
            return asked;
        }
    }

    SimulatedMaster(ZooKeeper zooKeeper, Schedule schedule, Regions regions) {
        this.zooKeeper = zooKeeper;
        this.schedule = schedule;
        this.regions = regions;
        this.epoch = zooKeeper.epoch();
        this.record = zooKeeper.view();
        this.recordVersion = zooKeeper.version();
        this.highest = record.number();
    }

    boolean isDeposed() {
        return epoch != zooKeeper.epoch();
    }

    View record() {
        return record;
    }

    /** Tells those who should know it, again and again, what ZooKeeper says. */
    void repair() {
        record.replicas().forEach(region -> regions.open(region, record));
        record.learners().forEach(region -> regions.open(region, record));
    }

    /** Begins a view change, unless one is under way. The replicas are only changed while none were lately. */
    void changeView(Set<RegionId> replicas, Optional<RegionId> preferred) {
        if (change != null) {
            return;
        }
        boolean mayMove = record.previous().isEmpty();
        start(mayMove ? replicas : record.replicas(), preferred);
    }

    private void start(Set<RegionId> replicas, Optional<RegionId> preferred) {
        highest = highest.next();
        change = new Change(highest, replicas, preferred);
        regions.note("master of epoch " + epoch + " seals for view " + highest + " with replicas " + replicas);
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
        asked.asked().stream()
                .filter(region -> !asked.answers.containsKey(region))
                .forEach(region -> regions.seal(region, asked.number));
        schedule.within(RETRY_MICROS, 2 * RETRY_MICROS, () -> ask(asked));
    }

    void sealed(RegionId from, ViewNumber view, LogPosition last) {
        if (change == null || !view.equals(change.number) || !change.asked().contains(from)) {
            return;
        }
        change.answers.put(from, last);
        if (!change.from.isSealedBy(change.answers.keySet())) {
            return;
        }
        LogPosition best =
                change.answers.values().stream().max(Comparator.naturalOrder()).orElseThrow();
        RegionId leader = change.preferred
                .filter(region -> best.equals(change.answers.get(region)))
                .orElseGet(() -> change.answers.entrySet().stream()
                        .filter(answer -> answer.getValue().equals(best))
                        .map(Map.Entry::getKey)
                        .min(Comparator.naturalOrder())
                        .orElseThrow());
        View before = change.from;
        Set<RegionId> replicas = change.wanted;
        if (!replicas.contains(leader)) {
            replicas = before.replicas().contains(leader) ? before.replicas() : before.previous();
        }
        // Until a view is activated, seals need a majority of these replicas and of those before, whichever lead.
        Set<RegionId> previous;
        if (before.previous().isEmpty()) {
            previous = replicas.equals(before.replicas()) ? Set.of() : before.replicas();
        } else {
            previous = replicas.equals(before.replicas()) ? before.previous() : before.replicas();
        }
        View next = new View(change.number, leader, replicas, Set.of(), previous);
        change = null;
        if (write(next)) {
            regions.note("view " + next.number() + ": leader " + leader + " at " + best + ", replicas "
                    + next.replicas() + ", previous " + next.previous());
            repair();
        }
    }

    private boolean write(View next) {
        if (!zooKeeper.write(next, recordVersion, epoch)) {
            regions.note("master of epoch " + epoch + " could not write view " + next.number() + ": deposed");
            return false;
        }
        record = next;
        recordVersion = zooKeeper.version();
        return true;
    }

    void sealRefused(RegionId from, ViewNumber view, ViewNumber promised) {
        if (promised.compareTo(highest) > 0) {
            highest = promised;
        }
        if (change != null && view.equals(change.number)) {
            Change refused = change;
            change = null;
            start(refused.wanted, refused.preferred);
        }
    }

    void activated(RegionId from, ViewNumber view) {
        if (view.equals(record.number())
                && from.equals(record.leader())
                && !record.previous().isEmpty()) {
            write(new View(record.number(), record.leader(), record.replicas(), record.learners(), Set.of()));
        }
    }
}
