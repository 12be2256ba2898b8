package io.mds.rpc;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Frame;
import io.mds.proto.GoAway;
import io.mds.proto.Hello;
import io.mds.proto.HelloReply;
import io.mds.proto.Pong;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The protocol of one channel: the handshake, then requests, replies and pings.
 *
 * <p>Thread: the channel's event loop. Anything that is not a valid frame in its place closes the channel, after an error
 * that says why where the peer can still read one.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells the pipeline of failures; a close needs no answer
final class ConnectionHandler extends ChannelInboundHandlerAdapter {
    private final RpcConfig config;
    private final LocalIdentity identity;
    private final RequestHandler handler;
    private final Greeting greeting;
    private final Violations violations;
    private final boolean accepting;
    private Connection connection;
    private boolean over;

    /** Hears how the handshake went, and of the end of a connection that was greeted. */
    interface Greeting {
        /** Throws when there is no room for a peer of this kind. Asked on the side that was connected to. */
        default void admit(PeerInfo peer) {}

        void greeted(Connection connection);

        void refused(MdsException error);

        void closed(Connection connection);
    }

    /**
     * @param accepting true on the side that was connected to, which waits for the other's Hello
     */
    ConnectionHandler(
            RpcConfig config,
            LocalIdentity identity,
            RequestHandler handler,
            Greeting greeting,
            Violations violations,
            boolean accepting) {
        this.config = config;
        this.identity = identity;
        this.handler = handler;
        this.greeting = greeting;
        this.violations = violations;
        this.accepting = accepting;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.executor()
                .schedule(
                        () -> {
                            if (connection == null && !over) {
                                refuse(
                                        context,
                                        unavailable("no handshake within "
                                                + config.connectTimeout().toMillis() + " ms (rpc.connect-timeout)"));
                            }
                        },
                        config.connectTimeout().toMillis(),
                        TimeUnit.MILLISECONDS);
        if (!accepting) {
            Hello hello = Hello.newBuilder()
                    .setProtocolVersion(Handshake.PROTOCOL_VERSION)
                    .setMinProtocolVersion(Handshake.MIN_PROTOCOL_VERSION)
                    .setClusterId(identity.clusterId().get())
                    .setRole(identity.role())
                    .setName(identity.name())
                    .setRegionId(identity.regionId().getAsLong())
                    .build();
            context.writeAndFlush(
                    Frames.encode(
                            context.alloc(), Frame.newBuilder().setHello(hello).build()),
                    context.voidPromise());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (over) {
            bytes.release();
            return;
        }
        Frame frame;
        try {
            frame = Frames.decode(bytes);
        } catch (IOException e) {
            violation(context, "bytes that are not a frame: " + e.getMessage());
            return;
        } finally {
            bytes.release();
        }
        if (connection == null) {
            greet(context, frame);
            return;
        }
        connection.readStarted();
        switch (frame.getKindCase()) {
            case REQUEST -> request(frame.getRequest());
            case REPLY -> connection.received(frame.getReply());
            case PING ->
                connection.sendFrame(
                        Frame.newBuilder().setPong(Pong.getDefaultInstance()).build());
            case PONG -> {}
            case GO_AWAY -> connection.peerLeaves(frame.getGoAway().getReason());
            case HELLO, HELLO_REPLY, KIND_NOT_SET -> violation(context, "an unexpected " + frame.getKindCase());
        }
    }

    private void request(Request request) {
        Answer answer = new Answer(connection, request.getCallId());
        if (request.getCallId() != 0 && !connection.admit()) {
            answer.fail(MdsException.builder(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            "more than " + config.maxInFlight() + " requests under way on one connection")
                    .retryAfter(Connection.FULL_RETRY)
                    .withoutStackTrace()
                    .build());
            return;
        }
        try {
            handler.handle(
                    connection,
                    request,
                    answer,
                    Deadline.after(Duration.ofMillis(request.getTimeoutMs() & 0xFFFFFFFFL)));
        } catch (MdsException e) {
            answer.fail(e);
        } catch (RuntimeException e) {
            RpcTransport.LOG.error("a {} request of {} failed", request.getBodyCase(), connection, e);
            answer.fail(MdsException.builder(
                            ErrorCode.INTERNAL,
                            "a defect in the server (see its log): "
                                    + e.getClass().getSimpleName())
                    .outcomeUnknown()
                    .build());
        }
    }

    private void greet(ChannelHandlerContext context, Frame frame) {
        try {
            PeerInfo peer = accepting
                    ? Handshake.accept(frame, identity, context.channel().remoteAddress())
                    : Handshake.welcomed(frame, identity, context.channel().remoteAddress());
            if (accepting) {
                greeting.admit(peer);
                context.writeAndFlush(
                        Frames.encode(context.alloc(), Handshake.welcome(peer, identity, config)),
                        context.voidPromise());
            }
            connection = new Connection(context.channel(), config, peer, frameLimit(frame));
            greeting.greeted(connection);
        } catch (MdsException e) {
            refuse(context, e);
        }
    }

    /** The longest frame that both sides take; the answer to HELLO names the other's. */
    private int frameLimit(Frame first) {
        int theirs = accepting ? 0 : first.getHelloReply().getMaxFrameBytes();
        return theirs > 0 ? Math.min(theirs, config.maxFrameBytes()) : config.maxFrameBytes();
    }

    void refuse(ChannelHandlerContext context, MdsException error) {
        over = true;
        greeting.refused(error);
        if (accepting) {
            Frame reply = Frame.newBuilder()
                    .setHelloReply(HelloReply.newBuilder()
                            .setProtocolVersion(Handshake.PROTOCOL_VERSION)
                            .setClusterId(identity.clusterId().get())
                            .setRole(identity.role())
                            .setName(identity.name())
                            .setError(error.toProto()))
                    .build();
            context.writeAndFlush(Frames.encode(context.alloc(), reply)).addListener(ChannelFutureListener.CLOSE);
        } else {
            context.close();
        }
    }

    private void violation(ChannelHandlerContext context, String what) {
        violations.report(context.channel().remoteAddress(), what);
        if (connection == null) {
            refuse(
                    context,
                    MdsException.of(ErrorCode.INVALID_ARGUMENT, "this is an MDS port, and it was sent " + what));
        } else {
            over = true;
            Frame goAway = Frame.newBuilder()
                    .setGoAway(GoAway.newBuilder().setReason("it was sent " + what))
                    .build();
            context.writeAndFlush(Frames.encode(context.alloc(), goAway)).addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (connection != null) {
            connection.readCompleted();
        }
    }

    /** A peer that asks and does not read its answers is not read from until it does. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (accepting) {
            context.channel().config().setAutoRead(context.channel().isWritable());
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent idle && connection != null) {
            if (idle.state() == IdleState.READER_IDLE) {
                RpcTransport.LOG.info("{} was silent for {}: closing the connection", connection, config.idleTimeout());
                context.close();
            } else {
                connection.ping();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (connection == null) {
            over = true;
            greeting.refused(unavailable("the connection was closed in the handshake"));
        } else {
            connection.channelClosed();
            greeting.closed(connection);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof DecoderException) {
            if (!over) {
                violation(
                        context,
                        cause instanceof TooLongFrameException
                                ? cause.getMessage()
                                : "a broken frame: " + cause.getMessage());
            }
        } else {
            if (!(cause instanceof IOException)) {
                RpcTransport.LOG.error("connection {} failed", context.channel().remoteAddress(), cause);
            }
            context.close();
        }
    }

    private static MdsException unavailable(String problem) {
        return MdsException.builder(ErrorCode.UNAVAILABLE, problem)
                .withoutStackTrace()
                .build();
    }

    /** The one answer to one request. */
    private static final class Answer extends AtomicBoolean implements Replier {
        private static final long serialVersionUID = 1L;

        private final transient Connection connection;
        private final long callId;

        private Answer(Connection connection, long callId) {
            this.connection = connection;
            this.callId = callId;
        }

        @Override
        public void reply(Reply.Builder reply) {
            if (compareAndSet(false, true)) {
                if (callId != 0) {
                    connection.reply(reply.setCallId(callId).build());
                }
            }
        }

        @Override
        public void fail(MdsException error) {
            reply(Reply.newBuilder().setError(error.toProto()));
        }
    }
}
