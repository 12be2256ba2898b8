package io.mds.simulator;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.Effect;
import io.mds.region.replication.LogPosition;
import io.mds.region.replication.Message;
import io.mds.region.replication.Replica;
import io.mds.region.replication.ReplicaSettings;
import io.mds.region.replication.View;
import io.mds.region.wal.LogEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A region with, at most, one replica: its disk, its clock, and the replica itself while it is up. */
final class SimulatedRegion {
    private static final long TICK_MICROS = 4_000;
    private static final long REPORT_MICROS = 25_000;
    private static final long READ_LIMIT_NANOS = 150_000_000;

    /** What a region says, and what is asked of those around it. */
    interface Outside {
        void send(RegionId from, RegionId to, Message message);

        void behind(RegionId leader, RegionId to, ViewNumber view);

        void sealed(RegionId from, ViewNumber view, LogPosition last);

        void sealRefused(RegionId from, ViewNumber view, ViewNumber promised);

        void report(RegionId from, Report report);

        /** A view has its first leader. */
        void leads(RegionId region, ViewNumber view);
    }

    /** What a region tells the masters from time to time. */
    record Report(boolean holds, ViewNumber promised, boolean serves, Set<RegionId> caughtUpLearners) {}

    private interface Event {
        void on(Replica replica);
    }

    private record Write(ViewNumber view, long operation) {}

    private record Read(long begin, long askedAtNanos) {}

    private final RegionId id;
    private final ReplicaSettings settings;
    private final Schedule schedule;
    private final Dice dice;
    private final Outside outside;
    private final History history;
    private final Coverage coverage;
    private final Trace trace;
    private final SimulatedDisk disk = new SimulatedDisk();
    private final double clockRate;
    private final long clockOffset;
    private final Map<Long, Write> writes = new HashMap<>();
    private final List<Read> reads = new ArrayList<>();
    private final Deque<Runnable> whilePaused = new ArrayDeque<>();
    private LogPosition applied = LogPosition.START;
    private LogIndex toApply = LogPosition.START.index();
    private Replica replica;
    private ViewNumber droppedIn = new ViewNumber(0);
    private ViewNumber ledBefore;

    /** On disk: masters of older epochs make and drop nothing here; what else they say is taken. */
    private long seenEpoch;

    private long trustedUntilNanos;
    private long life;
    private long starts;
    private boolean up;
    private boolean paused;
    private boolean forcing;
    private boolean applying;
    private boolean ticking;
    private boolean ticked;
    private boolean slowDisk;
    private boolean slowStore;

    SimulatedRegion(
            RegionId id,
            ReplicaSettings settings,
            Schedule schedule,
            Dice dice,
            Outside outside,
            History history,
            Coverage coverage,
            Trace trace) {
        this.id = id;
        this.settings = settings;
        this.schedule = schedule;
        this.dice = dice;
        this.outside = outside;
        this.history = history;
        this.coverage = coverage;
        this.trace = trace;
        // Clocks differ, and run at rates that differ by less than the drift that leaders allow for.
        this.clockRate = 0.97 + 0.06 * dice.fraction();
        this.clockOffset = dice.next() >> 2;
        schedule.every(REPORT_MICROS, this::report);
        schedule.every(3 * REPORT_MICROS, this::makeStoreDurable);
    }

    RegionId id() {
        return id;
    }

    boolean isUp() {
        return up;
    }

    boolean holdsShard() {
        return disk.holdsShard();
    }

    /** Null when it is down, or does not have the shard. */
    Replica replica() {
        return replica;
    }

    LogPosition applied() {
        return applied;
    }

    ViewNumber durablePromise() {
        return disk.durablePromise();
    }

    /** Whether it would answer strong reads now, were it not paused. */
    boolean isTrusted() {
        return replica != null && replica.mayAnswerReads(clock());
    }

    private long clock() {
        return clockOffset + (long) (schedule.nowNanos() * clockRate);
    }

    // ---- life ----

