package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ChangesReply;
import io.mds.proto.ChangesRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/**
 * One question for the changes of a shard, until some replica answers it: the leader when there is one, then the others. The
 * answer takes its time when there are no changes yet.
 *
 * <pre>
 *   start -> leader -> answer: end
 *              ^  |
 *              |  +--> away, behind, forgotten: another replica, at once
 *              |                 +--> all were asked: back-off, or, when all have forgotten: end
 *              +--- news that another region leads
 * </pre>
 *
 * <p><em>Thread:</em> one step at a time: whoever ends an attempt starts the next, so the fields need no lock.
 */
public final class ChangesCall extends CompletableFuture<ChangesReply> {
    private static final int WAIT_MS = 10_000;
    private static final Duration PATIENCE = Duration.ofMillis(WAIT_MS).plusSeconds(5);
    /** After so many, those that could not be asked are taken to have forgotten as well. */
    private static final int ROUNDS_BEFORE_LOST = 5;

    private final ClusterAccess access;
    private final ShardTarget target;
    private final ChangesRequest request;
    private final Deadline deadline;
    private final List<HostPort> asked = new ArrayList<>(4);
    private int rounds;
    private int forgottenBy;
    private MdsException forgotten;
    private MdsException last;

    /** Asks for the changes of a shard after a position, and waits until there are some, or for a while. */
    public static CompletableFuture<ChangesReply> after(
            ClusterAccess access, CachedTable table, long tableId, int shard, long position, int limit) {
        ChangesRequest request = ChangesRequest.newBuilder()
                .setAfterPosition(position)
                .setLimit(limit)
                .build();
        return start(new ChangesCall(access, new ShardTarget(table, tableId, 0, shard), request, null));
    }

    /** Asks for the position at which the changes of a shard are now. */
    public static CompletableFuture<ChangesReply> fromNow(
            ClusterAccess access, CachedTable table, long tableId, int shard, Deadline deadline) {
        ChangesRequest request = ChangesRequest.newBuilder().setFromNow(true).build();
        return start(new ChangesCall(access, new ShardTarget(table, tableId, 0, shard), request, deadline));
    }

    private static ChangesCall start(ChangesCall call) {
        call.attempt();
        return call;
    }

    /**
     * @param request without the shard
     * @param deadline null when it may take as long as it likes
     */
    private ChangesCall(ClusterAccess access, ShardTarget target, ChangesRequest request, Deadline deadline) {
        this.access = access;
        this.target = target;
        this.request = request.toBuilder().setWaitMs(WAIT_MS).build();
        this.deadline = deadline;
    }

    private void attempt() {
        try {
            attemptOrThrow();
        } catch (RuntimeException e) {
            fail(Failures.unwrap(e));
        }
    }

    private void attemptOrThrow() {
        if (isDone()) {
            return;
        }
        if (access.isClosing()) {
            fail(ClusterAccess.clientClosed());
            return;
        }
        if (deadline != null && deadline.isExpired()) {
            expire();
            return;
        }
        TableRoutes routes = target.routes(access);
        if (routes == null) {
            fail(MdsException.builder(ErrorCode.NOT_FOUND, "the table was dropped while it was watched")
                    .withoutStackTrace()
                    .build());
            return;
        }
        HostPort region = next(routes);
        if (region == null) {
            allAsked();
            return;
        }
        asked.add(region);
        Attempt attempt = new Attempt(region, routes.shard(target.shard()).getView());
        target.table().listen(attempt);
        // From here on news may end this attempt on another thread, which then owns the fields.
        attempt.routesChanged(target.table().current());
        if (!attempt.isOver()) {
            CompletableFuture<Reply> unused = access.regions()
                    .channel(region)
                    .call(
                            Request.newBuilder().setChanges(request.toBuilder().setShard(routes.ref(target.shard()))),
                            deadline == null ? Deadline.after(PATIENCE) : deadline.atMost(PATIENCE))
                    .whenComplete(attempt);
        }
    }

    /** Null when all were asked. */
    private HostPort next(TableRoutes routes) {
        HostPort leader = routes.leader(target.shard());
        if (leader != null && !asked.contains(leader)) {
            return leader;
        }
        for (HostPort replica : routes.replicas(target.shard())) {
            if (!asked.contains(replica)) {
                return replica;
            }
        }
        return null;
    }

    private void ended(Reply reply, Throwable error) {
        if (error != null) {
            refused(Failures.unwrap(error));
        } else if (reply.hasChanges()) {
            complete(reply.getChanges());
        } else {
            fail(MdsException.of(ErrorCode.INTERNAL, "unexpected answer of kind " + reply.getBodyCase()));
        }
    }

    private void refused(MdsException e) {
        switch (e.code()) {
            case NOT_FOUND -> {
                forgotten = e;
                forgottenBy++;
            }
            case NOT_LEADER, STALE_ROUTE -> {
                last = e;
                access.learn(target.table(), e);
                access.refresh(target.table());
            }
            case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED -> last = e;
            default -> {
                last = e;
                if (!e.isRetryable()) {
                    fail(e);
                    return;
                }
            }
        }
        attempt();
    }

    private void allAsked() {
        rounds++;
        if (forgotten != null && (forgottenBy == asked.size() || rounds >= ROUNDS_BEFORE_LOST)) {
            fail(forgotten);
            return;
        }
        asked.clear();
        forgottenBy = 0;
        access.refresh(target.table());
        long wait = access.backoff().nanos(rounds);
        ClientTimer.Task unused = access.timer()
                .schedule(
                        this::attempt,
                        last == null ? wait : Math.max(wait, last.retryAfter().toNanos()));
    }

    private void expire() {
        fail(Failures.expired("no replica told its position in time", last));
    }

    private void fail(MdsException e) {
        completeExceptionally(Failures.retold(e, target + ": " + e.getMessage(), Outcome.NOT_APPLIED));
    }

    /** One request under way. Ends once: by its answer, or by the news that another region leads. */
    private final class Attempt implements BiConsumer<Reply, Throwable>, CachedTable.RoutesListener {
        private final AtomicBoolean over = new AtomicBoolean();
        private final HostPort region;
        private final long view;

        private Attempt(HostPort region, long view) {
            this.region = region;
            this.view = view;
        }

        private boolean isOver() {
            return over.get();
        }

        private boolean end() {
            if (!over.compareAndSet(false, true)) {
                return false;
            }
            target.table().stopListening(this);
            return true;
        }

        @Override
        public void accept(Reply reply, Throwable error) {
            if (end()) {
                ended(reply, error);
            }
        }

        @Override
        public void routesChanged(TableRoutes now) {
            boolean replaced = now.tableId() != target.tableId();
            if (!replaced && now.shard(target.shard()).getView() <= view) {
                return;
            }
            HostPort leader = replaced ? null : now.leader(target.shard());
            if ((replaced || (leader != null && !leader.equals(region))) && end()) {
                asked.clear();
                forgottenBy = 0;
                attempt();
            }
        }
    }
}
