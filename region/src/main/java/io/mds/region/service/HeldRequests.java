package io.mds.region.service;

import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ErrorCode;
import io.mds.region.replication.Replica;
import io.mds.rpc.Replier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests that came while the lead of the shard changes: refused at once, they would be sent again and again to regions that
 * know no more. They wait here, for a short time, until it is known who leads. The old leader then tells where the new one is,
 * and the new one takes them as soon as it serves.
 *
 * <p>Guarded by the shard's lock.
 */
final class HeldRequests {
    /** A view change takes much less. After this it is the client's turn to look for whoever can be reached. */
    static final long LIMIT_NANOS = Duration.ofSeconds(1).toNanos();

    private static final int MAX = 1_000;

    /** @param again tries it again, or refuses it; run outside the lock */
    private record Held(long sinceNanos, Runnable again) {}

    private final ShardId shard;
    private final ToldView told;
    private List<Held> held = new ArrayList<>();
    private ViewNumber heldIn = new ViewNumber(0);

    HeldRequests(ShardId shard, ToldView told) {
        this.shard = shard;
        this.told = told;
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    /**
     * Keeps a request that the replica cannot take now, if that is going to change.
     *
     * @param again run outside the lock; what it throws is the answer
     * @throws MdsException the refusal, when there is nothing to wait for, or it has waited for long enough
     */
    void hold(Replica replica, Asked asked, Replier replier, Runnable again, long nowNanos) {
        if (!isUndecided(replica, asked) || nowNanos - asked.atNanos() >= LIMIT_NANOS) {
            throw ShardRefusals.notServing(shard, replica.isLeader(), told.newerThan(asked.view()));
        }
        if (held.size() >= MAX) {
            throw MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED, MAX + " requests wait for a new leader of shard " + shard)
                    .retryAfter(Duration.ofMillis(20))
                    .withoutStackTrace()
                    .build();
        }
        add(asked.atNanos(), () -> {
            try {
                again.run();
            } catch (MdsException e) {
                replier.fail(e);
            }
        });
    }

    /** It has a leader that does not serve yet, or is to get one that is not known here. */
    private boolean isUndecided(Replica replica, Asked asked) {
        return replica.isLeader()
                || replica.promised().compareTo(told.number()) > 0
                || asked.view() > told.number().value();
    }

    /** Those whose writes were in the log of a leader that no longer leads. */
    void lost(List<PendingWrites.Waiter> writes, long nowNanos) {
        for (PendingWrites.Waiter write : writes) {
            add(
                    nowNanos,
                    () -> write.replier()
                            .fail(ShardRefusals.noLongerLeads(
                                    shard, told.newerThan(write.view().value()))));
        }
    }

    private void add(long sinceNanos, Runnable again) {
        held.add(new Held(sinceNanos, again));
        heldIn = told.number();
    }

    /** Takes those that can be answered now; each may come again. */
    List<Runnable> ready(Replica replica) {
        return held.isEmpty() || (!replica.isServing() && heldIn.equals(told.number())) ? List.of() : takeAll();
    }

    /** Takes all when the first has waited for long enough. */
    List<Runnable> overdue(long nowNanos) {
        boolean due = held.stream().anyMatch(each -> nowNanos - each.sinceNanos() >= LIMIT_NANOS);
        return due ? takeAll() : List.of();
    }

    List<Runnable> takeAll() {
        List<Runnable> all = held.stream().map(Held::again).toList();
        held = new ArrayList<>();
        return all;
    }
}