    void start() {
        if (up) {
            return;
        }
        up = true;
        life++;
        starts++;
        forcing = false;
        applying = false;
        ticking = false;
        ledBefore = null;
        trustedUntilNanos = clock();
        droppedIn = new ViewNumber(0);
        if (!disk.holdsShard()) {
            return;
        }
        SimulatedDisk.Recovered left = disk.recover();
        applied = disk.store();
        for (LogEntry entry : left.committed()) {
            apply(entry);
        }
        toApply = applied.index();
        replica = new Replica(id, settings, left.promised(), applied, left.rest(), clock());
        trace.note(() -> "region " + id + " starts: " + replica);
        if (left.promised().equals(disk.sole())) {
            coverage.count(Coverage.Event.SOLE_REPLICAS_WENT_ON);
            View alone = View.of(left.promised(), id, Set.of(id));
            event(it -> it.open(alone, clock()));
        }
    }

    void crash() {
        if (!up) {
            return;
        }
        trace.note(() -> "region " + id + " crashes");
        coverage.count(Coverage.Event.CRASHES);
        if (disk.crash(dice)) {
            coverage.count(Coverage.Event.TORN_LOGS);
        }
        up = false;
        replica = null;
        life++;
        endOfWaiting();
        paused = false;
        whilePaused.clear();
    }

    private void endOfWaiting() {
        writes.clear();
        reads.clear();
    }

    /** The disk is gone, and with it everything that it held. */
    void loseDisk() {
        trace.note(() -> "region " + id + " loses its disk");
        disk.forget();
        applied = LogPosition.START;
    }

    void pause(long micros) {
        if (up && !paused) {
            trace.note(() -> "region " + id + " is paused for " + micros / 1_000 + " ms");
            paused = true;
            long thisLife = life;
            schedule.within(micros, micros, () -> {
                if (life == thisLife) {
                    paused = false;
                    while (!paused && !whilePaused.isEmpty()) {
                        whilePaused.remove().run();
                    }
                }
            });
        }
    }

    void slow(boolean ofDisk, boolean ofStore) {
        slowDisk = ofDisk;
        slowStore = ofStore;
    }

    // ---- events ----

    /** Does something with the replica, if there is one, now or when it is no longer paused. */
    private void event(Event what) {
        if (replica == null) {
            return;
        }
        if (paused) {
            whilePaused.add(() -> event(what));
            return;
        }
        try {
            what.on(replica);
        } catch (IllegalStateException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new Violation("region " + id + ": " + e, e);
        }
        for (Effect effect : replica.effects()) {
            carryOut(effect);
        }
        ticked = false;
        standing();
    }

    private void carryOut(Effect effect) {
        if (effect instanceof Effect.Send send) {
            outside.send(id, send.to(), send.message());
        } else if (effect instanceof Effect.Append append) {
            write(new SimulatedDisk.Written(append.entry(), replica.committed(), null));
        } else if (effect instanceof Effect.Promise promise) {
            write(new SimulatedDisk.Written(null, null, promise.view()));
        } else if (effect instanceof Effect.Commit commit) {
            toApply = commit.index();
            applyLater();
        } else if (effect instanceof Effect.Sealed sealed) {
            if (ticked) {
                coverage.count(Coverage.Event.SEALS_WAITED_FOR_LEASE);
            }
            outside.sealed(id, sealed.view(), sealed.last());
        } else if (effect instanceof Effect.SealRefused refused) {
            outside.sealRefused(id, refused.view(), refused.promised());
        } else if (effect instanceof Effect.Behind behind) {
            outside.behind(id, behind.region(), replica.promised());
        } else if (effect instanceof Effect.Activated activated) {
            trace.note(() -> "region " + id + " has activated view " + activated.view());
            report();
        }
    }

