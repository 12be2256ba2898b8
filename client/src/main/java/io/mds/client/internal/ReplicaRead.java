package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.ReadState;
import io.mds.proto.Reply;
import io.mds.proto.ShardRef;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One read that any replica of a shard may answer if it is new enough, with its retries under one deadline.
 *
 * <pre>
 *   start -> (wait for a permit) -> nearest replica -> answer: end
 *                                     ^  |
 *                                     |  +--> too old, away, silent: another replica, at once
 *                                     |                  |
 *                                     |                  +--> session and bounded: the leader, as a strong read
 *                                     +--- back-off <----+--> eventual, and all were asked
 * </pre>
 *
 * <p><em>Thread:</em> one step at a time: whoever completes a step starts the next, so the fields need no lock.
 */
final class ReplicaRead extends CompletableFuture<Reply> implements Admission.Candidate {
    /** Before the leader is asked, which can answer for sure. */
    private static final int REPLICAS_BEFORE_LEADER = 2;
    /** For the first replica; twice as long for each further one. Whoever is silent is left for another. */
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private static final int MAX_DOUBLINGS = 10;

    private final ClusterAccess access;
    private final ShardTarget target;
    private final ReadPolicy policy;
    private final ReadPolicy.ReadRequest request;
    private final Deadline deadline;
    private final RequestTrace trace;
    private final List<HostPort> asked = new ArrayList<>(4);
    private long shardId;
    private int attempts;
    private int rounds;
    private MdsException last;

    ReplicaRead(
            ClusterAccess access,
            ShardTarget target,
            ReadPolicy policy,
            ReadPolicy.ReadRequest request,
            Deadline deadline) {
        this.access = access;
        this.target = target;
        this.policy = policy;
        this.request = request;
        this.deadline = deadline;
        this.trace = access.trace(target, false);
    }

    void start() {
        Admission.request(access, deadline, this);
    }

    @Override
    public void admitted() {
        attempt();
    }

    @Override
    public void notAdmitted(MdsException why) {
        fail(why);
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
        shardId = routes.shard(target.shard()).getShardId();
        long floor = policy.level() == ReadPolicy.Level.SESSION ? policy.seen().floor(shardId) : 0;
        if (floor == SeenIndexes.LEADER_ONLY || (mayAskLeader() && asked.size() == REPLICAS_BEFORE_LEADER)) {
            askLeader();
            return;
        }
        HostPort region = access.replicas().choose(routes.replicas(target.shard()), asked, now);
        if (region == null) {
            allAsked();
            return;
        }
        asked.add(region);
        attempts++;
        ShardRef ref = routes.ref(target.shard(), target.schemaVersion());
        CompletableFuture<Reply> unused = access.regions()
                .channel(region)
                .call(request.build(ref, policy.ofReplica(floor)), patience(now))
                .whenComplete((reply, error) -> ended(region, now, reply, error));
    }

    private Deadline patience(long now) {
        long nanos = Math.min(PATIENCE_NANOS << Math.min(attempts - 1, MAX_DOUBLINGS), access.attemptNanos());
        return deadline.atMost(now, nanos);
    }

    private boolean mayAskLeader() {
        return policy.level() != ReadPolicy.Level.EVENTUAL;
    }

    /** The end of one attempt. */
    private void ended(HostPort region, long startedAt, Reply reply, Throwable error) {
        if (error != null) {
            try {
                refused(region, Failures.unwrap(error));
            } catch (RuntimeException e) {
                end(Failures.unwrap(e));
            }
            return;
        }
        access.replicas().answered(region, System.nanoTime() - startedAt);
        ReadState state = ReadPolicy.stateOf(reply);
        if (state != null) {
            policy.seen().saw(shardId, ReadPolicy.newestIn(state));
        }
        access.limit().release();
        access.pacer().succeeded();
        trace.ended(attempts, null);
        complete(reply);
    }

    private void refused(HostPort region, MdsException e) {
        last = Failures.moreTelling(last, e, deadline);
        access.replicas().failed(region, e, System.nanoTime());
        if (deadline.isExpired()) {
            expire();
            return;
        }
        switch (e.code()) {
            case NOT_LEADER, STALE_ROUTE -> {
                e.route().ifPresent(target.table()::merge);
                access.routes().refresh(target.table());
                another(e);
            }
            case DEADLINE_EXCEEDED -> another(e);
            default -> {
                if (e.isRetryable()) {
                    another(e);
                } else {
                    end(e);
                }
            }
        }
    }

    /** Too old is a common answer and cheap to give; whatever else went wrong draws on the budget of retries. */
    private void another(MdsException e) {
        boolean tooOld = e.isFromPeer() && e.code() == ErrorCode.UNAVAILABLE;
        if (tooOld || access.pacer().tryTake(System.nanoTime())) {
            attempt();
        } else {
            attemptLater(access.backoff().nanos(attempts));
        }
    }

    private void allAsked() {
        if (mayAskLeader()) {
            askLeader();
            return;
        }
        asked.clear();
        rounds++;
        access.routes().refresh(target.table());
        long wait = access.backoff().nanos(rounds);
        attemptLater(last == null ? wait : Math.max(wait, last.retryAfter().toNanos()));
    }

    private void attemptLater(long nanos) {
        if (nanos >= deadline.remainingNanos()) {
            expire();
            return;
        }
        ClientTimer.Task unused = access.timer().schedule(this::attempt, nanos);
    }

    /** Hands the read and its permit over to a strong one. */
    private void askLeader() {
        ShardCall strong = access.strongRead(target, policy, request, deadline);
        strong.after(trace.goOn(attempts));
        CompletableFuture<Reply> unused = strong.whenComplete((reply, error) -> {
            if (error == null) {
                complete(reply);
            } else {
                completeExceptionally(error);
            }
        });
        strong.admitted();
    }

    private void expire() {
        end(Failures.expired("no replica answered in time, after " + attempts + " attempts", last));
    }

    private void end(MdsException e) {
        access.limit().release();
        fail(e);
    }

    private void fail(MdsException e) {
        MdsException retold = Failures.retold(e, target + ": " + e.getMessage(), Outcome.NOT_APPLIED);
        trace.ended(attempts, retold);
        completeExceptionally(retold);
    }
}
