package io.mds.rpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;

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
        // Not thenCompose: it would hand out the MdsException wrapped in a CompletionException.
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        connection(deadline).whenComplete((connection, refused) -> {
            if (refused != null) {
                answer.completeExceptionally(unwrap(refused));
                return;
            }
            connection.call(request, deadline).whenComplete((reply, failure) -> {
                if (failure != null) {
                    answer.completeExceptionally(failure);
                } else {
                    answer.complete(reply);
                }
            });
        });
        return answer;
    }

    private static Throwable unwrap(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private synchronized CompletableFuture<RpcConnection> connection(Deadline deadline) {
        if (closed) {
            return failed("the channel to " + address + " is closed", Duration.ZERO);
        }
        if (connecting != null) {
            return connecting;
        }
        long wait = notBeforeNanos - System.nanoTime();
        if (wait > 0) {
            return failed(
                    address + " could not be reached " + failures + " times; the next try is due",
                    Duration.ofNanos(wait));
        }
        CompletableFuture<RpcConnection> attempt =
                transport.connect(address, identity, handler, deadline.atMost(config.connectTimeout()));
        if (attempt.isDone()) {
            connected(attempt);
            return attempt;
        }
        connecting = attempt;
        CompletableFuture<RpcConnection> settled = attempt.whenComplete((connection, failure) -> connected(attempt));
        connecting = settled;
        return settled;
    }

    private synchronized void connected(CompletableFuture<RpcConnection> attempt) {
        connecting = null;
        try {
            RpcConnection connection = attempt.join();
            failures = 0;
            if (closed) {
                connection.close();
            } else {
                current = connection;
            }
        } catch (CompletionException e) {
            failures++;
            long max = config.backoffMin().toNanos() << Math.min(failures - 1, 20);
            long bounded =
                    Math.min(max < 0 ? Long.MAX_VALUE : max, config.backoffMax().toNanos());
            notBeforeNanos = System.nanoTime()
                    + bounded / 2
                    + ThreadLocalRandom.current().nextLong(bounded / 2 + 1);
        }
    }

    private static CompletableFuture<RpcConnection> failed(String problem, Duration retryAfter) {
        return CompletableFuture.failedFuture(MdsException.builder(ErrorCode.UNAVAILABLE, problem)
                .retryAfter(retryAfter)
                .withoutStackTrace()
                .build());
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
