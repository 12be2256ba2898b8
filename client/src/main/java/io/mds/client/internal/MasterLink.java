package io.mds.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.error.MdsException;
import io.mds.proto.Address;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import io.mds.rpc.RpcTransport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client's connection to the active master.
 *
 * <p>Made when a call needs it and shared by all; a standby's hint where the active master is goes before another look-up.
 * After a failure nobody tries again before a jittered back-off has passed.
 *
 * <p><em>Thread:</em> any. Nothing is called under the lock.
 */
final class MasterLink implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MasterLink.class);

    /** For one look-up, and for one connection attempt. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** A connection that is left finishes what others have under way on it. */
    private static final long LINGER_NANOS = Duration.ofSeconds(10).toNanos();

    /** What a call does to the cluster. */
    enum Effects {
        /** It only reads: an attempt without answer may be given up and repeated elsewhere. */
        NONE,
        /** It changes something: an attempt is only repeated when it has failed. */
        SOME
    }

    private final RpcTransport transport;
    private final LocalIdentity identity;
    private final RequestHandler handler;
    private final MasterLocator locator;
    private final ClientTimer timer;
    private final Backoff backoff;
    private final Duration attemptTimeout;
    private volatile Consumer<RpcConnection> onConnected = connection -> {};
    private volatile Runnable onLost = () -> {};
    private volatile RpcConnection current;
    private volatile boolean closed;

    @GuardedBy("this")
    private CompletableFuture<RpcConnection> connecting;

    @GuardedBy("this")
    private HostPort hint;

    @GuardedBy("this")
    private long connectingSince;

    @GuardedBy("this")
    private int failures;

    @GuardedBy("this")
    private long notBefore;

    @GuardedBy("this")
    private MdsException lastFailure;

    MasterLink(
            RpcTransport transport,
            LocalIdentity identity,
            RequestHandler handler,
            MasterLocator locator,
            ClientTimer timer,
            Backoff backoff,
            Duration attemptTimeout) {
        this.transport = transport;
        this.identity = identity;
        this.handler = handler;
        this.locator = locator;
        this.timer = timer;
        this.backoff = backoff;
        this.attemptTimeout = attemptTimeout;
    }

    /** To be set before the first call. */
    void listeners(Consumer<RpcConnection> connected, Runnable lost) {
        this.onConnected = connected;
        this.onLost = lost;
    }

    /**
     * Asks the active master, whichever that is when the deadline comes.
     *
     * @param what for error messages: "create table 'x'"
     * @param request makes the request of one attempt; told whether an earlier attempt may have taken effect
     */
    CompletableFuture<Reply> call(
            String what, Function<Boolean, Request.Builder> request, Effects effects, Deadline deadline) {
        MasterCall call = new MasterCall(this, timer, backoff, what, request, effects, attemptTimeout, deadline);
        call.start();
        return call;
    }

    /** The connection there is, the one that is being made, or a new one; fails at once while in back-off. */
    CompletableFuture<RpcConnection> connection() {
        RpcConnection open = current;
        if (open != null && open.isOpen()) {
            return CompletableFuture.completedFuture(open);
        }
        CompletableFuture<RpcConnection> mine;
        HostPort first;
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(ClusterAccess.clientClosed());
            }
            if (connecting != null) {
                return connecting;
            }
            if (current != null && current.isOpen()) {
                return CompletableFuture.completedFuture(current);
            }
            if (hint == null && failures > 0 && System.nanoTime() - notBefore < 0) {
                return CompletableFuture.failedFuture(lastFailure);
            }
            mine = new CompletableFuture<>();
            connecting = mine;
            connectingSince = System.nanoTime();
            first = hint;
            hint = null;
        }
        connect(mine, first);
        return mine;
    }

    private void connect(CompletableFuture<RpcConnection> mine, HostPort first) {
        Deadline patience = Deadline.after(PATIENCE);
        if (first != null) {
            tryNext(mine, List.of(first), 0, patience);
        } else {
            search(mine, null, patience);
        }
    }

    private void search(CompletableFuture<RpcConnection> mine, HostPort unreachable, Deadline patience) {
        CompletableFuture<List<HostPort>> unused = locator.locate(unreachable, patience)
                .whenComplete((candidates, error) -> {
                    if (error != null) {
                        failed(mine, Failures.unwrap(error));
                    } else {
                        tryNext(mine, List.copyOf(candidates), 0, patience);
                    }
                });
    }

    private void tryNext(
            CompletableFuture<RpcConnection> mine, List<HostPort> candidates, int position, Deadline patience) {
        if (closed) {
            failed(mine, ClusterAccess.clientClosed());
            return;
        }
        HostPort address = candidates.get(position);
        CompletableFuture<RpcConnection> unused = transport
                .connect(address, identity, handler, Deadline.after(PATIENCE))
                .whenComplete((connection, error) -> {
                    if (error == null) {
                        connected(mine, connection);
                        return;
                    }
                    MdsException failure = Failures.unwrap(error);
                    log.debug("No connection to master {}: {}", address, failure.getMessage());
                    if (position + 1 < candidates.size()) {
                        tryNext(mine, candidates, position + 1, patience);
                    } else if (failure.isRetryable() && locator.awaitsAnother() && !patience.isExpired()) {
                        search(mine, address, patience);
                    } else {
                        failed(mine, failure);
                    }
                });
    }

    private void connected(CompletableFuture<RpcConnection> mine, RpcConnection connection) {
        boolean late;
        synchronized (this) {
            connecting = null;
            late = closed;
            if (!late) {
                current = connection;
                failures = 0;
            }
        }
        if (late) {
            connection.close();
            mine.completeExceptionally(ClusterAccess.clientClosed());
            return;
        }
        connection.onClose(() -> lost(connection));
        mine.complete(connection);
        onConnected.accept(connection);
    }

    private void failed(CompletableFuture<RpcConnection> mine, MdsException failure) {
        // Whatever stands in the way of a connection, no request has been sent.
        MdsException told = MdsException.builder(failure.code(), "no active master found: " + failure.getMessage())
                .retryable(failure.isRetryable() || failure.code() == ErrorCode.DEADLINE_EXCEEDED)
                .withoutStackTrace()
                .build();
        synchronized (this) {
            connecting = null;
            failures++;
            // What was spent waiting for a master need not be waited for again.
            notBefore = connectingSince + backoff.nanos(failures);
            lastFailure = told;
        }
        mine.completeExceptionally(told);
    }

    /** This connection does not lead to the active master (any more); a hint says where another may. */
    void leave(RpcConnection connection, Address activeMaster) {
        synchronized (this) {
            if (!connection.equals(current)) {
                return;
            }
            current = null;
            if (activeMaster != null) {
                hint = HostPort.of(activeMaster);
            } else {
                failures++;
                notBefore = System.nanoTime() + backoff.nanos(failures);
                lastFailure = MdsException.builder(ErrorCode.UNAVAILABLE, "no active master found")
                        .withoutStackTrace()
                        .build();
            }
        }
        ClientTimer.Task unused = timer.schedule(connection::close, LINGER_NANOS);
        onLost.run();
    }

    private void lost(RpcConnection connection) {
        synchronized (this) {
            if (!connection.equals(current)) {
                return;
            }
            current = null;
        }
        if (!closed) {
            onLost.run();
        }
    }

    boolean isConnected() {
        RpcConnection open = current;
        return open != null && open.isOpen();
    }

    boolean isClosed() {
        return closed;
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
        locator.close();
    }
}
