package io.mds.torture.check;

import io.mds.torture.check.Step.Action;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Until when an answer to a read may show a value that an operation of unknown outcome set, increments included. */
final class Witnesses {
    private final Map<Step, Long> lastSeen = new IdentityHashMap<>();

    Witnesses(List<Step> steps) {
        long less = 0;
        long more = 0;
        NavigableMap<Long, Long> lastRead = new TreeMap<>();
        for (Step step : steps) {
            if (step.action() == Action.ADD) {
                less += Math.min(0, step.value());
                more += Math.max(0, step.value());
            } else if (step.action() == Action.SEE_PRESENT) {
                lastRead.merge(step.value(), step.operation().completed(), Math::max);
            }
        }
        for (Step step : steps) {
            if (step.isUnknown()) {
                lastSeen.put(
                        step,
                        lastRead.subMap(step.value() + less, true, step.value() + more, true).values().stream()
                                .max(Long::compare)
                                .orElse(-1L));
            }
        }
    }

    /** Whether a read that returns now or later may show what this step wrote. */
    boolean willSee(Step step, long now) {
        return lastSeen.get(step) >= now;
    }
}
