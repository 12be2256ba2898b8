package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.rpc.HostPort;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Chooses the replica to read from: one of the nearest by measured latency, now and then another one, and none that failed
 * lately while there are others.
 *
 * <p>A region that failed is left alone for a time that doubles with each further failure; then one read tries it.
 *
 * <p><em>Thread:</em> any.
 */
final class ReplicaChoice {
    /** One in so many reads looks how far the others are. */
    private static final int EXPLORE_ONE_IN = 32;
    /** Regions this much farther than the nearest count as equally near: noise must not gather all reads on one. */
    private static final long NEAR_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private static final long AVOID_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int AVOID_MAX_DOUBLINGS = 4;

    private final ConcurrentHashMap<HostPort, Region> regions = new ConcurrentHashMap<>();

    /** One of the replicas that were not asked yet; null when all were. */
    HostPort choose(List<HostPort> replicas, Collection<HostPort> asked, long nowNanos) {
        HostPort[] usable = new HostPort[replicas.size()];
        long[] latencies = new long[usable.length];
        int count = 0;
        long nearest = Long.MAX_VALUE;
        HostPort leastBad = null;
        long leastBadWait = Long.MAX_VALUE;
        for (HostPort replica : replicas) {
            if (asked.contains(replica)) {
                continue;
            }
            Region region = region(replica);
            long avoided = region.avoidUntil.get();
            if (avoided != 0) {
                if (avoided - nowNanos <= 0 && region.avoidUntil.compareAndSet(avoided, later(region, nowNanos))) {
                    return replica;
                }
                if (avoided - nowNanos < leastBadWait) {
                    leastBad = replica;
                    leastBadWait = avoided - nowNanos;
                }
                continue;
            }
            usable[count] = replica;
            latencies[count] = region.latencyNanos;
            nearest = Math.min(nearest, latencies[count]);
            count++;
        }
        if (count == 0) {
            return leastBad;
        }
        ThreadLocalRandom random = ThreadLocalRandom.current();
        if (random.nextInt(EXPLORE_ONE_IN) == 0) {
            return usable[random.nextInt(count)];
        }
        long limit = nearest + nearest / 2 + NEAR_NANOS;
        HostPort chosen = null;
        int near = 0;
        for (int i = 0; i < count; i++) {
            if (latencies[i] <= limit && random.nextInt(++near) == 0) {
                chosen = usable[i];
            }
        }
        return chosen;
    }

    /** It answered a read. */
    void answered(HostPort address, long nanos) {
        Region region = region(address);
        long before = region.latencyNanos;
        // A lost update among threads is one sample less.
        region.latencyNanos = before == 0 ? Math.max(1, nanos) : before + (nanos - before) / 8;
        if (region.avoidUntil.get() != 0) {
            region.failures = 0;
            region.avoidUntil.set(0);
        }
    }

    /** An attempt at it failed: that says something about it unless it answered. */
    void failed(HostPort address, MdsException why, long nowNanos) {
        boolean away = why.code() == ErrorCode.UNAVAILABLE || why.code() == ErrorCode.DEADLINE_EXCEEDED;
        if (away && !why.isFromPeer()) {
            failed(address, nowNanos);
        }
    }

    /** It could not be reached, or did not answer. */
    void failed(HostPort address, long nowNanos) {
        Region region = region(address);
        long avoided = region.avoidUntil.get();
        if (avoided != 0 && avoided - nowNanos > AVOID_MIN_NANOS / 2) {
            // One event fails many calls; it counts once.
            return;
        }
        region.failures = Math.min(AVOID_MAX_DOUBLINGS, region.failures + 1);
        region.avoidUntil.set(later(region, nowNanos));
    }

    /** Forgets regions where no shard is any more. */
    void retain(Predicate<HostPort> used) {
        regions.keySet().removeIf(used.negate());
    }

    private Region region(HostPort address) {
        Region region = regions.get(address);
        return region != null ? region : regions.computeIfAbsent(address, ignored -> new Region());
    }

    private static long later(Region region, long nowNanos) {
        // Zero means not avoided.
        return nowNanos + (AVOID_MIN_NANOS << Math.max(0, region.failures - 1)) | 1;
    }

    private static final class Region {
        /** Moving mean; zero before the first answer, so that it is measured soon. */
        private volatile long latencyNanos;

        private final AtomicLong avoidUntil = new AtomicLong();
        private volatile int failures;
    }
}
