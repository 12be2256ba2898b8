package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A proxy lets through or holds back by whose a connection is. */
class LinksTest {
    private static final int TIMEOUT_MS = 300;
    private static final int PATIENCE_MS = 20_000;
    private static final long NOBODY = Long.MAX_VALUE;

    private final long self = ProcessHandle.current().pid();
    private ServerSocket echo;
    private TcpProxy proxy;

    @BeforeEach
    void startAnEchoBehindAProxy() throws IOException {
        assumeTrue(Links.canBeCut(), "needs Linux");
        echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve, "echo");
        thread.setDaemon(true);
        thread.start();
        proxy = new TcpProxy(new FreePorts().next(), echo.getLocalPort());
    }

    private void serve() {
        try {
            while (true) {
                Socket socket = echo.accept();
                Thread thread = new Thread(() -> copy(socket), "echo-connection");
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    private static void copy(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException e) {
            // The other side is gone.
        }
    }

    @AfterEach
    void stop() throws IOException {
        if (echo != null) {
            proxy.close();
            echo.close();
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(TIMEOUT_MS);
        return socket;
    }

    /** Waits as long as a busy machine may need. */
    private static boolean echoes(Socket socket, int value) throws IOException {
        socket.setSoTimeout(PATIENCE_MS);
        return writesAndReads(socket, value);
    }

    private static boolean echoesAtOnce(Socket socket, int value) throws IOException {
        socket.setSoTimeout(TIMEOUT_MS);
        return writesAndReads(socket, value);
    }

    private static boolean writesAndReads(Socket socket, int value) throws IOException {
        socket.getOutputStream().write(value);
        return reads(socket.getInputStream(), value);
    }

    private static boolean reads(InputStream in, int value) throws IOException {
        try {
            return in.read() == value;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    @Test
    void aProcessIsKnownByItsPorts() throws IOException {
        try (Socket socket = connect()) {
            assertThat(LoopbackPorts.of(self)).contains(socket.getLocalPort(), echo.getLocalPort());
            assertThat(LoopbackPorts.of(NOBODY)).isEmpty();
        }
    }

    @Test
    void aSilentLinkDeliversLateAndOthersAreNotConcerned() throws IOException {
        try (Socket socket = connect()) {
            assertThat(echoes(socket, 1)).isTrue();
            proxy.block(() -> LoopbackPorts.of(NOBODY), true);
            assertThat(echoes(socket, 2)).isTrue();
            int port = socket.getLocalPort();
            proxy.block(() -> Set.of(port), true);
            try (Socket other = connect()) {
                assertThat(echoesAtOnce(socket, 3)).isFalse();
                assertThat(echoes(other, 4)).isTrue();
            }
            proxy.unblock();
            await().until(() -> reads(socket.getInputStream(), 3));
            assertThat(echoes(socket, 5)).isTrue();
        }
    }

    @Test
    void aClosedLinkRefusesUntilItIsHealed() throws IOException {
        try (Socket socket = connect()) {
            assertThat(echoes(socket, 1)).isTrue();
            proxy.block(() -> LoopbackPorts.of(self), false);
            await().until(() -> socket.getInputStream().read() == -1);
        }
        try (Socket refused = connect()) {
            await().until(() -> refused.getInputStream().read() == -1);
        }
        proxy.unblock();
        try (Socket socket = connect()) {
            assertThat(echoes(socket, 2)).isTrue();
        }
    }
}
