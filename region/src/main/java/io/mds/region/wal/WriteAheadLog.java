package io.mds.region.wal;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The log of a region, shared by all its shards.
 *
 * <p>Life: {@link #open}, {@link #recover} once, then {@link #append} until {@link #close}.
 */
public final class WriteAheadLog implements AutoCloseable {
    private WriteAheadLog() {}

    /**
     * Takes the directory, which is created when missing. Nothing is read or written before {@link #recover}.
     *
     * @throws IOException when the directory cannot be used, or another region uses it
     */
    public static WriteAheadLog open(Path directory, LogSettings settings, LogFiles files, MeterRegistry metrics)
            throws IOException {
        throw new UnsupportedOperationException(directory + " " + settings + files + metrics);
    }

    /**
     * Replays the log, cuts off a torn tail, and starts the log thread.
     *
     * @throws CorruptLogException when entries that were acknowledged cannot be read
     * @throws IOException when the files cannot be read
     */
    public RecoveryReport recover(RecoveryVisitor visitor, LogObserver observer) throws IOException {
        throw new UnsupportedOperationException(visitor + " " + observer);
    }

    /**
     * Queues an entry; the listener learns its fate. Entries reach the disk in the order of the calls. Any thread, never
     * blocks; the caller sees to it that the entries of one shard come in the order of their indexes.
     *
     * @throws io.mds.error.MdsException RESOURCE_EXHAUSTED when too much is queued or the log is full, INVALID_ARGUMENT when
     *     the entry is too large, UNAVAILABLE when the log is poisoned or closed; the entry is not appended then, and the
     *     listener is not called
     */
    public void append(ShardId shard, LogEntry entry, AppendListener listener) {
        throw new UnsupportedOperationException(shard + " " + entry + listener);
    }

    /** Voids all entries of a shard, because it was dropped from this region. Any thread, never blocks. */
    public void forget(ShardId shard) {
        throw new UnsupportedOperationException(shard.toString());
    }

    /**
     * Removes segments, oldest first, while every entry in them is at or below the durable applied index of its shard or
     * belongs to a forgotten shard. A shard that is missing from the map keeps its entries. May block on the disk.
     */
    public void release(Map<ShardId, LogIndex> durableApplied) throws IOException {
        throw new UnsupportedOperationException(durableApplied.toString());
    }

    /** Bytes of all segments. Any thread. */
    public long bytes() {
        return 0;
    }

    /** Bytes of the segments that {@link #release} could remove once all their entries are applied durably. Any thread. */
    public long releasableBytes() {
        return 0;
    }

    /** Any thread, never blocks. */
    public LogHealth health() {
        throw new UnsupportedOperationException();
    }

    /** Writes what is queued, then stops the log thread and releases the directory. */
    @Override
    public void close() {}
}
