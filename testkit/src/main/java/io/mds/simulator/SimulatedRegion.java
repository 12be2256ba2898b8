package io.mds.simulator;

import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.Effect;
import io.mds.region.replication.Message;
import io.mds.region.replication.Replica;
import io.mds.region.replication.ReplicaSettings;
import io.mds.region.replication.View;
import io.mds.region.wal.LogPosition;
import java.util.List;
import java.util.Set;

/** A region with, at most, one replica: what its process makes of the replica's effects, and what masters tell it. */
final class SimulatedRegion {
    private static final long TICK_MICROS = 4_000;
    private static final long REPORT_MICROS = 25_000;

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
    record Report(boolean holds, ViewNumber promised, boolean serves, Set<RegionId> caughtUpLearners, boolean silent) {}

    private final RegionId id;
    private final SimulatedLease lease;
    private final Schedule schedule;
    private final Dice dice;
    private final Outside outside;
    private final History history;
    private final Coverage coverage;
    private final Trace trace;
    private final SimulatedDisk disk = new SimulatedDisk();
    private final SimulatedProcess process;
    private final SimulatedStore store;
    private final SimulatedRequests requests;
    private ViewNumber droppedIn = new ViewNumber(0);
    private ViewNumber ledBefore;

    /** On disk: masters of older epochs make and drop nothing here; what else they say is taken. */
    private long seenEpoch;

