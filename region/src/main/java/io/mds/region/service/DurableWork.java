package io.mds.region.service;

import io.mds.region.wal.LogObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The shards of which the log has made something durable. When that is little, what it commits is applied right on the log
 * thread, as far as that cannot block: waking a worker takes longer than the work. When there is much, the workers apply it
 * while the log thread goes on.
 *
 * <p>Thread: the log thread.
 */
public final class DurableWork implements LogObserver {
    /** Some twenty small writes. More would keep the next batch waiting for longer than a worker takes to wake up. */
    static final int MAX_BYTES_AT_ONCE = 16 * 1024;

    private final List<RunningReplica> shards = new ArrayList<>();
    private volatile Consumer<Throwable> onPoisoned = cause -> {};

    /** Who hears that the log takes nothing more, on the log thread. */
    void onPoisoned(Consumer<Throwable> listener) {
        onPoisoned = listener;
    }

    /** A shard got its first entry of this batch. */
    void add(RunningReplica shard) {
        shards.add(shard);
    }

    @Override
    public void batchEnded(int bytes) {
        for (RunningReplica shard : shards) {
            shard.batchDurable(bytes <= MAX_BYTES_AT_ONCE);
        }
        shards.clear();
    }

    @Override
    public void poisoned(Throwable cause) {
        onPoisoned.accept(cause);
    }
}
