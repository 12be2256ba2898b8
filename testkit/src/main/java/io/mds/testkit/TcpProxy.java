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

/**
 * Stands between a member and those who connect to it, so that a test can cut its connections or keep them cut.
 *
 * <p>Thread: forwards on one event loop of its own; faults may be ordered from any thread.
 */
@SuppressWarnings("FutureReturnValueIgnored") // closing needs no answer
final class TcpProxy implements AutoCloseable {
    private static final String HOST = "127.0.0.1";

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final int port;
    private final int target;
    private final Channel server;
    private volatile boolean refusing;

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

    private void accept(Channel inbound) {
        if (refusing) {
            inbound.close();
            return;
        }
        connections.add(inbound);
        ChannelFuture connected = new Bootstrap()
                .group(inbound.eventLoop())
                .channel(NioSocketChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new Forward(inbound))
                .connect(HOST, target);
        Channel outbound = connected.channel();
        connections.add(outbound);
        inbound.pipeline().addLast(new Forward(outbound));
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
        loop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
    }

    /** Copies what one side sends to the other, a read at a time. */
    private static final class Forward extends ChannelInboundHandlerAdapter {
        private final Channel other;

        private Forward(Channel other) {
            this.other = other;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object data) {
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
            other.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
