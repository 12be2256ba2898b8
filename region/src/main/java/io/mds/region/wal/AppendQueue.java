package io.mds.region.wal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.idle.IdleSpin;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Appends that wait for the log thread, bounded in bytes. Any thread offers; the log thread takes.
 *
 * <p>Writers that were answered together write again at nearly the same time. So after a batch of many, the thread looks for
 * a moment for as many, rather than force the disk for the first of them; after a batch of one it does not.
 */
final class AppendQueue {
    /** An append with the one who waits for it. */
    record Append(LogRecord record, int bytes, Fate fate) {}

    private static final Duration GATHER_LIMIT = Duration.of(100, ChronoUnit.MICROS);

    private final long maxBytes;
    private final IdleSpin gathering = new IdleSpin(GATHER_LIMIT);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notEmpty = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<Append> waiting = new ArrayDeque<>();

    @GuardedBy("lock")
    private boolean takerWaits;

    @GuardedBy("lock")
    private boolean closed;

    private volatile long bytes;
    private volatile int count;

    /** The log thread's. */
    private int lastBatch;

    AppendQueue(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Whether the bound leaves room. Those who ask and then offer at the same time may pass it together. */
    boolean hasRoomFor(long more) {
        return bytes == 0 || bytes + more <= maxBytes;
    }

    /** False when closed. */
    boolean offer(Append append) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            waiting.add(append);
            count = waiting.size();
            setBytes(bytes + append.bytes());
            if (takerWaits) {
                takerWaits = false;
                notEmpty.signal();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for appends and takes those that fit in a batch, at least one; none only when closed and empty. */
    List<Append> take(int maxBatchBytes) {
        List<Append> batch = new ArrayList<>();
        awaitAny();
        gather();
        lock.lock();
        try {
            long taken = 0;
            while (!waiting.isEmpty()
                    && (batch.isEmpty() || taken + waiting.peek().bytes() <= maxBatchBytes)) {
                taken += waiting.peek().bytes();
                batch.add(waiting.poll());
            }
            setBytes(bytes - taken);
            count = waiting.size();
            lastBatch = batch.size();
        } finally {
            lock.unlock();
        }
        return batch;
    }

    private void awaitAny() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                takerWaits = true;
                notEmpty.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void gather() {
        int wanted = lastBatch * 3 / 4;
        IdleSpin.Look look = gathering.look();
        while (count < wanted && look.again()) {
            // The look yields to those that append.
        }
        look.found();
    }

    /** Refuses further offers; what waits can still be taken. */
    void close() {
        lock.lock();
        try {
            closed = true;
            notEmpty.signal();
        } finally {
            lock.unlock();
        }
    }

    long bytes() {
        return bytes;
    }

    @GuardedBy("lock")
    private void setBytes(long value) {
        bytes = value;
    }
}
