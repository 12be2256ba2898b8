package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.ReadState;
import io.mds.proto.Reply;
import io.mds.proto.RequestId;
import io.mds.proto.ShardRef;
import io.mds.proto.ShardRoute;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One request to the leader of a shard, with its retries under one deadline. Completes with the answer.
 *
 * <pre>
 *   start -> (wait for a permit) -> attempt -> answer: end
 *                                     ^  |
 *                                     |  +--> refused for good, or deadline: end
 *                                     +-- back-off, or newer routes <--+ refused for now
 *                                     +-- another leader is known, and this one still owes the answer
 * </pre>
 *
 * <p>A write keeps its request id over all attempts, so that it is applied once at most. When the call fails, its outcome is
 * UNKNOWN as soon as one attempt may have reached the log, unless a later answer decided what became of it.
 *
 * <p><em>Thread:</em> one step at a time: whoever completes a step starts the next, so the fields need no lock.
 */
final class ShardCall extends CompletableFuture<Reply> implements Admission.Candidate {
    /** Retries at once on newer routes; after that, regions that contradict each other are waited for. */
    private static final int MAX_HOPS = 3;

    private final ClusterAccess access;
    private final ShardTarget target;
    private final CachedTable table;
    private final boolean write;
    private final ShardRequest request;
    private final SeenIndexes seen;
    private final Deadline deadline;
    private RequestTrace trace;
    private WriteSlots.Slot slot;
    private int attempts;
    private int attemptsInView;
    private int hops;
    private long shardId;
    private int doubtsBefore;
    private long viewUsed;
    private HostPort regionUsed;
    private boolean maybeApplied;
    private boolean released;
    private MdsException last;

    /**
     * @param seen where it is noted what the answer includes
     */
    ShardCall(
            ClusterAccess access,
            ShardTarget target,
            boolean write,
            ShardRequest request,
            SeenIndexes seen,
            Deadline deadline) {
        this.access = access;
        this.target = target;
        this.table = target.table();
        this.write = write;
        this.request = request;
        this.seen = seen;
        this.deadline = deadline;
        this.trace = access.trace(target, write);
    }

    /** It goes on from another kind of request. */
    void after(RequestTrace earlier) {
        trace = earlier;
    }

    void start() {
        Admission.request(access, deadline, this);
    }

    @Override
    public void notAdmitted(MdsException why) {
        MdsException retold = Failures.retold(why, target + ": " + why.getMessage(), Outcome.NOT_APPLIED);
        trace.ended(attempts, retold);
        completeExceptionally(retold);
    }

    @Override
    public void admitted() {
        if (write) {
            slot = access.slots().take();
        }
        attempt();
    }

    private void attempt() {
        try {
            attemptOrThrow();
        } catch (RuntimeException e) {
            end(Failures.unwrap(e));
        }
    }

    private void attemptOrThrow() {
        long now = System.nanoTime();
        if (deadline.atNanos() - now <= 0) {
            expire();
            return;
        }
        TableRoutes routes = target.routesOrThrow(access);
        ShardRoute route = routes.shard(target.shard());
        if (attempts++ == 0) {
            shardId = route.getShardId();
            doubtsBefore = seen.doubts(shardId);
        }
        HostPort leader = routes.leader(target.shard());
        if (route.getView() != viewUsed) {
            // Whoever leads now has not been asked yet: what came of asking others says nothing about it.
            attemptsInView = 0;
        }
        attemptsInView++;
        viewUsed = route.getView();
        regionUsed = leader;
        if (leader == null) {
            refused(noLeader());
            return;
        }
        ShardRef ref = routes.ref(target.shard(), target.schemaVersion());
        RequestId id = slot == null ? null : slot.id();
        LeaderAttempt attempt = new LeaderAttempt(this, target, viewUsed, leader);
        table.listen(attempt);
        // From here on news may end this attempt on another thread, which then owns the fields.
        attempt.routesChanged(table.current());
        if (!attempt.isOver()) {
            CompletableFuture<Reply> unused = access.regions()
                    .channel(leader)
                    .call(request.build(ref, id), deadline.atMost(now, access.attemptNanos()))
                    .whenComplete(attempt);
        }
    }

    /** The end of one attempt. */
    void ended(Reply reply, Throwable error) {
        if (error != null) {
            try {
                MdsException e = Failures.unwrap(error);
                access.replicas().failed(regionUsed, e, System.nanoTime());
                refused(e);
            } catch (RuntimeException e) {
                end(Failures.unwrap(e));
            }
            return;
        }
        note(reply);
        release(true);
        access.pacer().succeeded();
        trace.ended(attempts, null);
        complete(reply);
    }

    /** Another region leads now: what this attempt's may still answer is not waited for. */
    void overtaken() {
        last = MdsException.builder(ErrorCode.NOT_LEADER, "another region became the shard's leader meanwhile")
                .withoutStackTrace()
                .build();
        maybeApplied |= write;
        attempt();
    }

    private void note(Reply reply) {
        if (write) {
            seen.saw(shardId, reply.getWrite().getVersion());
            return;
        }
        ReadState state = ReadPolicy.stateOf(reply);
        if (state != null) {
            seen.saw(shardId, ReadPolicy.newestIn(state));
            seen.settled(shardId, doubtsBefore);
        }
    }

