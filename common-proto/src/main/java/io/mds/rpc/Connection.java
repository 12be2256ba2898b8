package io.mds.rpc;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Frame;
import io.mds.proto.Outcome;
import io.mds.proto.Ping;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One connection: the queue through which other threads send, and the calls that wait.
 *
 * <p>Thread: {@link #call}, {@link #send} and replies may come from any thread; they encode there and put the bytes into a
 * queue. Only the first of those that wait wakes the event loop, which then writes all of them with one flush. What the event
 * loop itself sends is flushed at the end of its turn. Everything else is confined to the event loop.
 *
 * <p>Invariant: a call that was taken ends exactly once, and gives its place in the in-flight count back then.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells the pipeline of failures; a close needs no answer
final class Connection implements RpcConnection {
    /** How often deadlines are looked at while calls are under way. */
    private static final long SWEEP_MS = 10;

    /** When to try again on a connection that had as many calls under way as it may. */
    static final Duration FULL_RETRY = Duration.ofMillis(20);

    private final Channel channel;
    private final RpcConfig config;
    private final PeerInfo peer;
    private final int maxFrameBytes;
    private final PendingCalls pending;
    private final Queue<Outgoing> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean wakeUp = new AtomicBoolean();
    private final AtomicInteger callsInFlight = new AtomicInteger();
    private final AtomicInteger requestsInWork = new AtomicInteger();
    private final AtomicLong nextCallId = new AtomicLong(1);
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile boolean leaving;
    private volatile Object attachment;
    private ScheduledFuture<?> sweep;
    private boolean reading;
    private boolean dirty;
    private boolean flushing;
    private int idleSweeps;
    private String leaveReason = "";

    /**
     * @param maxFrameBytes longest frame to send, which may be less than this side takes
     */
    Connection(Channel channel, RpcConfig config, PeerInfo peer, int maxFrameBytes) {
        this.channel = channel;
        this.config = config;
        this.peer = peer;
        this.maxFrameBytes = maxFrameBytes;
        this.pending = new PendingCalls(describe());
    }

    private String describe() {
        return peer.name() + " at " + peer.address();
    }

    @Override
    public CompletableFuture<Reply> call(Request.Builder request, Deadline deadline) {
        long remaining = deadline.remainingNanos();
        if (remaining <= 0) {
            return refused(ErrorCode.DEADLINE_EXCEEDED, request, "was not sent: its deadline has passed");
        }
        if (leaving || !channel.isActive()) {
            return refused(ErrorCode.UNAVAILABLE, request, "was not sent: the connection is closed");
        }
        if (callsInFlight.incrementAndGet() > config.maxInFlight()) {
            callsInFlight.decrementAndGet();
            return refused(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    request,
                    "was not sent: " + config.maxInFlight() + " calls are under way (rpc.max-in-flight)");
        }
        long id = nextCallId.getAndIncrement();
        request.setCallId(id).setTimeoutMs(timeoutMillis(remaining));
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        PendingCall call = new PendingCall(id, request.getBodyCase(), deadline, answer, callsInFlight);
        ByteBuf bytes;
        try {
            bytes = encode(Frame.newBuilder().setRequest(request).build());
        } catch (MdsException e) {
            call.fail(e);
            return answer;
        }
        enqueue(new Outgoing(bytes, call));
        return answer;
    }

    private static int timeoutMillis(long nanos) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
    }

    private CompletableFuture<Reply> refused(ErrorCode code, Request.Builder request, String problem) {
        return CompletableFuture.failedFuture(
                MdsException.builder(code, request.getBodyCase() + " to " + describe() + " " + problem)
                        .retryAfter(code == ErrorCode.RESOURCE_EXHAUSTED ? FULL_RETRY : Duration.ZERO)
                        .withoutStackTrace()
                        .build());
    }

    private ByteBuf encode(Frame frame) {
        int size = frame.getSerializedSize();
        if (size > maxFrameBytes) {
            throw MdsException.builder(
                            ErrorCode.INVALID_ARGUMENT,
                            "a message of " + size + " bytes to " + describe() + " (limit: " + maxFrameBytes
                                    + ", rpc.max-frame; split it)")
                    .withoutStackTrace()
                    .build();
        }
        return Frames.encode(channel.alloc(), frame);
    }

    @Override
    public void send(Request.Builder oneWay) {
        if (channel.isActive()) {
            oneWay.setCallId(0);
            enqueue(new Outgoing(encode(Frame.newBuilder().setRequest(oneWay).build()), null));
        }
    }

    /** Sends an answer; from any thread. */
    void reply(Reply reply) {
        requestsInWork.decrementAndGet();
        if (!channel.isActive()) {
            return;
        }
        ByteBuf bytes;
        try {
            bytes = encode(Frame.newBuilder().setReply(reply).build());
        } catch (MdsException e) {
            // The request was carried out, and only its answer does not fit.
            bytes = encode(Frame.newBuilder()
                    .setReply(Reply.newBuilder()
                            .setCallId(reply.getCallId())
                            .setError(e.toProto().toBuilder().setOutcome(Outcome.UNKNOWN)))
                    .build());
        }
        enqueue(new Outgoing(bytes, null));
    }

    void ping() {
        sendFrame(Frame.newBuilder().setPing(Ping.getDefaultInstance()).build());
    }

    /** Sends at once what keeps the connection or ends it. */
    void sendFrame(Frame frame) {
        enqueue(new Outgoing(encode(frame), null));
        if (channel.eventLoop().inEventLoop()) {
            channel.flush();
        }
    }

    private void enqueue(Outgoing outgoing) {
        if (channel.eventLoop().inEventLoop()) {
            drain();
            write(outgoing);
            if (reading) {
                dirty = true;
            } else {
                flushSoon();
            }
            return;
        }
        queue.add(outgoing);
        if (wakeUp.compareAndSet(false, true)) {
            try {
                channel.eventLoop().execute(this::drainAndFlush);
            } catch (RejectedExecutionException e) {
                wakeUp.set(false);
                discardQueue();
            }
        }
    }

    /**
     * Flushes once for all that this turn of the event loop writes: requests that were read from one connection have others
     * send to many, and one message commits many writes.
     */
    private void flushSoon() {
        if (flushing) {
            return;
        }
        flushing = true;
        try {
            channel.eventLoop().execute(this::flushNow);
        } catch (RejectedExecutionException e) {
            flushNow();
        }
    }

    private void flushNow() {
        flushing = false;
        channel.flush();
    }

    private void drainAndFlush() {
        if (drain()) {
            channel.flush();
        }
    }

    /** Writes what other threads have queued; true when there was something. */
    private boolean drain() {
        wakeUp.set(false);
        boolean any = false;
        for (Outgoing next = queue.poll(); next != null; next = queue.poll()) {
            write(next);
            any = true;
        }
        return any;
    }

    private void write(Outgoing outgoing) {
        if (!channel.isActive()) {
            outgoing.discard(describe());
            return;
        }
        if (outgoing.call() != null) {
            pending.add(outgoing.call());
            if (sweep == null) {
                sweep = channel.eventLoop().scheduleAtFixedRate(this::sweep, SWEEP_MS, SWEEP_MS, TimeUnit.MILLISECONDS);
            }
        }
        channel.write(outgoing.bytes(), channel.voidPromise());
    }

    private void discardQueue() {
        for (Outgoing next = queue.poll(); next != null; next = queue.poll()) {
            next.discard(describe());
        }
    }

    private void sweep() {
        pending.expire(System.nanoTime());
        // Kept for a second after the last call: a closed loop of calls must not schedule and cancel each time.
        idleSweeps = pending.isEmpty() ? idleSweeps + 1 : 0;
        if (idleSweeps > 1_000 / SWEEP_MS) {
            sweep.cancel(false);
            sweep = null;
            idleSweeps = 0;
        }
    }

    // ---- from the event loop ----

    void readStarted() {
        reading = true;
    }

    void readCompleted() {
        reading = false;
        boolean queued = drain();
        if (dirty || queued) {
            dirty = false;
            channel.flush();
        }
    }

    void received(Reply reply) {
        pending.complete(reply);
    }

    /** Counts a request that wants an answer in; false when the peer has more under way than it may. */
    boolean admit() {
        return requestsInWork.incrementAndGet() <= config.maxInFlight();
    }

    /** The peer is going away: nothing new is sent, what is under way may still be answered. */
    void peerLeaves(String reason) {
        leaveReason = reason;
        leaving = true;
        if (pending.isEmpty()) {
            channel.close();
        }
    }

    void channelClosed() {
        discardQueue();
        if (sweep != null) {
            sweep.cancel(false);
            sweep = null;
        }
        pending.failAll("the connection was lost" + (leaveReason.isEmpty() ? "" : " (the peer: " + leaveReason + ")"));
        closed.complete(null);
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    public PeerInfo peer() {
        return peer;
    }

    @Override
    public boolean isOpen() {
        return channel.isActive() && !leaving;
    }

    boolean isIdle() {
        return requestsInWork.get() <= 0;
    }

    @Override
    public void onClose(Runnable listener) {
        closed.thenRun(listener).exceptionally(failure -> {
            RpcTransport.LOG.error("a close listener of the connection to {} failed", describe(), failure);
            return null;
        });
    }

    @Override
    public void close() {
        channel.close();
    }

    @Override
    public Object attachment() {
        return attachment;
    }

    @Override
    public void attach(Object value) {
        attachment = value;
    }

    @Override
    public String toString() {
        return describe();
    }

    /**
     * Bytes to write.
     *
     * @param call the call they start, or null
     */
    private record Outgoing(ByteBuf bytes, PendingCall call) {
        void discard(String peer) {
            bytes.release();
            if (call != null) {
                call.fail(MdsException.builder(
                                ErrorCode.UNAVAILABLE,
                                call.what() + " to " + peer + " was not sent: the connection was closed before")
                        .withoutStackTrace()
                        .build());
            }
        }
    }
}
