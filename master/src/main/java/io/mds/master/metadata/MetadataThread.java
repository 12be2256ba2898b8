package io.mds.master.metadata;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns the mutable metadata and writes it to ZooKeeper.
 *
 * <p>Invariant: tasks run one at a time, in the order of their submission.
 *
 * <p>Work from outside is bounded and refused when too much waits; the master's own timers and the answers to its own
 * requests are bounded by their makers and always taken.
 */
public final class MetadataThread implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MetadataThread.class);

    private final ScheduledThreadPoolExecutor executor;
    private final int maxQueued;
    private final AtomicInteger queued = new AtomicInteger();
    private volatile Thread thread;
    private volatile long runningSinceNanos;
    private volatile String running;

    public MetadataThread(int maxQueued) {
        this.maxQueued = maxQueued;
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread made = new Thread(task, "mds-master-metadata");
            thread = made;
            return made;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Work of the metadata thread. */
    public interface Task {
        void run() throws InterruptedException;
    }

    /**
     * Queues work from outside.
     *
     * @throws MdsException RESOURCE_EXHAUSTED when too much waits already, UNAVAILABLE when the master is closing
     */
    public void submit(String what, Task task) {
        if (queued.incrementAndGet() > maxQueued) {
            queued.decrementAndGet();
            throw MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            what + ": " + maxQueued + " requests wait for the metadata already; try again later")
                    .retryAfter(Duration.ofMillis(200))
                    .withoutStackTrace()
                    .build();
        }
        try {
            executor.execute(() -> {
                queued.decrementAndGet();
                run(what, task);
            });
        } catch (RejectedExecutionException e) {
            queued.decrementAndGet();
            throw MdsException.builder(ErrorCode.UNAVAILABLE, what + ": this master is closing")
                    .withoutStackTrace()
                    .build();
        }
    }

    /** Queues the master's own work; dropped when the master is closing. */
    public void execute(String what, Task task) {
        try {
            executor.execute(() -> run(what, task));
        } catch (RejectedExecutionException e) {
            log.debug("{}: not done, the master is closing", what);
        }
    }

    /** Repeats the master's own work until the handle is closed. */
    public Repetition repeat(String what, Duration interval, Task task) {
        var future = executor.scheduleWithFixedDelay(
                () -> run(what, task), interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
        return () -> future.cancel(false);
    }

    /** Work that repeats. */
    public interface Repetition extends AutoCloseable {
        @Override
        void close();
    }

    /** How many requests from outside wait. */
    public int queued() {
        return queued.get();
    }

    /** What has been running for longer than this, or null. */
    public String runningLongerThan(Duration limit) {
        String what = running;
        long since = runningSinceNanos;
        return what != null && System.nanoTime() - since > limit.toNanos() ? what : null;
    }

    private void run(String what, Task task) {
        runningSinceNanos = System.nanoTime();
        running = what;
        try {
            task.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (MdsException e) {
            log.warn("{}: {}", what, e.getMessage());
        } catch (RuntimeException e) {
            log.error("{} failed", what, e);
        } finally {
            running = null;
        }
    }

    @Override
    public void close() {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(2, TimeUnit.SECONDS)) {
                executor.shutdownNow();
                if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
                    log.warn("the metadata thread does not stop; it is at: {}", running);
                }
            }
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** Stops without finishing what waits. */
    public void halt() {
        executor.shutdownNow();
    }

    /** Fails when called by another thread: for the owners of state that is this thread's alone. */
    public void assertOwner() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException(
                    "metadata touched by " + Thread.currentThread().getName() + " (expected: mds-master-metadata)");
        }
    }
}