    private boolean forcing;
    private boolean ticking;
    private boolean ticked;
    private boolean slowDisk;
    private boolean silent;

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
        this.lease = new SimulatedLease(settings, dice, coverage);
        this.schedule = schedule;
        this.dice = dice;
        this.outside = outside;
        this.history = history;
        this.coverage = coverage;
        this.trace = trace;
        this.process = new SimulatedProcess(id, schedule, dice, trace, this::carryOut);
        this.store = new SimulatedStore(id, disk, process, schedule, dice, history);
        this.requests = new SimulatedRequests(id, store, process, schedule, dice, history, coverage);
        schedule.every(REPORT_MICROS, this::report);
        schedule.every(3 * REPORT_MICROS, store::makeDurable);
    }

    RegionId id() {
        return id;
    }

    boolean isUp() {
        return process.isUp();
    }

    boolean holdsShard() {
        return disk.holdsShard();
    }

    /** Null when it is down, or does not have the shard. */
    Replica replica() {
        return process.replica();
    }

    LogPosition applied() {
        return store.applied();
    }

    ViewNumber durablePromise() {
        return disk.durablePromise();
    }

    /** Whether it would answer strong reads now, were it not paused. */
    boolean isTrusted() {
        return replica() != null && replica().mayAnswerReads(clock());
    }

    private long clock() {
        return process.clock();
    }

    // ---- life ----

    void start() {
        if (isUp()) {
            return;
        }
        process.start();
        lease.begins(clock());
        beginAnew();
        droppedIn = new ViewNumber(0);
        if (!disk.holdsShard()) {
            return;
        }
        SimulatedDisk.Recovered left = disk.recover();
        store.recover(left.committed());
        Replica replica = new Replica(id, lease.settings(), left.promised(), applied(), left.rest(), clock());
        process.has(replica);
        trace.note(() -> "region " + id + " starts: " + replica);
        if (left.promised().equals(disk.sole())) {
            coverage.count(Coverage.Event.SOLE_REPLICAS_WENT_ON);
            View alone = View.of(left.promised(), id, Set.of(id));
            process.event(it -> it.open(alone, clock()));
        }
    }

    void crash() {
        if (!isUp()) {
            return;
        }
        trace.note(() -> "region " + id + " crashes");
        coverage.count(Coverage.Event.CRASHES);
        if (disk.crash(dice)) {
            coverage.count(Coverage.Event.TORN_LOGS);
        }
        process.end();
        lease.ended(clock());
        requests.forget();
    }

    /** What was under way in the replica's life is not, in that of the next. */
    private void beginAnew() {
        forcing = false;
        ticking = false;
        ledBefore = null;
        store.forgetApplying();
        requests.begin();
    }

    /** The disk is gone, and with it everything that it held. */
    void loseDisk() {
        trace.note(() -> "region " + id + " loses its disk");
        disk.forget();
        store.clear();
    }

    void pause(long micros) {
        process.pause(micros);
    }

    void slow(boolean ofDisk, boolean ofStore) {
        slowDisk = ofDisk;
        store.slow(ofStore);
    }

    // ---- events ----

    /** An event has happened to the replica. */
    private void carryOut(Replica replica) {
        for (Effect effect : replica.effects()) {
            carryOut(effect, replica);
        }
        ticked = false;
        standing(replica);
    }

    private void carryOut(Effect effect, Replica replica) {
        if (effect instanceof Effect.Send send) {
            outside.send(id, send.to(), send.message());
        } else if (effect instanceof Effect.Append append) {
            write(new SimulatedDisk.Written(append.entry(), replica.committed(), null));
        } else if (effect instanceof Effect.Promise promise) {
            write(new SimulatedDisk.Written(null, null, promise.view()));
        } else if (effect instanceof Effect.Commit commit) {
            store.commit(commit.index(), requests::applied);
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

    private void standing(Replica replica) {
        boolean leads = replica.isLeader();
        if (leads && !replica.promised().equals(ledBefore)) {
            ledBefore = replica.promised();
            trace.note(() -> "region " + id + " leads view " + ledBefore + ": " + replica);
            if (history.leads(id, ledBefore)) {
                outside.leads(id, ledBefore);
            }
        }
        requests.standing(replica);
        if (silent != replica.isSilent()) {
            silent = replica.isSilent();
            report();
        }
        if (!ticking && isRestless(replica)) {
            ticking = true;
            schedule.within(TICK_MICROS / 2, TICK_MICROS, process.ifStillAlive(this::tick));
        }
    }

    private boolean isRestless(Replica replica) {
        return !replica.isQuiet(clock()) || requests.areReadsWaiting();
    }

    private void tick(Replica it) {
        ticking = false;
        ticked = true;
        it.tick(clock());
        requests.giveUpOldReads();
        if (it.isLeader() && !isRestless(it)) {
            coverage.count(Coverage.Event.LEADERS_FELL_SILENT);
        }
    }

    // ---- disk ----

    private void write(SimulatedDisk.Written record) {
        disk.write(record);
        if (!forcing) {
            forcing = true;
            force();
        }
    }

    private void force() {
        int count = disk.unforced();
        schedule.within(100, slowDisk ? 60_000 : 1_000, process.ifStillAlive(it -> {
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

    // ---- other regions ----

    void receive(RegionId from, Message message) {
        process.event(it -> it.receive(from, message, clock()));
    }

    /** A leader says that this replica lacks what it has not kept. */
    void behind(ViewNumber view, Runnable fetch) {
        Replica replica = replica();
        if (replica != null && !replica.isLeader() && replica.promised().equals(view)) {
            fetch.run();
        }
    }

    void receiveSnapshot(LogPosition position) {
        process.event(it -> {
            if (position.index().compareTo(applied().index()) > 0) {
                coverage.count(Coverage.Event.SNAPSHOTS_INSTALLED);
                trace.note(() -> "region " + id + " installs a snapshot up to " + position + ": " + it);
                store.install(position);
                it.restored(position);
            }
        });
    }

    // ---- masters ----

    /** Which of its starts it goes back to: an order does not outlive the connection that it was sent over. */
    long starts() {
        return process.starts();
    }

    void seal(ViewNumber view, ViewNumber released) {
        process.event(it -> {
            trace.note(() -> "region " + id + " is asked to seal for view " + view + ", released " + released);
            it.seal(view, released, clock());
        });
    }

    /** @param sentTo the region's {@link #starts} when the order was given */
    void open(View view, long epoch, long sentTo) {
        if (!isUp() || process.isPaused()) {
            return;
        }
        boolean current = epoch >= seenEpoch;
        seenEpoch = Math.max(seenEpoch, epoch);
        if (replica() == null) {
            if (!current || !mayMake(view) || sentTo != starts()) {
                return;
            }
            disk.make(view.number());
            store.clear();
            process.has(new Replica(id, lease.settings(), new ViewNumber(0), applied(), List.of(), clock()));
            trace.note(() -> "region " + id + " makes the shard in view " + view.number());
        }
        if (replica().promised().compareTo(view.number()) <= 0) {
            disk.recordSole(view.isOnly(id) ? view.number() : new ViewNumber(0));
        }
        process.event(it -> it.open(view, clock()));
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
        Replica replica = replica();
        if (replica != null
                && !process.isPaused()
                && sentTo == starts()
                && replica.promised().compareTo(inView) <= 0) {
            trace.note(() -> "region " + id + " drops the shard: " + replica);
            coverage.count(Coverage.Event.REPLICAS_DROPPED);
            droppedIn = inView;
            disk.forget();
            store.clear();
            process.drop();
            beginAnew();
        }
    }

    private void report() {
        if (isUp() && !process.isPaused()) {
            Replica replica = replica();
            outside.report(
                    id,
                    replica == null
                            ? new Report(false, new ViewNumber(0), false, Set.of(), false)
                            : new Report(
                                    true,
                                    replica.promised(),
                                    replica.isServing(),
                                    replica.caughtUpLearners(),
                                    replica.isSilent()));
        }
    }

    // ---- clients ----

    /** A client's write; nothing comes back unless it is applied here while this region still leads. */
    void write(long operation) {
        process.event(it -> requests.write(it, operation));
    }

    /** A client's strong read: waits for the lease, reads the store, and then looks at the lease again. */
    void read() {
        requests.read();
    }
}
