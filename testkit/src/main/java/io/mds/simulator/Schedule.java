package io.mds.simulator;

import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/** What happens when, in simulated time: events of one time in the order in which they were planned. */
final class Schedule {
    private record Planned(long atNanos, long number, Runnable event) implements Comparable<Planned> {
        @Override
        public int compareTo(Planned other) {
            return atNanos != other.atNanos ? Long.compare(atNanos, other.atNanos) : Long.compare(number, other.number);
        }
    }

    private final PriorityQueue<Planned> planned = new PriorityQueue<>(256);
    private final Dice dice;
    private long nowNanos;
    private long number;

    Schedule(Dice dice) {
        this.dice = dice;
    }

    long nowNanos() {
        return nowNanos;
    }

    /** After a time between these, in microseconds. */
    void within(long minMicros, long maxMicros, Runnable event) {
        long delay = TimeUnit.MICROSECONDS.toNanos(dice.between(minMicros, maxMicros));
        planned.add(new Planned(nowNanos + delay, number++, event));
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
