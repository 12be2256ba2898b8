package io.mds.region.wal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.id.ShardId;
import io.mds.region.wal.WriteAheadLog.Released;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The segments of a log, oldest first; the last one is written.
 *
 * <p><em>Thread:</em> the log thread adds and notes, the one that releases removes, any asks.
 */
final class LogSegments {
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Deque<Segment> segments = new ArrayDeque<>();

    private volatile long bytes;
    private volatile long activeBytes;
    private volatile long active;

    void add(Segment segment) {
        lock.lock();
        try {
            segments.add(segment);
            count();
        } finally {
            lock.unlock();
        }
    }

    /** What was written to the last one, which now ends there. */
    void note(List<LogRecord> records, long end) {
        lock.lock();
        try {
            Segment last = segments.getLast();
            for (LogRecord record : records) {
                if (record instanceof LogRecord.Forget) {
                    segments.forEach(segment -> segment.forget(record.shard()));
                } else {
                    last.holds(record);
                }
            }
            last.setBytes(end);
            count();
        } finally {
            lock.unlock();
        }
    }

    /** The oldest one, when it is older than this; empty when it is not. */
    Optional<Segment> oldest(long before) {
        lock.lock();
        try {
            return Optional.of(segments.getFirst()).filter(oldest -> oldest.number() < before);
        } finally {
            lock.unlock();
        }
    }

    /** Shards of which the store lacks something that is in this segment. */
    Set<ShardId> neededBy(Segment segment, Map<ShardId, Released> durable) {
        lock.lock();
        try {
            return segment.neededBy(durable);
        } finally {
            lock.unlock();
        }
    }

    void removeOldest() {
        lock.lock();
        try {
            segments.removeFirst();
            count();
        } finally {
            lock.unlock();
        }
    }

    /** The number of the one that is written. Never blocks. */
    long active() {
        return active;
    }

    /** Of all. Never blocks. */
    long bytes() {
        return bytes;
    }

    /** Of all but the one that is written. Never blocks. */
    long closedBytes() {
        return bytes - activeBytes;
    }

    @GuardedBy("lock")
    private void count() {
        bytes = segments.stream().mapToLong(Segment::bytes).sum();
        activeBytes = segments.getLast().bytes();
        active = segments.getLast().number();
    }
}
