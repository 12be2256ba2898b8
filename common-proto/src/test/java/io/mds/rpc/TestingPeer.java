package io.mds.rpc;

import io.mds.proto.Frame;
import io.mds.proto.Hello;
import io.mds.proto.HelloReply;
import io.mds.proto.Role;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;

/** One end of a connection, frame by frame over a blocking socket, so that a test can break any rule. */
final class TestingPeer implements AutoCloseable {
    private static final int READ_LIMIT_MS = 20_000;

    private final Socket socket;
    private final DataInputStream in;

    private TestingPeer(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(READ_LIMIT_MS);
        this.in = new DataInputStream(socket.getInputStream());
    }

    static TestingPeer connect(int port) throws IOException {
        return new TestingPeer(new Socket("127.0.0.1", port));
    }

    static TestingPeer accept(ServerSocket listening) throws IOException {
        return new TestingPeer(listening.accept());
    }

    /** A greeting that is accepted anywhere; tests spoil it as they need. */
    static Hello.Builder hello() {
        return Hello.newBuilder()
                .setProtocolVersion(Handshake.PROTOCOL_VERSION)
                .setMinProtocolVersion(Handshake.MIN_PROTOCOL_VERSION)
                .setRole(Role.CLIENT)
                .setName("raw peer");
    }

    static HelloReply.Builder welcome() {
        return HelloReply.newBuilder()
                .setProtocolVersion(Handshake.PROTOCOL_VERSION)
                .setRole(Role.MASTER)
                .setName("raw server");
    }

    /** Greets as a client, and gives the answer. */
    HelloReply greet(Hello.Builder hello) throws IOException {
        send(Frame.newBuilder().setHello(hello).build());
        return receive().getHelloReply();
    }

    void send(Frame frame) throws IOException {
        socket.getOutputStream().write(TestingChannel.bytes(frame));
    }

    /** The next frame, or null when the other side has closed. */
    Frame receive() throws IOException {
        try {
            byte[] frame = new byte[in.readInt()];
            in.readFully(frame);
            return Frame.parseFrom(frame);
        } catch (EOFException | SocketException e) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
