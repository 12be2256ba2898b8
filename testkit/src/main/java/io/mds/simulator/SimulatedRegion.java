package io.mds.simulator;

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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/** A region with one replica: its disk, its clock, and the replica itself while it is up. */
final class SimulatedRegion {
    private static final long TICK_MICROS = 20_000;

    /** What a region says to the others. */
    interface Outside {
        void send(RegionId from, RegionId to, Message message);

        void sendSnapshot(RegionId from, RegionId to, SimulatedDisk.Store store);

        void sealed(RegionId from, ViewNumber view, LogPosition last);

        void sealRefused(RegionId from, ViewNumber view, ViewNumber promised);

        void activated(RegionId from, ViewNumber view);

        void note(String what);
    }

    private final RegionId id;
    private final Schedule schedule;
    private final Random random;
    private final Outside outside;
    private final History history;
    private final SimulatedDisk disk = new SimulatedDisk();
    private final double clockRate;
    private final long clockOffset;
    private final Map<Long, Long> waiting = new HashMap<>();
    private List<LogEntry> applied = new ArrayList<>();
    private LogPosition appliedPosition = LogPosition.START;
    private Replica replica;
    private long life;
    private boolean paused;
    private boolean forcing;

    SimulatedRegion(RegionId id, Schedule schedule, Random random, Outside outside, History history) {
        this.id = id;
        this.schedule = schedule;
        this.random = random;
        this.outside = outside;
        this.history = history;
        // Clocks differ, and run at rates that differ by less than the drift that leaders allow for.
        this.clockRate = 0.97 + 0.06 * random.nextDouble();
        this.clockOffset = random.nextLong() >> 2;
        schedule.every(TICK_MICROS, () -> event(up -> up.tick(clock())));
        schedule.every(300_000, this::makeStoreDurable);
    }

    RegionId id() {
        return id;
    }

    boolean isUp() {
        return replica != null;
    }

    boolean isPaused() {
        return paused;
    }

    private long clock() {
        return clockOffset + (long) (schedule.nowNanos() * clockRate);
    }

    void start() {
        if (replica != null) {
            return;
        }
        SimulatedDisk.Recovered left = disk.recover();
        applied = new ArrayList<>(left.store().applied());
        appliedPosition = left.store().position();
        replica = new Replica(
                id, ReplicaSettings.DEFAULTS, left.promised(), left.store().position(), left.rest(), clock());
        life++;
        forcing = false;
        outside.note("region " + id + " starts: " + replica);
    }

    void crash() {
        if (replica != null) {
            outside.note("region " + id + " crashes");
            disk.crash(random);
            replica = null;
            waiting.clear();
            paused = false;
            life++;
        }
    }

    void pause(long micros) {
        if (replica != null && !paused) {
            outside.note("region " + id + " is paused for " + micros / 1_000 + " ms");
            paused = true;
            long paused = life;
            schedule.within(micros, micros + 1, () -> {
                if (life == paused) {
                    this.paused = false;
                }
            });
        }
    }

    /** Does something with the replica, if it is up, now or when it is no longer paused. */
    void event(Consumer<Replica> what) {
        if (replica == null) {
            return;
        }
        if (paused) {
            long thisLife = life;
            schedule.within(1_000, 5_000, () -> {
                if (life == thisLife) {
                    event(what);
                }
            });
            return;
        }
        try {
            what.accept(replica);
        } catch (IllegalStateException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new Violation("region " + id + ": " + e, e);
        }
        carryOut();
        history.leads(id, replica);
    }

