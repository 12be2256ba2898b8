package io.mds.region.store;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.proto.ErrorCode;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The copies of shards that are being read, of which there are only so many at once. Any thread. */
final class OpenCopies {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final int max;
    private final AtomicInteger reserved = new AtomicInteger();
    private final Set<JdbcShardCopy> open = ConcurrentHashMap.newKeySet();

    OpenCopies(int max) {
        this.max = max;
    }

    int count() {
        return reserved.get();
    }

    /**
     * Takes a place, to be given back by {@link #release}.
     *
     * @throws MdsException RESOURCE_EXHAUSTED when there is none
     */
    void reserve(ShardId shard) {
        if (reserved.incrementAndGet() > max) {
            reserved.decrementAndGet();
            throw MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            "shard " + shard + " cannot be copied now: " + max
                                    + " copies of shards are open (limit: snapshot.copies)")
                    .retryAfter(RETRY_AFTER)
                    .withoutStackTrace()
                    .build();
        }
    }

    void release() {
        reserved.decrementAndGet();
    }

    void opened(JdbcShardCopy copy) {
        open.add(copy);
    }

    void closed(JdbcShardCopy copy) {
        if (open.remove(copy)) {
            release();
        }
    }

    /** Ends the copies of a table that is about to go, which a database server would otherwise keep for them. */
    void closeThoseOf(ShardTable table) {
        for (JdbcShardCopy copy : open) {
            if (copy.isOf(table)) {
                copy.close();
            }
        }
    }

    void closeAll() {
        open.forEach(JdbcShardCopy::close);
    }
}
