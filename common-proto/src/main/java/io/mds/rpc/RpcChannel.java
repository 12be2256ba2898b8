package io.mds.rpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A connection to one address that is opened at the first call and opened again after it was lost, at most once per
 * back-off: exponential with jitter, from {@code backoffMin} to {@code backoffMax}. Calls fail fast meanwhile.
 *
 * <p>Any thread; the lock is never held across I/O.
 */
@SuppressWarnings("FutureReturnValueIgnored") // both outcomes are handled in the callbacks
public final class RpcChannel implements AutoCloseable {
    private final RpcTransport transport;
    private final RpcConfig config;
    private final HostPort address;
    private final LocalIdentity identity;
    private final RequestHandler handler;

    private volatile RpcConnection current;

    @GuardedBy("this")
    private CompletableFuture<RpcConnection> connecting;

    @GuardedBy("this")
    private int failures;

    @GuardedBy("this")
    private long notBeforeNanos = System.nanoTime();

    @GuardedBy("this")
    private boolean closed;

    RpcChannel(
            RpcTransport transport,
            RpcConfig config,
            HostPort address,
            LocalIdentity identity,
            RequestHandler handler) {
        this.transport = transport;
        this.config = config;
        this.address = address;
        this.identity = identity;
        this.handler = handler;
    }

    public HostPort address() {
        return address;
    }

    /** As {@link RpcConnection#call}; a call that finds no connection waits for one within its deadline. */
    public CompletableFuture<Reply> call(Request.Builder request, Deadline deadline) {
        RpcConnection open = current;
        if (open != null && open.isOpen()) {
            return open.call(request, deadline);
        }
        CompletableFuture<RpcConnection> opening = connection();
        WaitingCall call = new WaitingCall(request, deadline);
        if (!opening.isDone()) {
            endAt(deadline, call);
        }
        opening.whenComplete((connection, refused) -> call.connected(connection, refused));
        return call.answer;
    }

    /**
     * Sends a request that wants no answer, when there is a connection that can take it. Otherwise it is dropped, and a
     * connection is opened as soon as that is due.
     */
    public void send(Request.Builder oneWay) {
        RpcConnection now = current;
        if (now == null || !now.isOpen()) {
            connection();
        } else if (now.isWritable()) {
            now.send(oneWay);
        }
    }

    /** Opens the connection now, unless there is one, or the last attempt failed too short a time ago. */
    public void open() {
        RpcConnection now = current;
        if (now == null || !now.isOpen()) {
            connection();
        }
    }

    private void endAt(Deadline deadline, WaitingCall call) {
        try {
            ScheduledFuture<?> tooLate = transport.at(deadline, call::expired);
            call.answer.whenComplete((reply, failure) -> tooLate.cancel(false));
        } catch (RejectedExecutionException e) {
            call.connected(null, unavailable("the transport is closed", Duration.ZERO));
        }
    }

    private synchronized CompletableFuture<RpcConnection> connection() {
        if (closed) {
            return CompletableFuture.failedFuture(
                    unavailable("the channel to " + address + " is closed", Duration.ZERO));
        }
        if (connecting != null) {
            return connecting;
        }
        long wait = notBeforeNanos - System.nanoTime();
        if (wait > 0) {
            Duration retryAfter = Duration.ofMillis(TimeUnit.NANOSECONDS.toMillis(wait) + 1);
            return CompletableFuture.failedFuture(unavailable(
                    address + " could not be reached (tries in a row: " + failures + "); the next try is due in "
                            + retryAfter.toMillis() + " ms",
                    retryAfter));
        }
        CompletableFuture<RpcConnection> opening = new CompletableFuture<>();
        connecting = opening;
        // An attempt that fails at once comes back here before this method returns, and clears the field as any other.
        transport
                .connect(address, identity, handler, Deadline.after(config.connectTimeout()))
                .whenComplete((connection, failure) -> {
                    settle(connection, failure);
                    if (failure == null) {
                        opening.complete(connection);
                    } else {
                        opening.completeExceptionally(failure);
                    }
                });
        return opening;
    }

    private synchronized void settle(RpcConnection connection, Throwable failure) {
        connecting = null;
        if (failure != null) {
            failures++;
            long max = config.backoffMin().toNanos() << Math.min(failures - 1, 20);
            long bounded =
                    Math.min(max < 0 ? Long.MAX_VALUE : max, config.backoffMax().toNanos());
            notBeforeNanos = System.nanoTime()
                    + bounded / 2
                    + ThreadLocalRandom.current().nextLong(bounded / 2 + 1);
            return;
        }
        failures = 0;
        if (closed) {
            connection.close();
        } else {
            current = connection;
        }
    }

    private static MdsException unavailable(String problem, Duration retryAfter) {
        return MdsException.builder(ErrorCode.UNAVAILABLE, problem)
                .retryAfter(retryAfter)
                .withoutStackTrace()
                .build();
    }

    /** A call that waits for a connection, until its deadline: it is sent or it expires, never both. */
    private final class WaitingCall {
        private final Request.Builder request;
        private final Deadline deadline;
        private final CompletableFuture<Reply> answer = new CompletableFuture<>();
        private final AtomicBoolean settled = new AtomicBoolean();

        private WaitingCall(Request.Builder request, Deadline deadline) {
            this.request = request;
            this.deadline = deadline;
        }

        void connected(RpcConnection connection, Throwable refused) {
            if (!settled.compareAndSet(false, true)) {
                return;
            }
            if (refused != null) {
                answer.completeExceptionally(refused);
                return;
            }
            connection.call(request, deadline).whenComplete((reply, failure) -> {
                if (failure != null) {
                    answer.completeExceptionally(failure);
                } else {
                    answer.complete(reply);
                }
            });
        }

        void expired() {
            if (settled.compareAndSet(false, true)) {
                answer.completeExceptionally(MdsException.builder(
                                ErrorCode.DEADLINE_EXCEEDED,
                                request.getBodyCase() + " to " + address
                                        + " was not sent: no connection within its deadline")
                        .withoutStackTrace()
                        .build());
            }
        }
    }

    @Override
    public void close() {
        RpcConnection open;
        synchronized (this) {
            closed = true;
            open = current;
            current = null;
        }
        if (open != null) {
            open.close();
        }
    }
}
