package io.mds.region.service;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.region.replication.Replica;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Everybody who waits for something to happen to a shard's replica.
 *
 * <p>Guarded by the shard's lock; what is to be told to them is left for afterwards, outside of it.
 */
final class Waiters {
    private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ShardId shard;
    private final PendingWrites writes = new PendingWrites();
    private final PendingReads reads = new PendingReads();
    private final PendingSeals seals = new PendingSeals();
    private final HeldRequests held;
    private long lastTrustedNanos;

    Waiters(ShardId shard, ToldView told) {
        this.shard = shard;
        this.held = new HeldRequests(shard, told);
    }

    /** Who waits for writes. */
    PendingWrites writes() {
        return writes;
    }

    /** Who waits for a lease. */
    PendingReads reads() {
        return reads;
    }

    /** Who waits for the answer to a seal. */
    PendingSeals seals() {
        return seals;
    }

    /** Who waits until it is known who leads. */
    HeldRequests held() {
        return held;
    }

    /** Whether somebody is to be answered after some time although nothing happens. */
    boolean needTime() {
        return !reads.isEmpty() || writes.size() > 0 || !held.isEmpty();
    }

    /**
     * What the state of the replica, after an event, means for those who wait.
     *
     * @param trusted whether strong reads may be answered
     */
    void settle(Replica replica, boolean trusted, long nowNanos, List<Runnable> afterwards) {
        boolean anybodyWaits = writes.size() > 0 || !reads.isEmpty();
        if (!anybodyWaits || trusted) {
            lastTrustedNanos = nowNanos;
        }
        boolean leads = replica.isLeader();
        if (!leads && writes.size() > 0) {
            held.lost(writes.takeAll(), nowNanos);
        }
        if (!reads.isEmpty() && (!leads || replica.mayAnswerReads(nowNanos))) {
            List<PendingReads.Waiting> ready = reads.takeAll();
            afterwards.add(() -> ready.forEach(read -> read.again().run()));
        }
        seals.refuseOvertaken(replica.promised(), replica.isSealing(), afterwards);
        afterwards.addAll(held.ready(replica));
    }

    void tick(long nowNanos, List<Runnable> afterwards) {
        afterwards.addAll(held.overdue(nowNanos));
        if (nowNanos - lastTrustedNanos > GIVE_UP_NANOS) {
            giveUp(afterwards);
        }
    }

    /** The others have not answered for long: there may be another leader, whom those who wait here should look for. */
    private void giveUp(List<Runnable> afterwards) {
        List<PendingReads.Waiting> lostReads = reads.takeAll();
        List<PendingWrites.Waiter> lostWrites = writes.takeAll();
        if (lostReads.isEmpty() && lostWrites.isEmpty()) {
            return;
        }
        MdsException noLease = ShardRefusals.noLease(shard);
        MdsException unknown =
                PendingWrites.unknown(shard, "a majority of the replicas did not answer the leader in time");
        afterwards.add(() -> {
            lostReads.forEach(read -> read.replier().fail(noLease));
            lostWrites.forEach(waiter -> waiter.replier().fail(unknown));
        });
    }

    /** The shard takes no event any more. */
    void stop(String reason, List<Runnable> afterwards) {
        List<PendingWrites.Waiter> lostWrites = writes.takeAll();
        List<PendingReads.Waiting> lostReads = reads.takeAll();
        MdsException unknown = PendingWrites.unknown(shard, reason);
        afterwards.add(() -> {
            lostWrites.forEach(waiter -> waiter.replier().fail(unknown));
            lostReads.forEach(read -> read.again().run());
        });
        afterwards.addAll(held.takeAll());
        afterwards.add(seals.refuseAll());
    }
}
