package io.mds.region.store;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is remembered of the latest changes of all shards, within one bound in bytes; the oldest of all are forgotten first.
 *
 * <p><em>Thread:</em> any.
 */
final class ChangeMemory {
    /** The changes of one shard that were applied together. */
    interface Part {
        long bytes();

        void forget();
    }

    private final long maxBytes;
    private final AtomicLong bytes = new AtomicLong();
    private final Queue<Part> inOrder = new ConcurrentLinkedQueue<>();

    /** @param maxBytes 0 remembers nothing */
    ChangeMemory(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    void add(Part part) {
        inOrder.add(part);
        long now = bytes.addAndGet(part.bytes());
        while (now > maxBytes) {
            Part oldest = inOrder.poll();
            if (oldest == null) {
                return;
            }
            oldest.forget();
            now = bytes.addAndGet(-oldest.bytes());
        }
    }

    long bytes() {
        return bytes.get();
    }
}
