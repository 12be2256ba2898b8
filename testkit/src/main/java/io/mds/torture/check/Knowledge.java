package io.mds.torture.check;

import io.mds.torture.check.Step.Action;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What somebody had learned of a partition by some time, from answers that had come.
 *
 * <p>Of strong operations that is more than they show: the partition was then at least as new as everything that anybody had
 * acknowledged when they began.
 *
 * <p>Thread: confined to one check.
 */
final class Knowledge {
    private final Latest newest;
    private final Latest strong;
    private final List<Step> steps;
    private final Map<String, Latest> absences = new HashMap<>();
    private final Map<String, Latest> existences = new HashMap<>();

    Knowledge(List<Step> steps) {
        this.steps = steps;
        this.newest =
                new Latest(steps.stream().filter(step -> step.version() != null).toList(), Step::version);
        this.strong = latestToBegin(step -> step.operation().isStrong());
    }

    /** The step with the highest version that had ended before this time, or null. */
    Step newestBefore(long time) {
        return newest.endedBefore(time);
    }

    /** Of the strong steps that had ended before this time the one that began last, or null. */
    Step strongBefore(long time) {
        return strong.endedBefore(time);
    }

    /** The same of those for which this row was absent. */
    Step absenceBefore(String row, long time) {
        return absences.computeIfAbsent(
                        row,
                        name -> latestToBegin(step -> step.row().equals(name)
                                && step.operation().isStrong()
                                && step.action() == Action.SEE_ABSENT))
                .endedBefore(time);
    }

    /** The same of those that were refused because this row existed. */
    Step existenceBefore(String row, long time) {
        return existences
                .computeIfAbsent(
                        row,
                        name -> latestToBegin(step -> step.row().equals(name) && step.action() == Action.SEE_EXISTS))
                .endedBefore(time);
    }

    private Latest latestToBegin(Predicate<Step> which) {
        return new Latest(
                steps.stream().filter(which.and(step -> !step.isUnknown())).toList(),
                step -> step.operation().invoked());
    }
}