    private void refused(MdsException e) {
        last = Failures.moreTelling(last, e, deadline);
        if (write && e.outcome() == Outcome.UNKNOWN) {
            maybeApplied = true;
        }
        switch (e.code()) {
            case NOT_LEADER, STALE_ROUTE -> {
                e.route().ifPresent(table::merge);
                if (isRouteNewer() && hops++ < MAX_HOPS && access.pacer().tryTake(System.nanoTime())) {
                    attempt();
                } else {
                    retryWithNewerRoutes(e);
                }
            }
            case UNAVAILABLE -> {
                if (e.isRetryable()) {
                    retryWithNewerRoutes(e);
                } else {
                    end(e);
                }
            }
            case DEADLINE_EXCEEDED -> {
                if (deadline.isExpired()) {
                    expire();
                } else {
                    retryWithNewerRoutes(e);
                }
            }
            // Overload says nothing about routes.
            case RESOURCE_EXHAUSTED -> retryAfter(waitNanos(e), false);
            default -> {
                if (e.isRetryable()) {
                    retryAfter(waitNanos(e), false);
                } else {
                    end(e);
                }
            }
        }
    }

    private boolean isRouteNewer() {
        TableRoutes routes = table.current();
        if (routes.tableId() != target.tableId()) {
            return true;
        }
        return routes.shard(target.shard()).getView() > viewUsed
                || (regionUsed != null && !regionUsed.equals(routes.leader(target.shard())));
    }

    private void retryWithNewerRoutes(MdsException e) {
        access.routes().refresh(table);
        retryAfter(waitNanos(e), true);
    }

    private long waitNanos(MdsException e) {
        return Math.max(access.backoff().nanos(attemptsInView), e.retryAfter().toNanos());
    }

    /** Attempts again after this time; or as soon as there are newer routes, if that is what is missing. */
    private void retryAfter(long nanos, boolean wakeOnNews) {
        if (nanos >= remainingNanos()) {
            if (wakeOnNews && remainingNanos() > 0) {
                nanos = remainingNanos();
            } else {
                expire();
                return;
            }
        }
        Wake wake = new Wake(wakeOnNews);
        if (wakeOnNews) {
            table.awaitNews(wake);
        }
        wake.timer = access.timer().schedule(wake, nanos);
        if (wakeOnNews && isRouteNewer()) {
            // The news came before this call began to wait for them.
            wake.run();
        }
    }

    private void retry() {
        if (access.isClosed() || access.pacer().tryTake(System.nanoTime())) {
            attempt();
        } else if (remainingNanos() <= 0) {
            expire();
        } else {
            retryAfter(Math.min(access.backoff().nanos(attempts + 1), remainingNanos() - 1), false);
        }
    }

    private void expire() {
        end(Failures.expired("no success in time, after " + attempts + " attempts", last));
    }

    private void end(MdsException e) {
        Outcome outcome = Outcome.NOT_APPLIED;
        if (write) {
            if (decides(e.code())) {
                seen.doubt(shardId);
            }
            outcome = maybeApplied && !decides(e.code()) ? Outcome.UNKNOWN : e.outcome();
        }
        fail(e, outcome);
    }

    private void fail(MdsException e, Outcome outcome) {
        release(outcome == Outcome.NOT_APPLIED);
        MdsException retold = Failures.retold(e, describe() + ": " + e.getMessage(), outcome);
        trace.ended(attempts, retold);
        completeExceptionally(retold);
    }

    /** Answers that a region gives when it applies a write: of whichever attempt, the answer is the write's. */
    private static boolean decides(ErrorCode code) {
        return code == ErrorCode.NOT_FOUND || code == ErrorCode.ALREADY_EXISTS || code == ErrorCode.CONDITION_FAILED;
    }

    private void release(boolean outcomeKnown) {
        if (released) {
            return;
        }
        released = true;
        if (slot != null) {
            if (outcomeKnown) {
                access.slots().release(slot);
            } else {
                access.slots().releaseUnknown(slot);
            }
            slot = null;
        }
        access.limit().release();
    }

    private MdsException noLeader() {
        return MdsException.builder(ErrorCode.UNAVAILABLE, "the shard has no leader now")
                .withoutStackTrace()
                .build();
    }

    private String describe() {
        return regionUsed == null ? target.toString() : target + " at " + regionUsed;
    }

    private long remainingNanos() {
        return deadline.remainingNanos();
    }

    /** Wakes the call once: by the timer, or by news of routes. */
    private final class Wake implements Runnable {
        private final AtomicBoolean woken = new AtomicBoolean();
        private final boolean listening;
        private volatile ClientTimer.Task timer;

        private Wake(boolean listening) {
            this.listening = listening;
        }

        @Override
        public void run() {
            if (!woken.compareAndSet(false, true)) {
                return;
            }
            ClientTimer.Task pending = timer;
            if (pending != null) {
                pending.cancel();
            }
            if (listening) {
                table.stopWaiting(this);
            }
            retry();
        }
    }
}
