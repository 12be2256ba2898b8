package io.mds.region.store;

import io.mds.id.LogIndex;
import java.util.Optional;
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

    /** The memory of one more shard, which is applied up to this index; empty when nothing is to be remembered. */
    Optional<ShardChanges> addShard(LogIndex applied) {
        return maxBytes == 0 ? Optional.empty() : Optional.of(new ShardChanges(this, applied));
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
