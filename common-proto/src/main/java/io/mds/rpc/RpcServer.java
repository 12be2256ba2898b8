package io.mds.rpc;

import io.mds.proto.Frame;
import io.mds.proto.GoAway;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** A listening socket and the connections that were accepted on it. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells the pipeline of failures; a close needs no answer
public final class RpcServer implements AutoCloseable {
    private static final long CLOSE_LIMIT_MS = 1_000;

    private final Channel listening;
    private final ChannelGroup accepted;
    private final int port;

    RpcServer(Channel listening, ChannelGroup accepted) {
        this.listening = listening;
        this.accepted = accepted;
        this.port = ((InetSocketAddress) listening.localAddress()).getPort();
    }

    public int port() {
        return port;
    }

    /** Takes no new connections and tells the peers to send nothing new; those with nothing under way leave by themselves. */
    public void stopAccepting() {
        listening.close().awaitUninterruptibly(CLOSE_LIMIT_MS, TimeUnit.MILLISECONDS);
        Frame goAway = Frame.newBuilder()
                .setGoAway(GoAway.newBuilder().setReason("shutting down"))
                .build();
        for (Channel channel : accepted) {
            channel.writeAndFlush(Frames.encode(channel.alloc(), goAway), channel.voidPromise());
        }
    }

    /** Closes the socket and every connection. */
    @Override
    public void close() {
        listening.close().awaitUninterruptibly(CLOSE_LIMIT_MS, TimeUnit.MILLISECONDS);
        accepted.close().awaitUninterruptibly(CLOSE_LIMIT_MS, TimeUnit.MILLISECONDS);
    }
}
