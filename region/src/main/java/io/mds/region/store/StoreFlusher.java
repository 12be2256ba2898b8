package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes rows from memory to the database when many are dirty, and makes writers wait when too many are.
 *
 * <p>Rows are written late on purpose: a row that is changed often is written once, and rows written together in key order
 * share pages.
 *
 * <p><em>Thread:</em> one of its own flushes; any waits.
 */
final class StoreFlusher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreFlusher.class);
    private static final Duration MAX_WAIT = Duration.ofSeconds(30);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);

    /** Flushes one shard; the store gives it. */
    interface Flush {
        void of(ShardRows rows);
    }

    private final RowMemory memory;
    private final Flush flush;
    private final Thread thread = new Thread(this::run, "mds-store-flush");
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition room = lock.newCondition();

    @GuardedBy("lock")
    private boolean closed;

    private volatile boolean idle;
    private volatile String problem;

    StoreFlusher(RowMemory memory, Flush flush) {
        this.memory = memory;
        this.flush = flush;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Why the last flush failed; empty when it did not. Never blocks. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /** Called after rows became dirty. */
    void wakeWhenNeeded() {
        if (idle && memory.wantsFlush()) {
            lock.lock();
            try {
                work.signal();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Whether {@link #awaitRoom} would return at once. Never blocks. */
    boolean hasRoom() {
        return !memory.isFull();
    }

    /**
     * Waits while too many rows are dirty.
     *
     * @throws StoreException when there is no room in time
     */
    void awaitRoom() {
        if (!memory.isFull()) {
            return;
        }
        long left = MAX_WAIT.toNanos();
        lock.lock();
        try {
            while (memory.isFull() && !closed) {
                if (left <= 0) {
                    String reason = problem;
                    throw new StoreException(
                            "the store has not taken the rows of earlier writes for " + MAX_WAIT.toSeconds() + " s"
                                    + (reason == null ? "" : ": " + reason),
                            null);
                }
                work.signal();
                left = room.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException("interrupted while waiting for the store to take earlier rows", e);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitWork()) {
            try {
                memory.dirtiest().ifPresent(flush::of);
                problem = null;
            } catch (RuntimeException e) {
                LOG.warn("rows could not be written to the store; they stay in memory and the log", e);
                problem = e.getMessage();
                pause();
            }
            lock.lock();
            try {
                room.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** False when closed. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (!closed && !memory.wantsFlush()) {
                idle = true;
                // Looks again after a while, because a writer that saw this thread busy does not wake it.
                if (work.awaitNanos(PAUSE_AFTER_FAILURE.toNanos()) <= 0 && closed) {
                    return false;
                }
            }
            return !closed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            idle = false;
            lock.unlock();
        }
    }

    private void pause() {
        lock.lock();
        try {
            long left = PAUSE_AFTER_FAILURE.toNanos();
            while (!closed && left > 0) {
                left = work.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the flush under way. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
            room.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join(MAX_WAIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
