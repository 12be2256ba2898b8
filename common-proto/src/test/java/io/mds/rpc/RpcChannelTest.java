package io.mds.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Frame;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A channel finds its server again, and does not wear it out with tries. */
class RpcChannelTest {
    private static final Duration CONNECT = Duration.ofSeconds(10);

    private final TestingServer server = new TestingServer();
    private final List<RpcTransport> transports = new ArrayList<>();

    @AfterEach
    void close() {
        transports.forEach(RpcTransport::close);
        server.close();
    }

    private RpcTransport transport(RpcConfig config) {
        RpcTransport made = new RpcTransport(config, "test-client");
        transports.add(made);
        return made;
    }

    private static RpcChannel channel(RpcTransport transport, int port) {
        return transport.channel(
                new HostPort("127.0.0.1", port), LocalIdentity.of(Role.CLIENT, "client"), RequestHandler.refusing());
    }

    private RpcTransport withBackoff(Duration min, Duration max) {
        return transport(TestingServer.connectingFor(CONNECT, min, max, 100));
    }

    private static CompletableFuture<Reply> call(RpcChannel channel) {
        return channel.call(TestingServer.request("hello"), TestingServer.deadline());
    }

    private static int portOfNobody() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static ServerSocket mute() throws IOException {
        return new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    }

