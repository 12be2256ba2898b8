package io.mds.bench;

import io.mds.client.Batch;
import io.mds.client.Key;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Writes to one shard without pause, notes what was acknowledged, and can tell whether all of that is there, once.
 *
 * <p>Each write is an atomic batch: it puts its number into one of a few hundred rows in turn, and adds one to a counter.
 * A write that is lost leaves the counter low or its row old, one that is applied twice leaves the counter high.
 *
 * <p>Thread: one of its own that writes; all fields but the table and the key are guarded by this object.
 */
final class ShardWriter implements AutoCloseable {
    private static final int SLOTS = 500;
    private static final long COUNTER = -1;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Table table;
    private final String key;
    private final Thread thread;
    private final List<Write> recent = new ArrayList<>();
    private final long[] newest = new long[SLOTS];

    private boolean paused = true;
    private boolean idle = true;
    private boolean stopping;
    private long acknowledged;
    private long total;
    private long unknown;
    private long unresolved;
    private MdsException fault;

    /** One acknowledged write. */
    record Write(long begunNanos, long endedNanos) {}

    /** What a check found: how many acknowledged writes are not there, and how many are there more than once. */
    record Finding(long lost, long twice) {}

    /** @param table one with the key (key STRING, slot INT64) and the column n INT64 */
    ShardWriter(Table table, String key) {
        this.table = table;
        this.key = key;
        this.thread = new Thread(this::run, "writer-" + key);
        this.thread.setDaemon(true);
        Arrays.fill(newest, -1);
    }

    /** Starts it paused. */
    void start() {
        table.upsert(Row.of("key", key, "slot", COUNTER, "n", 0L));
        thread.start();
    }

    private void run() {
        for (long n = 0; mayGoOn(); n++) {
            long begun = System.nanoTime();
            try {
                table.write(Batch.atomic()
                        .upsert(Row.of("key", key, "slot", n % SLOTS, "n", n))
                        .update(Key.of(key, COUNTER), Update.increment("n", 1L)));
                answered(n, new Write(begun, System.nanoTime()));
            } catch (MdsException e) {
                failed(e);
            }
        }
    }

    private synchronized boolean mayGoOn() {
        while (paused && !stopping) {
            idle = true;
            notifyAll();
            try {
                wait();
            } catch (InterruptedException e) {
                return false;
            }
        }
        idle = false;
        return !stopping;
    }

    private synchronized void answered(long n, Write write) {
        acknowledged++;
        total++;
        newest[Math.toIntExact(n % SLOTS)] = n;
        recent.add(write);
        notifyAll();
    }

    private synchronized void failed(MdsException failure) {
        boolean explained = failure.outcome() == Outcome.UNKNOWN
                || failure.isRetryable()
                || failure.code() == ErrorCode.DEADLINE_EXCEEDED;
        if (failure.outcome() == Outcome.UNKNOWN) {
            unknown++;
            unresolved++;
        }
        if (!explained) {
            fault = failure;
            stopping = true;
        }
        notifyAll();
    }

    String key() {
        return key;
    }

    /** Writes acknowledged since the start. */
    synchronized long total() {
        return total;
    }

    /** Writes since the start of which the client could not say whether they were applied. */
    synchronized long unknown() {
        return unknown;
    }

    /** Goes on, with no recent writes. */
    synchronized void resume() {
        recent.clear();
        paused = false;
        notifyAll();
    }

    /** Returns when no write is under way. */
    synchronized void pause() {
        paused = true;
        await("a write of " + key + " is answered", () -> idle);
    }

    /** Returns when so many writes were acknowledged since it went on. */
    synchronized void awaitWrites(int count) {
        await(count + " writes of " + key + " are acknowledged", () -> recent.size() >= count);
    }

    /** The first acknowledged write that began after a time; waits for it. */
    synchronized Write awaitWriteAfter(long nanos) {
        await(
                "a write of " + key + " is acknowledged",
                () -> !recent.isEmpty() && recent.get(recent.size() - 1).begunNanos() - nanos > 0);
        return recent.stream()
                .filter(write -> write.begunNanos() - nanos > 0)
                .findFirst()
                .orElseThrow();
    }

    /** The acknowledged writes that were under way at some time between two. */
    synchronized List<Write> writesBetween(long fromNanos, long toNanos) {
        return recent.stream()
                .filter(write -> write.endedNanos() - fromNanos > 0 && write.begunNanos() - toNanos < 0)
                .toList();
    }

    /** Compares what was acknowledged to what is there; to be called while it is paused. */
    synchronized Finding check() {
        long counted = table.get(key, COUNTER).orElseThrow().getLong("n");
        long oldRows = 0;
        long[] present = new long[SLOTS];
        Arrays.fill(present, -1);
        try (RowStream rows = table.scan(Scan.prefix(key))) {
            rows.forEach(row -> {
                if (row.getLong("slot") != COUNTER) {
                    present[Math.toIntExact(row.getLong("slot"))] = row.getLong("n");
                }
            });
        }
        for (int slot = 0; slot < SLOTS; slot++) {
            if (present[slot] < newest[slot]) {
                oldRows++;
            }
        }
        Finding finding = new Finding(
                Math.max(oldRows, Math.max(0, acknowledged - counted)),
                Math.max(0, counted - acknowledged - unresolved));
        acknowledged = counted;
        unresolved = 0;
        return finding;
    }

    private synchronized void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (fault != null) {
                throw new IllegalStateException("the writer of " + key + " gave up: " + fault, fault);
            }
            long left = end - System.nanoTime();
            if (left <= 0) {
                throw new IllegalStateException("waited " + LIMIT.toSeconds() + " s in vain until " + what);
            }
            try {
                wait(left / 1_000_000 + 1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting until " + what, e);
            }
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        thread.interrupt();
    }
}
