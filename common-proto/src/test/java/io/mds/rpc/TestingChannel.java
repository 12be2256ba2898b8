package io.mds.rpc;

import io.mds.error.MdsException;
import io.mds.proto.Frame;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.Hello;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The accepting side of a connection without a network: bytes in, frames out, and what it heard in between. */
final class TestingChannel implements AutoCloseable, ConnectionHandler.Greeting {
    final List<String> heard = new ArrayList<>();
    final Violations violations = new Violations();
    Connection connection;
    private final EmbeddedChannel channel;

    TestingChannel(RpcConfig config) {
        this(config, new LocalIdentity(Role.MASTER, "master", () -> "cluster-1", () -> 0), null);
    }

    /**
     * @param handler null for one that notes each request in {@link #heard} and answers it
     */
    TestingChannel(RpcConfig config, LocalIdentity identity, RequestHandler handler) {
        ConnectionHandler protocol = new ConnectionHandler(
                config, identity, handler == null ? this::answer : handler, this, violations, true);
        channel = new EmbeddedChannel();
        channel.freezeTime();
        RpcTransport.install(channel, config, protocol);
        protocol.channelActive(channel.pipeline().context(protocol));
    }

    private void answer(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        heard.add("request " + request);
        reply.reply(Reply.newBuilder().setGetRoutes(GetRoutesReply.getDefaultInstance()));
    }

    /** Frames as they travel, lengths included. */
    static byte[] bytes(Frame... frames) {
        ByteBuf all = Unpooled.buffer();
        for (Frame frame : frames) {
            ByteBuf one = Frames.encode(UnpooledByteBufAllocator.DEFAULT, frame);
            all.writeBytes(one);
            one.release();
        }
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes);
        all.release();
        return bytes;
    }

    static Frame hello() {
        return Frame.newBuilder()
                .setHello(Hello.newBuilder()
                        .setProtocolVersion(Handshake.PROTOCOL_VERSION)
                        .setMinProtocolVersion(Handshake.MIN_PROTOCOL_VERSION)
                        .setClusterId("cluster-1")
                        .setRole(Role.CLIENT)
                        .setName("tester"))
                .build();
    }

    void receive(byte[] bytes, int from, int to) {
        channel.writeInbound(Unpooled.copiedBuffer(bytes, from, to - from));
        channel.checkException();
    }

    void receive(byte[] bytes) {
        receive(bytes, 0, bytes.length);
    }

    /** What was sent since this was last asked. */
    List<Frame> sent() {
        List<Frame> frames = new ArrayList<>();
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            try {
                out.skipBytes(Frames.LENGTH_BYTES);
                frames.add(Frames.decode(out));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                out.release();
            }
        }
        return frames;
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    void advance(long millis) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    @Override
    public void greeted(Connection greeted) {
        connection = greeted;
        heard.add("greeted " + greeted);
    }

    @Override
    public void refused(MdsException error) {
        heard.add("refused " + error);
    }

    @Override
    public void closed(Connection closed) {
        heard.add("closed " + closed);
    }

    @Override
    public void close() {
        channel.finishAndReleaseAll();
    }
}