    private void carryOut() {
        for (Effect effect : replica.effects()) {
            if (effect instanceof Effect.Send send) {
                outside.send(id, send.to(), send.message());
            } else if (effect instanceof Effect.Append append) {
                write(new SimulatedDisk.Written(append.entry(), null));
            } else if (effect instanceof Effect.Promise promise) {
                write(new SimulatedDisk.Written(null, promise.view()));
            } else if (effect instanceof Effect.Commit commit) {
                schedule.within(0, 500, ifStillAlive(up -> apply(commit.index())));
            } else if (effect instanceof Effect.Sealed sealed) {
                outside.sealed(id, sealed.view(), sealed.last());
            } else if (effect instanceof Effect.SealRefused refused) {
                outside.sealRefused(id, refused.view(), refused.promised());
            } else if (effect instanceof Effect.Activated activated) {
                outside.activated(id, activated.view());
            } else if (effect instanceof Effect.Behind behind) {
                outside.sendSnapshot(
                        id, behind.region(), new SimulatedDisk.Store(appliedPosition, List.copyOf(applied)));
            }
        }
    }

    private Runnable ifStillAlive(Consumer<Replica> what) {
        long thisLife = life;
        return () -> {
            if (life == thisLife) {
                event(what);
            }
        };
    }

    private void write(SimulatedDisk.Written record) {
        disk.write(record);
        if (!forcing) {
            forcing = true;
            force();
        }
    }

    private void force() {
        int count = disk.unforced();
        long slowest = random.nextInt(50) == 0 ? 300_000 : 2_000;
        schedule.within(100, slowest, ifStillAlive(up -> {
            for (SimulatedDisk.Written record : disk.force(count)) {
                if (record.promise() != null) {
                    up.promiseDurable(record.promise(), clock());
                } else {
                    up.durable(LogPosition.of(record.entry()), clock());
                }
            }
            forcing = disk.unforced() > 0;
            if (forcing) {
                force();
            }
        }));
    }

    private void apply(LogIndex upTo) {
        for (LogEntry entry : replica.entries(appliedPosition.index(), upTo, Long.MAX_VALUE)) {
            applied.add(entry);
            appliedPosition = LogPosition.of(entry);
            history.applied(id, entry);
            Long operation = waiting.remove(entry.index().value());
            // Another leader's entry may have come to stand there.
            if (operation != null && entry.payload().equals(History.payload(operation))) {
                history.acknowledged(operation, entry);
            }
        }
        replica.applied(upTo);
    }

    private void makeStoreDurable() {
        event(up -> {
            SimulatedDisk.Store store = new SimulatedDisk.Store(appliedPosition, List.copyOf(applied));
            schedule.within(0, 50_000, ifStillAlive(still -> {
                disk.makeDurable(store);
                if (random.nextBoolean()) {
                    still.trim(store.position().index());
                }
            }));
        });
    }

    // ---- from outside ----

    void receive(RegionId from, Message message) {
        event(up -> up.receive(from, message, clock()));
    }

    void receiveSnapshot(SimulatedDisk.Store store) {
        event(up -> {
            if (store.position().index().compareTo(appliedPosition.index()) > 0) {
                disk.makeDurable(store);
                applied = new ArrayList<>(store.applied());
                appliedPosition = store.position();
                up.restored(store.position());
            }
        });
    }

    void seal(ViewNumber view) {
        event(up -> up.seal(view, new ViewNumber(0), clock()));
    }

    void open(View view) {
        event(up -> up.open(view, clock()));
    }

    /** A client's write; nothing comes back unless it is applied here. */
    void write(long operation) {
        event(up -> {
            if (up.isServing()) {
                LogIndex index = up.propose(
                        (view, place) -> LogEntry.write(view, place, 0, History.payload(operation)), clock());
                waiting.put(index.value(), operation);
            }
        });
    }

    /** A client's strong read: of the store, and then the check of the lease. */
    void read(long reading) {
        event(up -> {
            if (up.isServing()) {
                LogIndex begin = history.acknowledgedUpTo();
                LogIndex seen = appliedPosition.index();
                schedule.within(0, 3_000, ifStillAlive(still -> {
                    if (still.mayAnswerReads(clock())) {
                        history.read(id, reading, begin, seen);
                    }
                }));
            }
        });
    }

    Replica replica() {
        return replica;
    }

    LogPosition appliedPosition() {
        return appliedPosition;
    }
}
