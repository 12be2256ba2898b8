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
 * After a failure nobody tries again before a jittered back-off has passed, and a new master is come to at a pace.
 *
 * <p><em>Thread:</em> any. Nothing is called under the lock.
 */
final class MasterLink implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MasterLink.class);

    /** Longer than any master takes to follow another: a search that is given up costs ZooKeeper one more session. */
    private static final Duration SEARCH_PATIENCE = Duration.ofMinutes(1);

    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(5);

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
    private Attempt connecting;

    @GuardedBy("this")
    private HostPort hint;

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
        return start(what, request, effects, true, deadline);
    }

    /** The same for a question that nobody waits for: a new master is not hurried to. */
    CompletableFuture<Reply> callUnhurried(
            String what, Function<Boolean, Request.Builder> request, Effects effects, Deadline deadline) {
        return start(what, request, effects, false, deadline);
    }

    private MasterCall start(
            String what,
            Function<Boolean, Request.Builder> request,
            Effects effects,
            boolean hurried,
            Deadline deadline) {
        MasterCall call = new MasterCall(
                this, () -> connection(hurried), timer, backoff, what, request, effects, attemptTimeout, deadline);
        call.start();
        return call;
    }

    /**
     * The connection there is, the one that is being made, or a new one; fails at once while in back-off.
     *
     * @param callWaits false when nobody misses it yet: then it may take its time
     */
    CompletableFuture<RpcConnection> connection(boolean callWaits) {
        RpcConnection open = current;
        if (open != null && open.isOpen()) {
            return CompletableFuture.completedFuture(open);
        }
        Attempt attempt;
        HostPort first = null;
        boolean begins = false;
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(ClusterAccess.clientClosed());
            }
            if (connecting == null) {
                if (current != null && current.isOpen()) {
                    return CompletableFuture.completedFuture(current);
                }
                if (hint == null && failures > 0 && System.nanoTime() - notBefore < 0) {
                    return CompletableFuture.failedFuture(lastFailure);
                }
                connecting = new Attempt(locator.search());
                begins = true;
                first = hint;
                hint = null;
            }
            attempt = connecting;
        }
        if (callWaits) {
            attempt.pacer.hurry();
        }
        if (begins) {
            attempt.begin(first);
        }
        return attempt.result;
    }

    /** What keeps a search that is under way from its end, for people; null when there is nothing to tell. */
    synchronized String obstacle() {
        return connecting == null ? null : connecting.obstacle();
    }

    /** One try to reach the active master, which ends with a connection or a failure. */
    private final class Attempt {
        private final CompletableFuture<RpcConnection> result = new CompletableFuture<>();
        private final ReconnectPacer pacer = new ReconnectPacer((step, nanos) -> {
            ClientTimer.Task unused = timer.schedule(step, nanos);
        });
        private final long since = System.nanoTime();
        private final Deadline patience = Deadline.after(SEARCH_PATIENCE);
        private final MasterSearch search;
        private volatile String unreachable;

        Attempt(MasterSearch search) {
            this.search = search;
        }

        void begin(HostPort first) {
            if (first != null) {
                tryNext(List.of(first), 0);
            } else {
                search();
            }
        }

        String obstacle() {
            String found = search.obstacle();
            return found == null ? unreachable : found;
        }

        private void search() {
            CompletableFuture<MasterSearch.Found> unused = search.next(patience).whenComplete((found, error) -> {
                if (error != null) {
                    failed(this, Failures.unwrap(error));
                } else if (found.awaited()) {
                    pacer.pause(() -> tryNext(found.addresses(), 0));
                } else {
                    tryNext(found.addresses(), 0);
                }
            });
        }

        private void tryNext(List<HostPort> candidates, int position) {
            if (closed) {
                failed(this, ClusterAccess.clientClosed());
                return;
            }
            HostPort address = candidates.get(position);
            CompletableFuture<RpcConnection> unused = transport
                    .connect(address, identity, handler, Deadline.after(CONNECT_PATIENCE))
                    .whenComplete((connection, error) -> {
                        if (error == null) {
                            connected(this, connection);
                            return;
                        }
                        MdsException failure = Failures.unwrap(error);
                        unreachable = failure.getMessage();
                        log.debug("No connection to master {}: {}", address, failure.getMessage());
                        if (position + 1 < candidates.size()) {
                            tryNext(candidates, position + 1);
                        } else if (failure.isRetryable() && search.awaitsAnother() && !patience.isExpired()) {
                            search();
                        } else {
                            failed(this, failure);
                        }
                    });
        }
    }

    private void connected(Attempt attempt, RpcConnection connection) {
        boolean late;
        synchronized (this) {
            connecting = null;
            late = closed;
            if (!late) {
                current = connection;
                failures = 0;
            }
        }
        attempt.search.close();
        if (late) {
            connection.close();
            attempt.result.completeExceptionally(ClusterAccess.clientClosed());
            return;
        }
        connection.onClose(() -> lost(connection));
        attempt.result.complete(connection);
        onConnected.accept(connection);
    }

    private void failed(Attempt attempt, MdsException failure) {
        // Whatever stands in the way of a connection, no request has been sent.
        MdsException told = MdsException.builder(failure.code(), "no active master found: " + failure.getMessage())
                .retryable(failure.isRetryable() || failure.code() == ErrorCode.DEADLINE_EXCEEDED)
                .withoutStackTrace()
                .build();
        synchronized (this) {
            connecting = null;
            failures++;
            // What was spent waiting for a master need not be waited for again.
            notBefore = attempt.since + backoff.nanos(failures);
            lastFailure = told;
        }
        attempt.search.close();
        attempt.result.completeExceptionally(told);
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
