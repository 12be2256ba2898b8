package io.mds.simulator;

import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** What happens when, in simulated time: events of one time in the order in which they were planned. */
final class Schedule {
    private record Planned(long atNanos, long number, Runnable event) implements Comparable<Planned> {
        @Override
        public int compareTo(Planned other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    private final PriorityQueue<Planned> planned = new PriorityQueue<>();
    private final Random random;
    private long nowNanos;
    private long number;

    Schedule(Random random) {
        this.random = random;
    }

    long nowNanos() {
        return nowNanos;
    }

    void at(long nanos, Runnable event) {
        planned.add(new Planned(Math.max(nanos, nowNanos), number++, event));
    }

    /** After a time between these, in microseconds. */
    void within(long minMicros, long maxMicros, Runnable event) {
        at(nowNanos + between(minMicros, maxMicros), event);
    }

    private long between(long minMicros, long maxMicros) {
        long micros = minMicros + (long) (random.nextDouble() * (maxMicros - minMicros));
        return TimeUnit.MICROSECONDS.toNanos(micros);
    }

    /** Again and again, at times of about this distance. */
    void every(long micros, Runnable event) {
        within(micros / 2, micros * 3 / 2, () -> {
            event.run();
            every(micros, event);
        });
    }

    void runUntil(long nanos) {
        while (!planned.isEmpty() && planned.peek().atNanos() <= nanos) {
            Planned next = planned.poll();
            nowNanos = next.atNanos();
            next.event().run();
        }
        nowNanos = nanos;
    }
}
