package io.mds.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Finds ports for peers and waits until these answer on them. */
final class Ports {
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(50);

    private Ports() {}

    static int free() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("no free port: " + e.getMessage(), e);
        }
    }

    /** @throws IllegalStateException with what the server printed, when it does not answer within the limit */
    static void awaitServer(String name, Duration limit, Supplier<String> output, BooleanSupplier answers) {
        long end = System.nanoTime() + limit.toNanos();
        while (!answers.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException(
                        name + " does not answer after " + limit.toSeconds() + " s; it printed:\n" + output.get());
            }
            LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
        }
    }
}