    private void standing() {
        boolean leads = replica.isLeader();
        if (leads && !replica.promised().equals(ledBefore)) {
            ledBefore = replica.promised();
            trace.note(() -> "region " + id + " leads view " + ledBefore + ": " + replica);
            if (history.leads(id, ledBefore)) {
                outside.leads(id, ledBefore);
            }
        }
        trustedUntilNanos = replica.trustedUntilNanos(clock());
        if (!leads) {
            endOfWaiting();
        } else if (!reads.isEmpty() && replica.mayAnswerReads(clock())) {
            List<Read> ready = List.copyOf(reads);
            reads.clear();
            ready.forEach(this::readStore);
        }
        if (!ticking && isRestless()) {
            ticking = true;
            schedule.within(TICK_MICROS / 2, TICK_MICROS, ifStillAlive(this::tick));
        }
    }

    private boolean isRestless() {
        return !replica.isQuiet(clock()) || !reads.isEmpty();
    }

    private void tick(Replica it) {
        ticking = false;
        ticked = true;
        it.tick(clock());
        reads.removeIf(read -> schedule.nowNanos() - read.askedAtNanos() > READ_LIMIT_NANOS);
        if (it.isLeader() && !isRestless()) {
            coverage.count(Coverage.Event.LEADERS_FELL_SILENT);
        }
    }

    private Runnable ifStillAlive(Event what) {
        long thisLife = life;
        return () -> {
            if (life == thisLife) {
                event(what);
            }
        };
    }

    // ---- disk and store ----

    private void write(SimulatedDisk.Written record) {
        disk.write(record);
        if (!forcing) {
            forcing = true;
            force();
        }
    }

    private void force() {
        int count = disk.unforced();
        schedule.within(100, slowDisk ? 60_000 : 1_000, ifStillAlive(it -> {
            for (SimulatedDisk.Written record : disk.force(count)) {
                if (record.promise() != null) {
                    it.promiseDurable(record.promise(), clock());
                } else {
                    it.durable(LogPosition.of(record.entry()), clock());
                }
            }
            forcing = disk.unforced() > 0;
            if (forcing) {
                force();
            }
        }));
    }

    private void applyLater() {
        if (applying) {
            return;
        }
        applying = true;
        schedule.within(0, slowStore ? 40_000 : 300, ifStillAlive(it -> {
            applying = false;
            for (LogEntry entry : it.entries(applied.index(), toApply, Long.MAX_VALUE)) {
                apply(entry);
                Write write = writes.remove(entry.index().value());
                if (write != null && write.view().equals(entry.view())) {
                    history.acknowledged(entry.index());
                    coverage.count(Coverage.Event.WRITES_ACKNOWLEDGED);
                }
            }
            it.applied(applied.index());
            if (dice.oneIn(8)) {
                it.trimApplied();
            } else if (dice.oneIn(4)) {
                it.trim(it.neededByNobody());
            }
        }));
    }

    private void apply(LogEntry entry) {
        history.applied(id, applied, entry);
        applied = LogPosition.of(entry);
    }

    private void makeStoreDurable() {
        if (replica != null && !paused) {
            LogPosition position = applied;
            schedule.within(0, 20_000, ifStillAlive(it -> disk.makeDurable(position)));
        }
    }

    // ---- other regions ----

    void receive(RegionId from, Message message) {
        event(it -> it.receive(from, message, clock()));
    }

    /** A leader says that this replica lacks what it has not kept. */
    void behind(ViewNumber view, Runnable fetch) {
        if (replica != null && !replica.isLeader() && replica.promised().equals(view)) {
            fetch.run();
        }
    }

    void receiveSnapshot(LogPosition position) {
        event(it -> {
            if (position.index().compareTo(applied.index()) > 0) {
                coverage.count(Coverage.Event.SNAPSHOTS_INSTALLED);
                trace.note(() -> "region " + id + " installs a snapshot up to " + position + ": " + it);
                disk.makeDurable(position);
                applied = position;
                toApply = max(toApply, position.index());
                it.restored(position);
            }
        });
    }

