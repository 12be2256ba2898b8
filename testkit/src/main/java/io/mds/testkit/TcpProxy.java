package io.mds.testkit;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Stands between a member and those who connect to it, so that a test can cut its connections or keep them cut, all of
 * them or those of one process.
 *
 * <p>Thread: forwards on one event loop of its own; faults may be ordered from any thread.
 */
@SuppressWarnings("FutureReturnValueIgnored") // closing needs no answer
final class TcpProxy implements AutoCloseable {
    private static final String HOST = "127.0.0.1";

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Set<Pair> pairs = ConcurrentHashMap.newKeySet();
    private final List<Block> blocks = new CopyOnWriteArrayList<>();
    private final int port;
    private final int target;
    private final Channel server;
    private volatile boolean refusing;

    /**
     * Connections that do not get through.
     *
     * @param ports which ports they come from, asked at each connection
     * @param silent whether they stay open and nothing arrives, rather than being closed
     */
    private record Block(Supplier<Set<Integer>> ports, boolean silent) {
        boolean concerns(int from) {
            return ports.get().contains(from);
        }
    }

    TcpProxy(int port, int target) {
        this.port = port;
        this.target = target;
        this.server = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel inbound) {
                        accept(inbound);
                    }
                })
                .bind(HOST, port)
                .syncUninterruptibly()
                .channel();
    }

    int port() {
        return port;
    }

    /** Closes every connection; new ones are taken. */
    void cut() {
        connections.close();
    }

    /** Closes every connection and each new one, until {@link #restore()}. */
    void isolate() {
        refusing = true;
        connections.close();
    }

    void restore() {
        refusing = false;
    }

    /** Lets nothing through from these ports until {@link #unblock()}. */
    void block(Supplier<Set<Integer>> ports, boolean silent) {
        blocks.add(new Block(ports, silent));
        Set<Integer> now = ports.get();
        for (Pair pair : pairs) {
            if (now.contains(pair.from)) {
                if (silent) {
                    pair.inbound.eventLoop().execute(pair::hold);
                } else {
                    pair.inbound.close();
                }
            }
        }
    }

    /** Ends all blocks: what was held back arrives now, late. */
    void unblock() {
        blocks.clear();
        for (Pair pair : pairs) {
            pair.inbound.eventLoop().execute(pair::release);
        }
    }

    private void accept(Channel inbound) {
        if (refusing) {
            inbound.close();
            return;
        }
        Pair pair = new Pair(inbound, ((InetSocketAddress) inbound.remoteAddress()).getPort());
        // Reads files, which an event loop of a daemon must not do; this one serves a test, and only while links are
        // cut.
        for (Block block : blocks) {
            if (block.concerns(pair.from)) {
                if (!block.silent()) {
                    inbound.close();
                    return;
                }
                pair.held = true;
            }
        }
        connections.add(inbound);
        pairs.add(pair);
        inbound.closeFuture().addListener(closed -> pairs.remove(pair));
        ChannelFuture connected = new Bootstrap()
                .group(inbound.eventLoop())
                .channel(NioSocketChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new Forward(pair, inbound))
                .connect(HOST, target);
        Channel outbound = connected.channel();
        connections.add(outbound);
        inbound.pipeline().addLast(new Forward(pair, outbound));
        connected.addListener(future -> {
            if (future.isSuccess()) {
                inbound.read();
                outbound.read();
            } else {
                inbound.close();
            }
        });
    }

    @Override
    public void close() {
        server.close().syncUninterruptibly();
        connections.close();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    /** A connection with its other half. Thread: its event loop. */
    private static final class Pair {
        private final Channel inbound;
        private final int from;
        private final Queue<Runnable> waiting = new ArrayDeque<>();
        private boolean held;

        private Pair(Channel inbound, int from) {
            this.inbound = inbound;
            this.from = from;
        }

        private void hold() {
            held = true;
        }

        private void release() {
            held = false;
            List<Runnable> late = new ArrayList<>(waiting);
            waiting.clear();
            late.forEach(Runnable::run);
        }
    }

    /** Copies what one side sends to the other, a read at a time. */
    private static final class Forward extends ChannelInboundHandlerAdapter {
        private final Pair pair;
        private final Channel other;

        private Forward(Pair pair, Channel other) {
            this.pair = pair;
            this.other = other;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object data) {
            if (pair.held) {
                // At most one read for each side: the next is asked for when this one is through.
                pair.waiting.add(() -> forward(context, data));
            } else {
                forward(context, data);
            }
        }

        private void forward(ChannelHandlerContext context, Object data) {
            other.writeAndFlush(data).addListener((ChannelFutureListener) written -> {
                if (written.isSuccess()) {
                    context.channel().read();
                } else {
                    context.close();
                }
            });
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (pair.held) {
                pair.waiting.add(other::close);
            } else {
                other.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
