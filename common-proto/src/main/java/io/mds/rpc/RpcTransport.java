package io.mds.rpc;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Role;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SelectStrategyFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes connections and servers, all on one small group of event loops that it owns.
 *
 * <p>Any thread. Closing it closes everything that was made from it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells the pipeline of failures; a close needs no answer
public final class RpcTransport implements AutoCloseable {
    static final Logger LOG = LoggerFactory.getLogger("io.mds.rpc");

    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(1 << 20, 4 << 20);

    private final RpcConfig config;
    private final EventLoopGroup loops;
    private final boolean epoll = Epoll.isAvailable();
    private final Violations violations = new Violations();
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

    /**
     * @param threadName start of the names of its threads
     */
    public RpcTransport(RpcConfig config, String threadName) {
        this.config = config;
        AtomicInteger number = new AtomicInteger();
        ThreadFactory threads =
                work -> new EventLoops.EventLoopThread(work, threadName + "-io-" + number.incrementAndGet());
        SelectStrategyFactory spinning = () -> new SpinningSelect(config.spin());
        IoHandlerFactory io = epoll
                ? EpollIoHandler.newFactory(0, spinning)
                : NioIoHandler.newFactory(SelectorProvider.provider(), spinning);
        this.loops = new MultiThreadIoEventLoopGroup(config.effectiveEventLoopThreads(), threads, io);
    }

    /** How many connections were closed because of what they sent. */
    long violations() {
        return violations.count();
    }

    /**
     * Listens.
     *
     * @param bind port 0 takes a free one
     * @throws MdsException UNAVAILABLE, in one clear line, when the address cannot be used
     */
    public RpcServer listen(
            HostPort bind, LocalIdentity identity, RequestHandler handler, ConnectionListener listener) {
        ChannelGroup accepted = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
        AtomicInteger open = new AtomicInteger();
        Class<? extends ServerChannel> type = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(type)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, 1_024)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted.add(channel);
                        channels.add(channel);
                        boolean full = open.incrementAndGet() > config.maxConnections();
                        channel.closeFuture().addListener(end -> open.decrementAndGet());
                        Accepted greeting = new Accepted(config, open, listener);
                        ConnectionHandler protocol =
                                new ConnectionHandler(config, identity, handler, greeting, violations, true);
                        install(channel, config, protocol);
                        if (full) {
                            protocol.refuse(
                                    channel.pipeline().context(protocol),
                                    full("more than " + config.maxConnections()
                                            + " connections (rpc.max-connections)"));
                        }
                    }
                })
                .bind(bind.host(), bind.port())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw MdsException.builder(
                            ErrorCode.UNAVAILABLE,
                            "cannot listen on " + bind + ": " + bound.cause().getMessage()
                                    + " (is the port in use? choose another with rpc.host and rpc.port)")
                    .retryable(false)
                    .withoutStackTrace()
                    .build();
        }
        channels.add(bound.channel());
        return new RpcServer(bound.channel(), accepted);
    }

    /** Opens one connection; the future completes on its event loop, exceptionally with an {@link MdsException}. */
    public CompletableFuture<RpcConnection> connect(
            HostPort address, LocalIdentity identity, RequestHandler handler, Deadline deadline) {
        Connecting greeting = new Connecting(address);
        if (loops.isShuttingDown()) {
            greeting.refused(unavailable("cannot connect: the transport is closed"));
            return greeting.opened;
        }
        Duration limit = deadline.atMost(config.connectTimeout()).remaining();
        int millis = (int) Math.max(1, limit.toMillis());
        Bootstrap bootstrap = new Bootstrap()
                .group(loops)
                .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channels.add(channel);
                        install(
                                channel,
                                config,
                                new ConnectionHandler(config, identity, handler, greeting, violations, false));
                    }
                });
        try {
            ChannelFuture connecting = bootstrap.connect(address.host(), address.port());
            // One limit for TCP and the handshake together, on the channel's own loop: no race with the greeting.
            ScheduledFuture<?> tooLate = connecting
                    .channel()
                    .eventLoop()
                    .schedule(
                            () -> {
                                greeting.refused(unavailable("no connection and handshake within " + millis + " ms"));
                                connecting.channel().close();
                            },
                            millis,
                            TimeUnit.MILLISECONDS);
            greeting.opened.whenComplete((connection, failure) -> tooLate.cancel(false));
            connecting.addListener(done -> {
                if (!done.isSuccess()) {
                    greeting.refused(
                            unavailable("cannot connect: " + done.cause().getMessage()));
                }
            });
        } catch (RuntimeException e) {
            greeting.refused(unavailable("cannot connect: " + e.getMessage()));
        }
        return greeting.opened;
    }

    private static MdsException full(String problem) {
        return MdsException.builder(ErrorCode.RESOURCE_EXHAUSTED, problem)
                .withoutStackTrace()
                .build();
    }

    private static MdsException unavailable(String problem) {
        return MdsException.builder(ErrorCode.UNAVAILABLE, problem)
                .withoutStackTrace()
                .build();
    }

    /** Runs something when a deadline has passed, on an event loop. */
    ScheduledFuture<?> at(Deadline deadline, Runnable work) {
        return loops.next().schedule(work, deadline.remainingNanos(), TimeUnit.NANOSECONDS);
    }

    /** A connection to one address that is opened on demand and opened again when it was lost. */
    public RpcChannel channel(HostPort address, LocalIdentity identity, RequestHandler handler) {
        return new RpcChannel(this, config, address, identity, handler);
    }

    /** The handlers of a channel, in the order in which bytes pass them; idleness is a matter of bytes, not of frames. */
    static void install(Channel channel, RpcConfig config, ConnectionHandler protocol) {
        long idle = config.idleTimeout().toMillis();
        channel.pipeline()
                .addLast(new IdleStateHandler(idle, idle / 3, 0, TimeUnit.MILLISECONDS))
                .addLast(new FrameDecoder(config.maxFrameBytes()))
                .addLast(protocol);
    }

    @Override
    public void close() {
        channels.close();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }

    /** Passes accepted connections on to the listener of the server. */
    private record Accepted(RpcConfig config, AtomicInteger open, ConnectionListener listener)
            implements ConnectionHandler.Greeting {
        /** However many clients there are, the servers of the cluster find room. */
        @Override
        public void admit(PeerInfo peer) {
            if (peer.role() == Role.CLIENT && open.get() > config.maxConnectionsForClients()) {
                throw full("more than " + config.maxConnectionsForClients()
                        + " connections, and the rest of rpc.max-connections is for servers");
            }
        }

        @Override
        public void greeted(Connection connection) {
            listener.opened(connection);
        }

        @Override
        public void refused(MdsException error) {
            LOG.debug("a connection was refused: {}", error.getMessage());
        }

        @Override
        public void closed(Connection connection) {
            listener.closed(connection);
        }
    }

    /** Completes the future of {@link #connect}. */
    private static final class Connecting implements ConnectionHandler.Greeting {
        private final HostPort address;
        private final CompletableFuture<RpcConnection> opened = new CompletableFuture<>();

        private Connecting(HostPort address) {
            this.address = address;
        }

        @Override
        public void greeted(Connection connection) {
            opened.complete(connection);
        }

        @Override
        public void refused(MdsException error) {
            opened.completeExceptionally(MdsException.builder(error.code(), address + ": " + error.getMessage())
                    .retryable(error.isRetryable())
                    .retryAfter(error.retryAfter())
                    .withoutStackTrace()
                    .build());
        }

        @Override
        public void closed(Connection connection) {
            LOG.debug("the connection to {} is closed", address);
        }
    }
}
