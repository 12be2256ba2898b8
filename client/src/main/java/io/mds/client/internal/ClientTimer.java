package io.mds.client.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The one thread that wakes calls which wait: for a back-off, a permit or a master. Calls that wait for an answer only do not
 * need it; the RPC layer knows their deadlines.
 *
 * <p><em>Invariant:</em> every task runs once or is cancelled; the close runs those that are left, so that no call waits for
 * ever.
 */
final class ClientTimer implements AutoCloseable {
    private final ScheduledThreadPoolExecutor executor;
    private final Set<Task> pending = ConcurrentHashMap.newKeySet();

    ClientTimer(String threadName) {
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
    }

    /** Runs the action on the timer's thread; once the timer is closed, at once on this one. */
    Task schedule(Runnable action, long delayNanos) {
        Task task = new Task(action);
        pending.add(task);
        try {
            task.future = executor.schedule(task, Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            task.run();
        }
        return task;
    }

    @Override
    public void close() {
        executor.shutdownNow();
        pending.forEach(Task::run);
    }

    /** A scheduled action. */
    final class Task implements Runnable {
        private final Runnable action;
        private final AtomicBoolean over = new AtomicBoolean();
        private volatile Future<?> future;

        private Task(Runnable action) {
            this.action = action;
        }

        @Override
        public void run() {
            if (end()) {
                action.run();
            }
        }

        void cancel() {
            Future<?> scheduled = future;
            if (end() && scheduled != null) {
                scheduled.cancel(false);
            }
        }

        private boolean end() {
            pending.remove(this);
            return over.compareAndSet(false, true);
        }
    }
}
