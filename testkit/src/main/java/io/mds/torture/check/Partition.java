package io.mds.torture.check;

import io.mds.torture.check.Step.Action;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What all operations together tell of the rows of one partition. They are on one shard, so their versions are in one order,
 * and who has seen one of them has seen a state with everything up to it.
 *
 * <p>Thread: confined to one check.
 */
final class Partition {
    private final Knowledge all;
    private final Map<String, NavigableMap<Long, Step>> versions = new HashMap<>();
    private final Map<String, List<Step>> removals = new HashMap<>();

    private Partition(List<Step> steps) {
        this.all = new Knowledge(steps);
        for (Step step : steps) {
            if (step.version() != null) {
                versions.computeIfAbsent(step.row(), ignored -> new TreeMap<>())
                        .merge(step.version(), step, (a, b) -> a.action().observes() ? b : a);
            }
            if (step.action() == Action.REMOVE) {
                removals.computeIfAbsent(step.row(), ignored -> new ArrayList<>())
                        .add(step);
            }
        }
    }

    /** By name, with the steps of each in the order of the history. */
    static Map<String, List<Step>> steps(List<Operation> operations) {
        Map<String, List<Step>> partitions = new TreeMap<>();
        for (Operation operation : operations) {
            for (Step step : Step.of(operation).values()) {
                partitions
                        .computeIfAbsent(step.partition(), ignored -> new ArrayList<>())
                        .add(step);
            }
        }
        return partitions;
    }

    static Partition of(List<Step> steps) {
        return new Partition(steps);
    }

    /** As {@link #missed(Step, Knowledge, long)} of what anybody knew. */
    Step missed(Step read, long time) {
        return missed(read, all, time);
    }

    /**
     * Something that was known before this time and that the read should have shown, but did not; null when there is
     * nothing.
     */
    Step missed(Step read, Knowledge known, long time) {
        Step newest = known.newestBefore(time);
        if (newest != null) {
            Step missed = newerThan(read, newest.version());
            if (missed != null) {
                return missed;
            }
        }
        Step strong = known.strongBefore(time);
        if (strong != null) {
            // It saw whatever had been acknowledged by then, whichever row it was about.
            Step before = all.newestBefore(strong.operation().invoked());
            Step missed = before == null ? null : newerThan(read, before.version());
            if (missed != null) {
                return missed;
            }
        }
        return read.action() == Action.SEE_PRESENT
                ? absenceAfter(read, known.absenceBefore(read.row(), time))
                : existenceAfter(read, known.existenceBefore(read.row(), time));
    }

    /** What is not in the answer though it happened to the row up to this version. */
    private Step newerThan(Step read, long version) {
        NavigableMap<Long, Step> chain = versions.getOrDefault(read.row(), new TreeMap<>());
        Map.Entry<Long, Step> last = chain.floorEntry(version);
        if (last == null) {
            return null;
        }
        boolean removed = last.getValue().action() == Action.REMOVE;
        if (read.action() == Action.SEE_PRESENT) {
            return read.version() < last.getKey() || (removed && read.version().equals(last.getKey()))
                    ? last.getValue()
                    : null;
        }
        return removed || mayBeRemoved(read, last.getKey()) ? null : last.getValue();
    }

    /** A row that is absent has no version: there must be a removal that can have come after this. */
    private boolean mayBeRemoved(Step read, long version) {
        return removals.getOrDefault(read.row(), List.of()).stream()
                .anyMatch(removal ->
                        removal.operation().invoked() < read.operation().completed()
                                && (removal.isUnknown() || removal.version() > version));
    }

    private Step absenceAfter(Step read, Step absence) {
        if (absence == null) {
            return null;
        }
        Step before = all.newestBefore(absence.operation().invoked());
        return before != null && before.version() >= read.version() ? absence : null;
    }

    private Step existenceAfter(Step read, Step existence) {
        if (existence == null) {
            return null;
        }
        boolean removed = removals.getOrDefault(read.row(), List.of()).stream()
                .anyMatch(removal -> removal.operation().completed()
                                > existence.operation().invoked()
                        && removal.operation().invoked() < read.operation().completed());
        return removed ? null : existence;
    }
}
