package io.mds.testkit;

import io.mds.proto.Frame;
import io.mds.proto.Hello;
import io.mds.proto.HelloReply;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;

/** A client that speaks the protocol byte by byte over a blocking socket, so that a test can break any rule of it. */
final class RawPeer implements AutoCloseable {
    private static final int READ_LIMIT_MS = 20_000;
    private static final int TIMEOUT_MS = 10_000;
    static final int VERSION = 1;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private long calls;

    RawPeer(int port) throws IOException {
        this.socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(READ_LIMIT_MS);
        socket.setTcpNoDelay(true);
        this.in = new DataInputStream(socket.getInputStream());
        this.out = new DataOutputStream(socket.getOutputStream());
    }

    /** A greeting that every server takes. */
    static Hello.Builder hello() {
        return Hello.newBuilder()
                .setProtocolVersion(VERSION)
                .setMinProtocolVersion(VERSION)
                .setRole(Role.CLIENT)
                .setName("raw peer");
    }

    HelloReply greet(Hello.Builder hello) throws IOException {
        send(Frame.newBuilder().setHello(hello).build().toByteArray());
        return receive().getHelloReply();
    }

    /** Sends one request and gives its answer; only after {@link #greet}. */
    Reply ask(Request.Builder request) throws IOException {
        long id = ++calls;
        send(Frame.newBuilder()
                .setRequest(request.setCallId(id).setTimeoutMs(TIMEOUT_MS))
                .build()
                .toByteArray());
        Frame frame = receive();
        while (frame != null && frame.getReply().getCallId() != id) {
            frame = receive();
        }
        if (frame == null) {
            throw new EOFException("closed before it answered " + request);
        }
        return frame.getReply();
    }

    void send(byte[] frame) throws IOException {
        sendBytes(frame.length, frame);
    }

    /** Sends a length, true or not, and bytes. */
    void sendBytes(int length, byte[] bytes) throws IOException {
        out.writeInt(length);
        out.write(bytes);
        out.flush();
    }

    void sendRaw(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
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

    /** True when the other side closes, whatever it says before. */
    boolean isClosedByServer() throws IOException {
        try {
            byte[] chunk = new byte[4_096];
            while (in.read(chunk) >= 0) {
                // what it says does not matter here
            }
            return true;
        } catch (SocketException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
