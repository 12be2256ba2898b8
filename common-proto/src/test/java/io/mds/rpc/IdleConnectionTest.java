package io.mds.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Frame;
import io.mds.proto.Outcome;
import io.mds.proto.Pong;
import io.mds.proto.Reply;
import io.mds.proto.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Connections without traffic: pings keep a live one, and tell a dead one. */
class IdleConnectionTest {
    private static final Duration IDLE = Duration.ofMillis(600);

    private static CompletableFuture<RpcConnection> connect(RpcTransport from, int port) {
        return from.connect(
                new HostPort("127.0.0.1", port),
                LocalIdentity.of(Role.CLIENT, "client"),
                RequestHandler.refusing(),
                TestingServer.deadline());
    }

    @Test
    void aServerThatFallsSilentIsNoticedAndItsCallsFail() throws IOException {
        try (RpcTransport client = new RpcTransport(TestingServer.idleAfter(IDLE), "test-client");
                ServerSocket listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            CompletableFuture<RpcConnection> opening = connect(client, listening.getLocalPort());
            try (TestingPeer silent = TestingPeer.accept(listening)) {
                silent.receive();
                silent.send(
                        Frame.newBuilder().setHelloReply(TestingPeer.welcome()).build());
                RpcConnection connection = TestingServer.get(opening);
                CompletableFuture<Reply> call =
                        connection.call(TestingServer.request("anybody?"), TestingServer.deadline());
                MdsException failure = TestingServer.failure(call);
                assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
                assertThat(connection.isOpen()).isFalse();
                assertThat(silent.receive().hasRequest()).isTrue();
                assertThat(silent.receive().hasPing()).isTrue();
            }
        }
    }

    @Test
    void aClientThatFallsSilentIsNoticedByTheServer() throws IOException {
        try (TestingServer server = new TestingServer(TestingServer.idleAfter(IDLE), "");
                TestingPeer silent = TestingPeer.connect(server.port())) {
            silent.greet(TestingPeer.hello());
            await().until(() -> server.connections.size() == 1);
            await().atMost(Duration.ofSeconds(20)).until(() -> server.connections.isEmpty());
        }
    }

    @Test
    void aPeerThatAnswersPingsStays() throws IOException {
        try (TestingServer server = new TestingServer(TestingServer.idleAfter(Duration.ofSeconds(3)), "");
                TestingPeer quiet = TestingPeer.connect(server.port())) {
            quiet.greet(TestingPeer.hello());
            // Four pings, a second apart: longer than the silence that is allowed.
            for (int i = 0; i < 4; i++) {
                assertThat(quiet.receive().getKindCase()).isEqualTo(Frame.KindCase.PING);
                quiet.send(Frame.newBuilder().setPong(Pong.getDefaultInstance()).build());
            }
            assertThat(server.connections).hasSize(1);
        }
    }

    @Test
    void twoQuietSidesKeepTheirConnection() {
        try (TestingServer server = new TestingServer(TestingServer.idleAfter(IDLE), "");
                RpcTransport client = new RpcTransport(TestingServer.idleAfter(IDLE), "test-client")) {
            RpcConnection connection = TestingServer.get(connect(client, server.port()));
            AtomicBoolean closed = new AtomicBoolean();
            connection.onClose(() -> closed.set(true));
            await().during(IDLE.multipliedBy(2)).atMost(Duration.ofSeconds(20)).until(() -> !closed.get());
        }
    }
}
