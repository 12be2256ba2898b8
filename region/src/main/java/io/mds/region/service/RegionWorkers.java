package io.mds.region.service;

import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of a region that may block: appliers, readers, and one for the master's orders; and a timer.
 *
 * <p>Queues are bounded: reads and orders are refused beyond; an apply is queued at most once per shard, so that its queue is
 * bounded by the number of shards.
 */
public final class RegionWorkers implements AutoCloseable {
    private static final int MAX_ORDERS = 1_000;
    private static final long CLOSE_LIMIT_S = 10;

    private final ThreadPoolExecutor apply;
    private final ThreadPoolExecutor read;
    private final ThreadPoolExecutor orders;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "region-timer");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * @param queuedReads reads that may wait for a thread
     */
    public RegionWorkers(int applyThreads, int readThreads, int queuedReads) {
        this.apply = pool("apply", applyThreads, Integer.MAX_VALUE);
        this.read = pool("read", readThreads, queuedReads);
        this.orders = pool("orders", 1, MAX_ORDERS);
    }

    private static ThreadPoolExecutor pool(String name, int threads, int queue) {
        AtomicInteger number = new AtomicInteger();
        ThreadFactory factory = work -> {
            Thread thread = new Thread(work, "region-" + name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
        return new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(queue), factory);
    }

    Executor apply() {
        return apply;
    }

    /** Threads that may wait for the store. */
    public Executor read() {
        return read;
    }

    Executor orders() {
        return orders;
    }

    /** For what is short and does not block. */
    ScheduledExecutorService timer() {
        return timer;
    }

    int waitingReads() {
        return read.getQueue().size();
    }

    /** Finishes what is queued, within a limit. */
    @Override
    public void close() {
        timer.shutdownNow();
        for (ThreadPoolExecutor pool : new ThreadPoolExecutor[] {orders, read, apply}) {
            pool.shutdown();
            try {
                if (!pool.awaitTermination(CLOSE_LIMIT_S, TimeUnit.SECONDS)) {
                    pool.shutdownNow();
                }
            } catch (InterruptedException e) {
                pool.shutdownNow();
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Stops at once, as a killed process would. */
    public void halt() {
        timer.shutdownNow();
        orders.shutdownNow();
        read.shutdownNow();
        apply.shutdownNow();
    }
}
