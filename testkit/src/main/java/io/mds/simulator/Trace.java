package io.mds.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/** The last things that happened in a run; only kept when somebody wants to read them, since most runs are not read. */
final class Trace {
    private static final int LINES = 600;

    private final Deque<String> lines = new ArrayDeque<>();
    private final boolean wanted;
    private final Schedule schedule;

    Trace(boolean wanted, Schedule schedule) {
        this.wanted = wanted;
        this.schedule = schedule;
    }

    void note(Supplier<String> what) {
        if (wanted) {
            if (lines.size() == LINES) {
                lines.removeFirst();
            }
            lines.add(String.format("%10.3f ms  %s", schedule.nowNanos() / 1e6, what.get()));
        }
    }

    /** Oldest first. */
    List<String> lines() {
        return List.copyOf(lines);
    }
}