    private static LogIndex max(LogIndex one, LogIndex other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    // ---- masters ----

    /** Which of its starts it goes back to: an order does not outlive the connection that it was sent over. */
    long starts() {
        return starts;
    }

    void seal(ViewNumber view, ViewNumber released) {
        event(it -> {
            trace.note(() -> "region " + id + " is asked to seal for view " + view + ", released " + released);
            it.seal(view, released, clock());
        });
    }

    /** @param sentTo the region's {@link #starts} when the order was given */
    void open(View view, long epoch, long sentTo) {
        if (!up || paused) {
            return;
        }
        boolean current = epoch >= seenEpoch;
        seenEpoch = Math.max(seenEpoch, epoch);
        if (replica == null) {
            if (!current || !mayMake(view) || sentTo != starts) {
                return;
            }
            disk.make(view.number());
            replica = new Replica(id, settings, new ViewNumber(0), LogPosition.START, List.of(), clock());
            applied = LogPosition.START;
            toApply = applied.index();
            trace.note(() -> "region " + id + " makes the shard in view " + view.number());
        }
        if (replica.promised().compareTo(view.number()) <= 0) {
            disk.recordSole(view.isOnly(id) ? view.number() : new ViewNumber(0));
        }
        event(it -> it.open(view, clock()));
    }

    /**
     * Whoever counts has the shard, or has lost it and must not pretend to be who it was: only learners begin with nothing,
     * and those of the first view. An order older than the last drop is late.
     */
    private boolean mayMake(View view) {
        boolean isNews = view.number().compareTo(droppedIn) >= 0;
        boolean isFirst = view.number().value() == 1
                && view.replicas().contains(id)
                && disk.durablePromise().value() == 0;
        return isNews && (isFirst || view.learners().contains(id));
    }

    void drop(ViewNumber inView, long epoch, long sentTo) {
        if (epoch < seenEpoch) {
            return;
        }
        seenEpoch = epoch;
        if (replica != null && !paused && sentTo == starts && replica.promised().compareTo(inView) <= 0) {
            trace.note(() -> "region " + id + " drops the shard: " + replica);
            coverage.count(Coverage.Event.REPLICAS_DROPPED);
            droppedIn = inView;
            disk.forget();
            replica = null;
            applied = LogPosition.START;
            endOfWaiting();
            life++;
            forcing = false;
            applying = false;
            ticking = false;
            ledBefore = null;
        }
    }

    private void report() {
        if (up && !paused) {
            outside.report(
                    id,
                    replica == null
                            ? new Report(false, new ViewNumber(0), false, Set.of())
                            : new Report(true, replica.promised(), replica.isServing(), replica.caughtUpLearners()));
        }
    }

    // ---- clients ----

    /** A client's write; nothing comes back unless it is applied here while this region still leads. */
    void write(long operation) {
        event(it -> {
            if (it.isServing()) {
                it.propose(
                        (view, index) -> {
                            writes.put(index.value(), new Write(view, operation));
                            return LogEntry.write(view, index, operation, ByteString.EMPTY);
                        },
                        clock());
            }
        });
    }

    /** A client's strong read: waits for the lease, reads the store, and then looks at the lease again. */
    void read() {
        Read read = new Read(history.acknowledgedUpTo(), schedule.nowNanos());
        event(it -> {
            if (it.isServing()) {
                if (clock() - trustedUntilNanos < 0) {
                    readStore(read);
                } else {
                    coverage.count(Coverage.Event.READS_WAITED_FOR_LEASE);
                    reads.add(read);
                    it.renewLease(clock());
                }
            }
        });
    }

    private void readStore(Read read) {
        long seen = applied.index().value();
        // As in the region, whoever answers looks at a time that was noted down, and takes no part in the replica's
        // events.
        schedule.within(0, dice.oneIn(10) ? 100_000 : 500, ifStillAlive(it -> {
            if (clock() - trustedUntilNanos < 0) {
                history.read(id, read.begin(), seen);
                coverage.count(Coverage.Event.STRONG_READS);
            }
        }));
    }
}
