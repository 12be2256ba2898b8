package io.mds.region.wal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Appends that wait for the log thread, bounded in bytes. Any thread offers; the log thread takes. */
final class AppendQueue {
    /** An append with the one who waits for it; a listener of null waits for nothing. */
    record Append(LogRecord record, int bytes, AppendListener listener) {}

    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notEmpty = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<Append> waiting = new ArrayDeque<>();

    @GuardedBy("lock")
    private boolean takerWaits;

    @GuardedBy("lock")
    private boolean closed;

    private volatile long bytes;

    AppendQueue(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    enum Offer {
        TAKEN,
        FULL,
        CLOSED
    }

    Offer offer(Append append) {
        lock.lock();
        try {
            if (closed) {
                return Offer.CLOSED;
            }
            if (!waiting.isEmpty() && append.listener() != null && bytes + append.bytes() > maxBytes) {
                return Offer.FULL;
            }
            waiting.add(append);
            setBytes(bytes + append.bytes());
            if (takerWaits) {
                takerWaits = false;
                notEmpty.signal();
            }
            return Offer.TAKEN;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for appends and takes those that fit in a batch, at least one; none only when closed and empty. */
    List<Append> take(int maxBatchBytes) {
        List<Append> batch = new ArrayList<>();
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                takerWaits = true;
                notEmpty.awaitUninterruptibly();
            }
            long taken = 0;
            while (!waiting.isEmpty()
                    && (batch.isEmpty() || taken + waiting.peek().bytes() <= maxBatchBytes)) {
                taken += waiting.peek().bytes();
                batch.add(waiting.poll());
            }
            setBytes(bytes - taken);
        } finally {
            lock.unlock();
        }
        return batch;
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
