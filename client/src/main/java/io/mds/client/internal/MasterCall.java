package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.rpc.Deadline;
import io.mds.rpc.RpcConnection;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One question to the active master, with its retries under one deadline. Completes with the answer.
 *
 * <p><em>Thread:</em> one step at a time: whoever completes a step starts the next.
 */
final class MasterCall extends CompletableFuture<Reply> {
    /** Redirects followed at once; after that, masters that point at each other are waited for. */
    private static final int MAX_HOPS = 3;

    private final MasterLink link;
    private final Supplier<CompletableFuture<RpcConnection>> connections;
    private final ClientTimer timer;
    private final Backoff backoff;
    private final String what;
    private final Function<Boolean, Request.Builder> request;
    private final MasterLink.Effects effects;
    private final Duration attemptTimeout;
    private final Deadline deadline;
    private final AtomicInteger attempts = new AtomicInteger();
    private int hops;
    private volatile boolean maybeApplied;
    private volatile boolean asking;
    private volatile MdsException last;

    MasterCall(
            MasterLink link,
            Supplier<CompletableFuture<RpcConnection>> connections,
            ClientTimer timer,
            Backoff backoff,
            String what,
            Function<Boolean, Request.Builder> request,
            MasterLink.Effects effects,
            Duration attemptTimeout,
            Deadline deadline) {
        this.link = link;
        this.connections = connections;
        this.timer = timer;
        this.backoff = backoff;
        this.what = what;
        this.request = request;
        this.effects = effects;
        this.attemptTimeout = attemptTimeout;
        this.deadline = deadline;
    }

    void start() {
        // Looking for a master has no deadline of this call's; this holds it.
        ClientTimer.Task expiry = timer.schedule(this::expire, remainingNanos());
        CompletableFuture<Reply> unused = whenComplete((reply, error) -> expiry.cancel());
        attempt();
    }

    private void attempt() {
        if (isDone()) {
            return;
        }
        if (link.isClosed()) {
            end(ClusterAccess.clientClosed());
            return;
        }
        attempts.incrementAndGet();
        long begun = System.nanoTime();
        CompletableFuture<RpcConnection> unused = connections.get().whenComplete((connection, error) -> {
            if (error != null) {
                retryOrEnd(Failures.unwrap(error), begun);
            } else if (!isDone()) {
                try {
                    ask(connection);
                } catch (RuntimeException e) {
                    end(Failures.unwrap(e));
                }
            }
        });
    }

    private void ask(RpcConnection connection) {
        Deadline patience = deadline;
        if (effects == MasterLink.Effects.NONE && remainingNanos() > attemptTimeout.toNanos()) {
            patience = Deadline.after(attemptTimeout);
        }
        asking = true;
        CompletableFuture<Reply> unused = connection
                .call(request.apply(maybeApplied), patience)
                .whenComplete((reply, error) -> {
                    if (error == null) {
                        complete(reply);
                    } else {
                        refused(connection, Failures.unwrap(error));
                    }
                });
    }

    private void refused(RpcConnection connection, MdsException e) {
        if (effects == MasterLink.Effects.SOME && e.outcome() == Outcome.UNKNOWN) {
            maybeApplied = true;
        }
        asking = false;
        switch (e.code()) {
            case NOT_LEADER -> {
                link.leave(connection, e.activeMaster().orElse(null));
                if (e.activeMaster().isPresent() && hops++ < MAX_HOPS) {
                    last = e;
                    attempt();
                    return;
                }
            }
            case UNAVAILABLE, DEADLINE_EXCEEDED -> link.leave(connection, null);
            default -> {
                // The master answered: it is the right one.
            }
        }
        retryOrEnd(e, System.nanoTime());
    }

    /**
     * @param since when the back-off began, which is before a search for a master that took some time
     */
    private void retryOrEnd(MdsException e, long since) {
        last = e;
        boolean gaveUpOnOne = e.code() == ErrorCode.DEADLINE_EXCEEDED && !deadline.isExpired();
        if (!e.isRetryable() && !gaveUpOnOne) {
            end(e);
            return;
        }
        long backedOff = backoff.nanos(attempts.get()) - (System.nanoTime() - since);
        long wait = Math.max(Math.max(backedOff, 0), e.retryAfter().toNanos());
        if (wait >= remainingNanos()) {
            expire();
            return;
        }
        ClientTimer.Task unused = timer.schedule(this::attempt, wait);
    }

    private void expire() {
        if (isDone()) {
            return;
        }
        if (link.isClosed()) {
            end(ClusterAccess.clientClosed());
            return;
        }
        MdsException before = last;
        String now = asking ? null : link.obstacle();
        String message = what + ": no answer in time, after " + attempts + " attempts"
                + (before == null ? " (still looking for the active master)" : "; last: " + before.getMessage())
                + (now == null ? "" : "; now: " + now);
        Outcome outcome =
                effects == MasterLink.Effects.SOME && (maybeApplied || asking) ? Outcome.UNKNOWN : Outcome.NOT_APPLIED;
        completeExceptionally(MdsException.builder(ErrorCode.DEADLINE_EXCEEDED, message)
                .outcome(outcome)
                .withoutStackTrace()
                .build());
    }

    private void end(MdsException e) {
        boolean decided = e.code() == ErrorCode.NOT_FOUND || e.code() == ErrorCode.ALREADY_EXISTS;
        Outcome outcome = effects == MasterLink.Effects.NONE
                ? Outcome.NOT_APPLIED
                : maybeApplied && !decided ? Outcome.UNKNOWN : e.outcome();
        completeExceptionally(Failures.retold(e, what + ": " + e.getMessage(), outcome));
    }

    private long remainingNanos() {
        return deadline.remainingNanos();
    }
}
