package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the indexes of shards to what their schemas say, one shard after the other.
 *
 * <p><em>Thread:</em> its own; others only tell it of shards, at most each of them waits once.
 */
final class IndexBuilder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IndexBuilder.class);
    private static final long PAUSE_AFTER_FAILURE_MS = 1_000;
    private static final long CLOSE_LIMIT_MS = 30_000;

    private final Thread thread = new Thread(this::run, "mds-store-index");
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();

    @GuardedBy("lock")
    private final Set<JdbcShardStore> waiting = new LinkedHashSet<>();

    @GuardedBy("lock")
    private boolean closed;

    private volatile Runnable onChange = () -> {};

    IndexBuilder() {
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Who hears that an index is complete, or gone; must not block. */
    void onChange(Runnable listener) {
        onChange = listener;
    }

    /** The shard's schema or content may want other indexes than there are. Never blocks for long. */
    void look(JdbcShardStore shard) {
        lock.lock();
        try {
            if (waiting.add(shard)) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        for (JdbcShardStore shard = next(); shard != null; shard = next()) {
            try {
                goOn(shard);
            } catch (RuntimeException e) {
                LOG.warn("indexes of shard {} are not complete, trying again: {}", shard.id(), e.getMessage());
                pause(PAUSE_AFTER_FAILURE_MS);
                look(shard);
            }
        }
    }

    private void goOn(JdbcShardStore shard) {
        long begun = System.nanoTime();
        boolean changed = false;
        ShardIndexes.Step step = shard.indexStep();
        while (step != ShardIndexes.Step.NOTHING_LEFT && !isClosed()) {
            changed |= step == ShardIndexes.Step.CHANGED;
            // Between two steps others get the lock, which is not fair.
            pause(1);
            step = shard.indexStep();
        }
        if (changed && step == ShardIndexes.Step.NOTHING_LEFT) {
            LOG.info(
                    "shard {}: the indexes of schema version {} are complete after {} ms",
                    shard.id(),
                    shard.schema().version(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            onChange.run();
        }
    }

    /** Null at the end. */
    private JdbcShardStore next() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                work.await();
            }
            if (closed) {
                return null;
            }
            JdbcShardStore first = waiting.iterator().next();
            waiting.remove(first);
            return first;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void pause(long millis) {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(millis);
            while (!closed && left > 0) {
                left = work.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the step under way. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join(CLOSE_LIMIT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
