package io.mds.client.internal;

import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Finds the active master's address in ZooKeeper.
 *
 * <p>Opens a session for one search and closes it again: thousands of clients that merely exist cost ZooKeeper nothing, and
 * those that wait for a new master cost it one session each.
 *
 * <p><em>Thread:</em> a search blocks a thread of its own, which ends when it is idle.
 */
final class ZooKeeperLocator implements MasterLocator {
    /** Pauses before a master that is unreachable is tried again while ZooKeeper names no other. */
    static final Backoff RETRY = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(4));

    private final String servers;
    private final String path;
    private final Backoff retry;
    private final ThreadPoolExecutor executor;
    private volatile ZooKeeperSearch latest;

    ZooKeeperLocator(String servers, String root, String threadName, Backoff retry) {
        this.servers = servers;
        this.path = new ZnodePaths(root).active();
        this.retry = retry;
        this.executor = new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(16), task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    @Override
    public MasterSearch search() {
        ZooKeeperSearch begun = new ZooKeeperSearch(servers, path, retry, executor);
        latest = begun;
        return begun;
    }

    @Override
    public void close() {
        ZooKeeperSearch last = latest;
        if (last != null) {
            last.close();
        }
        // The session that this closes is closed first.
        executor.shutdown();
    }
}
