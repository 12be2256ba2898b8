package io.mds.master.testing;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.rpc.ConnectionListener;
import io.mds.rpc.Deadline;
import io.mds.rpc.PeerInfo;
import io.mds.rpc.Replier;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConnection;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A connection without a network: what one side calls, the other's handler answers, encoded and decoded in between.
 *
 * <p>Seen from the master's side; {@link #ask} is the peer's side.
 */
public final class TestingConnection implements RpcConnection {
    private final RequestHandler master;
    private final ConnectionListener listener;
    private final RequestHandler peerHandler;
    private final PeerInfo peer;
    private final List<Runnable> closeListeners = new CopyOnWriteArrayList<>();
    private volatile Object attachment;
    private volatile boolean open = true;

    public TestingConnection(
            RequestHandler master, ConnectionListener listener, Role role, String name, RequestHandler peerHandler) {
        this.master = master;
        this.listener = listener;
        this.peerHandler = peerHandler;
        this.peer = new PeerInfo(role, name, "", 0, new InetSocketAddress("127.0.0.1", 1), 1);
        listener.opened(this);
    }

    /** What the peer asks of the master. */
    public Reply ask(Request.Builder request) {
        return ask(request, Deadline.after(java.time.Duration.ofSeconds(20)));
    }

    public Reply ask(Request.Builder request, Deadline deadline) {
        try {
            return askAsync(request, deadline).get(deadline.remaining().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw MdsException.builder(ErrorCode.DEADLINE_EXCEEDED, "no answer")
                    .outcomeUnknown()
                    .build();
        } catch (java.util.concurrent.ExecutionException e) {
            throw (MdsException) e.getCause();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public CompletableFuture<Reply> askAsync(Request.Builder request, Deadline deadline) {
        return exchange(master, this, request, deadline);
    }

    @Override
    public CompletableFuture<Reply> call(Request.Builder request, Deadline deadline) {
        if (!open) {
            return CompletableFuture.failedFuture(MdsException.of(ErrorCode.UNAVAILABLE, "closed"));
        }
        return exchange(peerHandler, this, request, deadline)
                .orTimeout(deadline.remaining().toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void send(Request.Builder oneWay) {
        if (open) {
            peerHandler.handle(this, oneWay.build(), NO_REPLY, Deadline.after(java.time.Duration.ofSeconds(1)));
        }
    }

    private static CompletableFuture<Reply> exchange(
            RequestHandler handler, RpcConnection from, Request.Builder request, Deadline deadline) {
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        Replier replier = new Replier() {
            @Override
            public void reply(Reply.Builder reply) {
                try {
                    answer.complete(Reply.parseFrom(reply.setCallId(1).build().toByteString()));
                } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                    answer.completeExceptionally(e);
                }
            }

            @Override
            public void fail(MdsException error) {
                answer.completeExceptionally(MdsException.fromProto(error.toProto()));
            }
        };
        try {
            handler.handle(from, request.setCallId(1).build(), replier, deadline);
        } catch (MdsException e) {
            replier.fail(e);
        }
        return answer;
    }

    private static final Replier NO_REPLY = new Replier() {
        @Override
        public void reply(Reply.Builder reply) {
            // One way.
        }

        @Override
        public void fail(MdsException error) {
            // One way.
        }
    };

    @Override
    public boolean isWritable() {
        return isOpen();
    }

    @Override
    public PeerInfo peer() {
        return peer;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void onClose(Runnable onClose) {
        closeListeners.add(onClose);
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            closeListeners.forEach(Runnable::run);
            listener.closed(this);
        }
    }

    @Override
    public Object attachment() {
        return attachment;
    }

    @Override
    public void attach(Object value) {
        attachment = value;
    }
}
