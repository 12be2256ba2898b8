package io.mds.torture.check;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;

/** Of the steps that had ended before a time, the one of the highest rank. Immutable. */
final class Latest {
    private final long[] ends;
    /** At each position: the highest of those up to it. */
    private final Step[] highest;

    Latest(List<Step> steps, ToLongFunction<Step> rank) {
        List<Step> ended = steps.stream()
                .sorted(Comparator.comparingLong(step -> step.operation().completed()))
                .toList();
        ends = ended.stream().mapToLong(step -> step.operation().completed()).toArray();
        highest = new Step[ends.length];
        Step best = null;
        for (int i = 0; i < highest.length; i++) {
            Step step = ended.get(i);
            best = best == null || rank.applyAsLong(step) > rank.applyAsLong(best) ? step : best;
            highest[i] = best;
        }
    }

    /** Null when none had. */
    Step endedBefore(long time) {
        int at = Arrays.binarySearch(ends, time);
        int count = at < 0 ? -at - 1 : at;
        while (count > 0 && ends[count - 1] == time) {
            count--;
        }
        return count == 0 ? null : highest[count - 1];
    }
}
