package io.mds.rpc;

import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what peers send that is not the protocol, and logs at most one of them per second, so that a port scan or a
 * broken peer that keeps coming back cannot fill the log.
 *
 * <p>Any thread.
 */
final class Violations {
    private static final long LOG_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final AtomicLong count = new AtomicLong();
    private final AtomicLong nextLogNanos = new AtomicLong(System.nanoTime());

    long count() {
        return count.get();
    }

    void report(SocketAddress peer, String what) {
        long total = count.incrementAndGet();
        long due = nextLogNanos.get();
        long now = System.nanoTime();
        if (now - due >= 0 && nextLogNanos.compareAndSet(due, now + LOG_INTERVAL_NANOS)) {
            RpcTransport.LOG.warn(
                    "closing the connection of {}: it sent {} ({} such connections so far)", peer, what, total);
        }
    }
}
