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
 * tell which of those a table lacks. On request it also reads each row back as soon as it is acknowledged.
 *
 * <p>Thread: one of its own, bounded by {@link #stop()}. An insert that fails is skipped, not repeated: whether its row
 * is there is unknown, and the client has made its retries.
 */
final class SteadyWriter implements AutoCloseable {
    /** More writes would find nothing more, and take the cores from the members that start again. */
    private static final long PAUSE_NANOS = Duration.ofMillis(8).toNanos();

    private final Table table;
    private final String name;
    private final boolean reading;
    private final Thread thread;
    private final List<Long> acknowledged = new ArrayList<>();
    private final AtomicLong count = new AtomicLong();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong longestNanos = new AtomicLong();
    private volatile boolean stopping;
    private volatile String lastError = "none";

    private SteadyWriter(Table table, String name, boolean reading) {
        this.table = table;
        this.name = name;
        this.reading = reading;
        this.thread = new Thread(this::work, "writer-" + name);
        this.thread.setDaemon(true);
    }

    /**
     * @param table one with the key (worker STRING, n INT64)
     */
    static SteadyWriter start(Table table, String name) {
        return start(new SteadyWriter(table, name, false));
    }

    /** One that reads each row back, too; that a row is not found then ends it. */
    static SteadyWriter startReading(Table table, String name) {
        return start(new SteadyWriter(table, name, true));
    }

    private static SteadyWriter start(SteadyWriter writer) {
        writer.thread.start();
        return writer;
    }

    private void work() {
        for (long n = 0; !stopping; n++) {
            long row = n;
            if (succeeds(() -> write(row)) && reading) {
                succeeds(() -> readBack(row));
            }
            pause();
        }
    }

    private void write(long n) {
        table.insert(Row.of("worker", name, "n", n));
        synchronized (acknowledged) {
            acknowledged.add(n);
        }
        count.incrementAndGet();
    }

    private void readBack(long n) {
        if (table.get(name, n).isPresent()) {
            reads.incrementAndGet();
        } else {
            failed.incrementAndGet();
            lastError = "row " + n + " was acknowledged, and a read right after does not find it";
            stopping = true;
        }
    }

    private boolean succeeds(Runnable call) {
        long begun = System.nanoTime();
        try {
            call.run();
            return true;
        } catch (MdsException e) {
            failed.incrementAndGet();
            lastError = e.toString();
            if (isFault(e)) {
                stopping = true;
            }
            return false;
        } finally {
            longestNanos.accumulateAndGet(System.nanoTime() - begun, Math::max);
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

    /** Rows that were read back. */
    long reads() {
        return reads.get();
    }

    /** Calls that failed, with all their retries. */
    long failures() {
        return failed.get();
    }

    /** The longest time that one call took, with all its retries. */
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
                    e.getMessage() + ", not " + count + "; " + failed + " calls failed, the last: " + lastError, e);
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
