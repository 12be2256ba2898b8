package io.mds.simulator;

import io.mds.id.RegionId;
import io.mds.region.replication.Replica;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** The process of a region, with its clock and, at most, one replica: it starts, is paused, goes on, and ends. */
final class SimulatedProcess {
    /** Something that happens to the replica. */
    interface Event {
        void on(Replica replica);
    }

    private final RegionId id;
    private final Schedule schedule;
    private final Trace trace;
    private final Consumer<Replica> afterEvent;
    private final double clockRate;
    private final long clockOffset;
    private final Deque<Runnable> whilePaused = new ArrayDeque<>();
    private Replica replica;

    /** Grows with each start and end, and with each drop of the replica: what was to happen to it then never does. */
    private long life;

    private long starts;
    private boolean up;
    private boolean paused;

    /** @param afterEvent carries out what the event wants done */
    SimulatedProcess(RegionId id, Schedule schedule, Dice dice, Trace trace, Consumer<Replica> afterEvent) {
        this.id = id;
        this.schedule = schedule;
        this.trace = trace;
        this.afterEvent = afterEvent;
        // Clocks differ, and run at rates that differ by less than the drift that leaders allow for.
        this.clockRate = 0.97 + 0.06 * dice.fraction();
        this.clockOffset = dice.next() >> 2;
    }

    long clock() {
        return clockOffset + (long) (schedule.nowNanos() * clockRate);
    }

    boolean isUp() {
        return up;
    }

    boolean isPaused() {
        return paused;
    }

    long starts() {
        return starts;
    }

    /** Null when it is down, or has none. */
    Replica replica() {
        return replica;
    }

    void start() {
        up = true;
        life++;
        starts++;
    }

    void end() {
        up = false;
        drop();
        paused = false;
        whilePaused.clear();
    }

    void has(Replica made) {
        replica = made;
    }

    void drop() {
        replica = null;
        life++;
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

    /** Does something with the replica, if there is one, now or when it is no longer paused. */
    void event(Event what) {
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
        afterEvent.accept(replica);
    }

    /** The event, for later, unless the replica's life has ended by then. */
    Runnable ifStillAlive(Event what) {
        long thisLife = life;
        return () -> {
            if (life == thisLife) {
                event(what);
            }
        };
    }
}
