package io.mds.master.views;

import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Since when replicas have been failed, as their regions say: one that stays so is to be made anew, as one that is lost.
 *
 * <p>Thread: the metadata thread's.
 */
final class FailedReplicas {
    private final Eligibility eligibility;
    private final Duration patience;
    private final LongSupplier nanoClock;
    private final Map<Place, Long> sinceNanos = new HashMap<>();

    private record Place(long shard, long region) {}

    FailedReplicas(Eligibility eligibility, Duration patience, LongSupplier nanoClock) {
        this.eligibility = eligibility;
        this.patience = patience;
        this.nanoClock = nanoClock;
    }

    /** Whether the region has said for so long that its replica failed that this is not going to end by itself. */
    boolean hasStayedFailed(long region, Shard shard) {
        boolean failed = eligibility.hasFailed(region, shard);
        if (!failed && sinceNanos.isEmpty()) {
            // So it is for nearly all of thousands.
            return false;
        }
        Place place = new Place(shard.id(), region);
        if (!failed) {
            sinceNanos.remove(place);
            return false;
        }
        long now = nanoClock.getAsLong();
        return now - sinceNanos.computeIfAbsent(place, p -> now) >= patience.toNanos();
    }

    /** Forgets replicas that are none any more. */
    void forgetOthers(ClusterState state) {
        sinceNanos.keySet().removeIf(place -> {
            Shard shard = state.shard(place.shard());
            return shard == null || !shard.record().holders().contains(place.region());
        });
    }
}
