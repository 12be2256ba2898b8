package io.mds.testkit;

import io.mds.client.Key;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Inserts rows (worker, 0), (worker, 1), ... about a hundred a second while members die, remembers which were acknowledged, and can
 * tell which of those a table lacks.
 *
 * <p>Thread: one of its own, bounded by {@link #stop()}. An insert that fails is skipped, not repeated: whether its row
 * is there is unknown, and the client has made its retries.
 */
final class SteadyWriter implements AutoCloseable {
    /** More writes would find nothing more, and take the cores from the members that start again. */
    private static final long PAUSE_NANOS = Duration.ofMillis(8).toNanos();

    private final Table table;
    private final String name;
    private final Thread thread;
    private final List<Long> acknowledged = new ArrayList<>();
    private final AtomicLong count = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong longestNanos = new AtomicLong();
    private volatile boolean stopping;
    private volatile String lastError = "none";

    private SteadyWriter(Table table, String name) {
        this.table = table;
        this.name = name;
        this.thread = new Thread(this::write, "writer-" + name);
        this.thread.setDaemon(true);
    }

    /**
     * @param table one with the key (worker STRING, n INT64)
     */
    static SteadyWriter start(Table table, String name) {
        SteadyWriter writer = new SteadyWriter(table, name);
        writer.thread.start();
        return writer;
    }

    private void write() {
        for (long n = 0; !stopping; n++) {
            long begun = System.nanoTime();
            try {
                table.insert(Row.of("worker", name, "n", n));
                synchronized (acknowledged) {
                    acknowledged.add(n);
                }
                count.incrementAndGet();
            } catch (MdsException e) {
                lastError = e.toString();
                failed.incrementAndGet();
                if (isFault(e)) {
                    stopping = true;
                }
            }
            long took = System.nanoTime() - begun;
            longestNanos.accumulateAndGet(took, Math::max);
            pause();
        }
    }

    /** What each of those who load a cluster makes between two requests. */
    static void pause() {
        LockSupport.parkNanos(PAUSE_NANOS);
    }

    /** True for what no member's death explains. */
    static boolean isFault(MdsException e) {
        return e.outcome() != Outcome.UNKNOWN && !e.isRetryable() && e.code() != ErrorCode.DEADLINE_EXCEEDED;
    }

    String name() {
        return name;
    }

    long acknowledged() {
        return count.get();
    }

    /** Inserts that failed, with all their retries. */
    long failures() {
        return failed.get();
    }

    /** The longest time that one insert took, with all its retries. */
    Duration longestWait() {
        return Duration.ofNanos(longestNanos.get());
    }

    void forgetLongestWait() {
        longestNanos.set(0);
    }

    /** Returns when this many more rows were acknowledged. */
    void awaitMore(long rows) {
        awaitCount(count.get() + rows);
    }

    /** Returns when this many more rows were acknowledged to each of them. */
    static void awaitMore(List<SteadyWriter> writers, long rows) {
        Map<SteadyWriter, Long> wanted = new HashMap<>();
        writers.forEach(writer -> wanted.put(writer, writer.count.get() + rows));
        wanted.forEach(SteadyWriter::awaitCount);
    }

    private void awaitCount(long wanted) {
        try {
            Await.until(wanted + " rows are acknowledged", () -> count.get() >= wanted || !thread.isAlive());
        } catch (IllegalStateException e) {
            throw new IllegalStateException(
                    e.getMessage() + ", not " + count + "; " + failed + " writes failed, the last: " + lastError, e);
        }
        if (count.get() < wanted) {
            throw new IllegalStateException("the writer gave up: " + lastError);
        }
    }

    void stop() {
        stopping = true;
        join(thread);
    }

    /** Waits for a thread that was told to end. */
    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while stopping " + thread.getName(), e);
        }
    }

    /** The acknowledged rows that the table does not hold exactly once. */
    List<Long> missingFrom(Table target) {
        Map<Long, Integer> seen = new HashMap<>();
        try (RowStream rows = target.scan(Scan.prefix(name))) {
            rows.forEach(row -> seen.merge(row.getLong("n"), 1, Integer::sum));
        }
        synchronized (acknowledged) {
            return acknowledged.stream()
                    .filter(n -> seen.getOrDefault(n, 0) != 1)
                    .toList();
        }
    }

    /** The acknowledged rows whose keys are not among these. */
    List<Long> missingFrom(Set<Key> keys) {
        synchronized (acknowledged) {
            return acknowledged.stream()
                    .filter(n -> !keys.contains(Key.of(name, n)))
                    .toList();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
