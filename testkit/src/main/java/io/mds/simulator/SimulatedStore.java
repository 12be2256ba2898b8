package io.mds.simulator;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.List;
import java.util.function.Consumer;

/** The store of a region: committed entries are applied to it after some time, and are durable in it after some more. */
final class SimulatedStore {
    private final RegionId id;
    private final SimulatedDisk disk;
    private final SimulatedProcess process;
    private final Schedule schedule;
    private final Dice dice;
    private final History history;
    private LogPosition applied = LogPosition.START;
    private LogIndex toApply = LogPosition.START.index();
    private boolean applying;
    private boolean slow;

    SimulatedStore(
            RegionId id, SimulatedDisk disk, SimulatedProcess process, Schedule schedule, Dice dice, History history) {
        this.id = id;
        this.disk = disk;
        this.process = process;
        this.schedule = schedule;
        this.dice = dice;
        this.history = history;
    }

    LogPosition applied() {
        return applied;
    }

    void slow(boolean isSlow) {
        slow = isSlow;
    }

    /** The shard is empty. */
    void clear() {
        applied = LogPosition.START;
        toApply = applied.index();
    }

    /** The process goes on with what is on disk, and with what its log knows to be committed after that. */
    void recover(List<LogEntry> committed) {
        applied = disk.store();
        committed.forEach(this::apply);
        toApply = applied.index();
    }

    /** Nothing is being applied: the process, or the replica, is another. */
    void forgetApplying() {
        applying = false;
    }

    /** The content comes with a snapshot, durably. */
    void install(LogPosition position) {
        disk.makeDurable(position);
        applied = position;
        toApply = toApply.compareTo(position.index()) >= 0 ? toApply : position.index();
    }

    /**
     * Entries up to here can be applied.
     *
     * @param whenApplied is told of each
     */
    void commit(LogIndex index, Consumer<LogEntry> whenApplied) {
        toApply = index;
        if (applying) {
            return;
        }
        applying = true;
        schedule.within(0, slow ? 40_000 : 300, process.ifStillAlive(it -> {
            applying = false;
            for (LogEntry entry : it.entries(applied.index(), toApply, Long.MAX_VALUE)) {
                apply(entry);
                whenApplied.accept(entry);
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

    /** What is applied now is on disk a little later. */
    void makeDurable() {
        if (process.replica() != null && !process.isPaused()) {
            LogPosition position = applied;
            schedule.within(0, 20_000, process.ifStillAlive(it -> disk.makeDurable(position)));
        }
    }
}