    @Test
    void aServerThatGoesAwayAndComesBackIsFoundAgain() {
        server.answerAtOnce();
        RpcChannel channel = channel(transport(TestingServer.CONFIG), server.port());
        int port = server.port();
        for (int round = 0; round < 3; round++) {
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(5))
                    .ignoreException(MdsException.class)
                    .untilAsserted(() -> assertThat(TestingServer.text(TestingServer.get(call(channel))))
                            .isEqualTo("hello"));
            server.stopListening();
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                MdsException failure = TestingServer.failure(call(channel));
                assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(failure).hasMessageContainingAll("127.0.0.1:" + port);
            });
            server.listen(port);
        }
    }

    @Test
    void callsThatComeTogetherShareOneConnection() {
        server.answerAtOnce();
        RpcChannel channel = channel(transport(TestingServer.CONFIG), server.port());
        AtomicInteger distinct = new AtomicInteger();
        Set<RpcConnection> from = new HashSet<>();
        server.answerWith((connection, request, reply, deadline) -> {
            if (from.add(connection)) {
                distinct.incrementAndGet();
            }
            new TestingServer.Asked(connection, request, reply, deadline).echo();
        });
        List<CompletableFuture<Reply>> calls = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            calls.add(call(channel));
        }
        calls.forEach(TestingServer::get);
        assertThat(distinct).hasValue(1);
    }

    @Test
    void duringTheBackoffCallsFailAtOnceWithoutAnotherTry() throws IOException {
        try (ServerSocket listening = mute()) {
            RpcChannel channel =
                    channel(withBackoff(Duration.ofMinutes(5), Duration.ofMinutes(5)), listening.getLocalPort());
            CompletableFuture<Reply> first = call(channel);
            listening.accept().close();
            assertThat(TestingServer.failure(first).outcome()).isEqualTo(Outcome.NOT_APPLIED);
            for (int i = 0; i < 100; i++) {
                CompletableFuture<Reply> next = call(channel);
                assertThat(next).isCompletedExceptionally();
                MdsException failure = TestingServer.failure(next);
                assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(failure.retryAfter()).isPositive().isLessThanOrEqualTo(Duration.ofMinutes(5));
                assertThat(failure).hasMessageContainingAll(":" + listening.getLocalPort(), "next try is due in");
            }
            listening.setSoTimeout(50);
            assertThatThrownBy(listening::accept).as("another try").isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void theBackoffIsJittered() throws IOException {
        RpcTransport transport = withBackoff(Duration.ofMinutes(5), Duration.ofMinutes(5));
        int port = portOfNobody();
        Set<Long> seconds = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            RpcChannel channel = channel(transport, port);
            TestingServer.failure(call(channel));
            Duration hint = TestingServer.failure(call(channel)).retryAfter();
            assertThat(hint).isBetween(Duration.ofMinutes(2), Duration.ofMinutes(5));
            seconds.add(hint.toSeconds());
        }
        assertThat(seconds).as("20 waits between 150 and 300 s").hasSizeGreaterThan(5);
    }

    @Test
    void theBackoffGrowsWithFailuresAndStartsAnewAfterSuccess() throws IOException {
        server.answerAtOnce();
        int port = server.port();
        server.stopListening();
        RpcChannel channel = channel(withBackoff(Duration.ofMillis(1), Duration.ofMinutes(5)), port);
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> TestingServer.failure(call(channel)).retryAfter().toMillis() > 100);
        server.listen(port);
        await().atMost(Duration.ofSeconds(20))
                .ignoreException(MdsException.class)
                .untilAsserted(() -> TestingServer.get(call(channel)));
        server.stopListening();
        await().until(() -> TestingServer.failure(call(channel)).getMessage().contains("cannot connect"));
        assertThat(TestingServer.failure(call(channel)).retryAfter()).isLessThan(Duration.ofMillis(100));
    }

    @Test
    void aCallThatWaitsForAConnectionEndsAtItsDeadline() throws IOException {
        try (ServerSocket mute = mute()) {
            RpcTransport patient = transport(TestingServer.connectingFor(
                    Duration.ofMinutes(10), Duration.ofMillis(5), Duration.ofMillis(50), 100));
            RpcChannel channel = channel(patient, mute.getLocalPort());
            CompletableFuture<Reply> longer = call(channel);
            for (int i = 0; i < 2; i++) {
                MdsException failure = TestingServer.failure(
                        channel.call(TestingServer.request("x"), Deadline.after(Duration.ofMillis(50))));
                assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
                assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(failure).hasMessageContainingAll(":" + mute.getLocalPort(), "not sent");
            }
            assertThat(longer).as("a call with more time").isNotDone();
        }
    }

    @Test
    void aCallWithLittleTimeDoesNotSpoilTheConnectionForTheNext() throws IOException {
        try (ServerSocket listening = mute()) {
            RpcChannel channel = channel(transport(TestingServer.CONFIG), listening.getLocalPort());
            TestingServer.failure(channel.call(TestingServer.request("x"), Deadline.after(Duration.ofMillis(20))));
            CompletableFuture<Reply> next = call(channel);
            try (TestingPeer peer = TestingPeer.accept(listening)) {
                peer.receive();
                peer.send(
                        Frame.newBuilder().setHelloReply(TestingPeer.welcome()).build());
                assertThat(peer.receive().getRequest().getGet().getKeys(0).toStringUtf8())
                        .as("the expired call is not sent")
                        .isEqualTo("hello");
            }
            assertThat(TestingServer.failure(next).outcome()).isEqualTo(Outcome.UNKNOWN);
        }
    }

    @Test
    void aClosedChannelTakesNoCalls() {
        server.answerAtOnce();
        RpcChannel channel = channel(transport(TestingServer.CONFIG), server.port());
        TestingServer.get(call(channel));
        channel.close();
        MdsException failure = TestingServer.failure(call(channel));
        assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(failure).hasMessageContaining("closed");
        await().until(() -> server.connections.isEmpty());
    }

    @Test
    void closingAChannelWhileItConnectsLeavesNoConnection() throws IOException {
        try (ServerSocket listening = mute()) {
            RpcChannel channel = channel(transport(TestingServer.CONFIG), listening.getLocalPort());
            CompletableFuture<Reply> call = call(channel);
            channel.close();
            try (TestingPeer peer = TestingPeer.accept(listening)) {
                peer.receive();
                peer.send(
                        Frame.newBuilder().setHelloReply(TestingPeer.welcome()).build());
                assertThat(TestingServer.failure(call).outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(peer.receive()).as("closed").isNull();
            }
        }
    }

    @Test
    void aClosedTransportFailsCallsRatherThanForgettingThem() {
        RpcTransport closed = transport(TestingServer.CONFIG);
        RpcChannel channel = channel(closed, server.port());
        closed.close();
        for (int i = 0; i < 3; i++) {
            assertThat(TestingServer.failure(call(channel)).outcome()).isEqualTo(Outcome.NOT_APPLIED);
        }
    }

    @Test
    void aNameThatIsNoHostIsAClearError() {
        RpcChannel channel = transport(TestingServer.CONFIG)
                .channel(
                        new HostPort("no-such-host.invalid", 1),
                        LocalIdentity.of(Role.CLIENT, "client"),
                        RequestHandler.refusing());
        MdsException failure = TestingServer.failure(call(channel));
        assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(failure).hasMessageContaining("no-such-host.invalid:1");
    }
}
