package io.mds.testkit;

import io.mds.client.Key;
import io.mds.client.Row;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.error.MdsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Several threads that increment shared counters all the time while members die. Of each counter it is known how many
 * increments were acknowledged and how many may or may not have been applied.
 *
 * <p>Invariant to be checked: acknowledged &lt;= value &lt;= acknowledged + unknown; less is a lost write, more is one
 * that was applied twice.
 */
final class Incrementers implements AutoCloseable {
    private static final int COUNTERS = 12;

    private final Table table;
    private final AtomicLongArray acknowledged = new AtomicLongArray(COUNTERS);
    private final AtomicLongArray unknown = new AtomicLongArray(COUNTERS);
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopping;
    private volatile String failure;

    private Incrementers(Table table) {
        this.table = table;
    }

    /** @param table one with the key (worker STRING, n INT64) and the column value INT64 */
    static Incrementers start(Table table, int threads, long seed) {
        Incrementers made = new Incrementers(table);
        for (int i = 0; i < COUNTERS; i++) {
            table.insert(Row.of("worker", "counter", "n", (long) i, "value", 0L));
        }
        for (int i = 0; i < threads; i++) {
            Random random = new Random(seed + i);
            Thread thread = new Thread(() -> made.run(random), "incrementer-" + i);
            thread.setDaemon(true);
            made.threads.add(thread);
            thread.start();
        }
        return made;
    }

    private void run(Random random) {
        while (!stopping) {
            int counter = random.nextInt(COUNTERS);
            try {
                table.update(Key.of("counter", (long) counter), Update.increment("value", 1));
                acknowledged.incrementAndGet(counter);
            } catch (MdsException e) {
                switch (e.outcome()) {
                    case UNKNOWN -> unknown.incrementAndGet(counter);
                    default -> {
                        if (SteadyWriter.isFault(e)) {
                            failure = e.toString();
                            stopping = true;
                        }
                    }
                }
            }
            SteadyWriter.pause();
        }
    }

    void stop() {
        stopping = true;
        threads.forEach(SteadyWriter::join);
    }

    long total() {
        long sum = 0;
        for (int i = 0; i < COUNTERS; i++) {
            sum += acknowledged.get(i);
        }
        return sum;
    }

    /** What is wrong with the counters in the table; empty when nothing is. Only after {@link #stop()}. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (failure != null) {
            problems.add(failure);
        }
        for (int i = 0; i < COUNTERS; i++) {
            long value = table.get("counter", (long) i).orElseThrow().getLong("value");
            long least = acknowledged.get(i);
            long most = least + unknown.get(i);
            if (value < least || value > most) {
                problems.add("counter " + i + " is " + value + ", not within " + least + ".." + most);
            }
        }
        return problems;
    }

    @Override
    public void close() {
        stop();
    }
}
