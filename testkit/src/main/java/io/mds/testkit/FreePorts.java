package io.mds.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Hands out loopback ports that nobody listens on and that the system does not give to outgoing connections, so that a
 * member can be restarted on its port while clients hammer at it.
 *
 * <p>A port is listened on only some time after it is handed out, and often not at all while its member is down. So ports
 * come from blocks, and whoever takes from a block listens on its first port until it is closed: others, in this JVM or
 * not, keep to other blocks.
 */
final class FreePorts implements AutoCloseable {
    private static final int FIRST = 12_000;
    private static final int BLOCK = 100;
    private static final int BLOCKS = 200;
    private static final int ATTEMPTS = 1_000;

    private final List<ServerSocket> claims = new ArrayList<>();
    private int next;
    private int end;

    synchronized int next() {
        for (int i = 0; i < ATTEMPTS; i++) {
            if (next == end) {
                claimBlock();
            } else if (listen(next++).map(FreePorts::close).isPresent()) {
                return next - 1;
            }
        }
        throw new IllegalStateException(
                "no free port between " + FIRST + " and " + (FIRST + BLOCKS * BLOCK) + " in " + ATTEMPTS + " tries");
    }

    private void claimBlock() {
        int first = FIRST + BLOCK * ThreadLocalRandom.current().nextInt(BLOCKS);
        listen(first).ifPresent(claim -> {
            claims.add(claim);
            next = first + 1;
            end = first + BLOCK;
        });
    }

    private static Optional<ServerSocket> listen(int port) {
        ServerSocket socket = null;
        try {
            socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return Optional.of(socket);
        } catch (IOException e) {
            if (socket != null) {
                close(socket);
            }
            return Optional.empty();
        }
    }

    private static ServerSocket close(ServerSocket socket) {
        try {
            socket.close();
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets others have the ports; nothing of the caller's listens on them any more. */
    @Override
    public synchronized void close() {
        claims.forEach(FreePorts::close);
        claims.clear();
        end = next;
    }
}
