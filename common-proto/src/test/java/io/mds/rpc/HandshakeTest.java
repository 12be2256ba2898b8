package io.mds.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Frame;
import io.mds.proto.HelloReply;
import io.mds.proto.Outcome;
import io.mds.proto.Ping;
import io.mds.proto.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is let in, over real sockets; whoever is not learns why, and the server goes on serving others. */
class HandshakeTest {
    private static final RpcConfig HASTY =
            TestingServer.connectingFor(Duration.ofMillis(300), Duration.ofMillis(5), Duration.ofMillis(50), 2);

    private TestingServer server = new TestingServer(TestingServer.CONFIG, "cluster-a");
    private final RpcTransport client = new RpcTransport(TestingServer.CONFIG, "test-client");

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private void serveWith(RpcConfig config) {
        server.close();
        server = new TestingServer(config, "cluster-a");
    }

    private CompletableFuture<RpcConnection> connect(HostPort address, Role role, String clusterId) {
        LocalIdentity identity = new LocalIdentity(role, "client", () -> clusterId, () -> 7);
        return client.connect(address, identity, RequestHandler.refusing(), TestingServer.deadline());
    }

    private void assertServesOthers() {
        server.answerAtOnce();
        RpcConnection other = server.connect(client);
        assertThat(TestingServer.text(
                        TestingServer.get(other.call(TestingServer.request("still there?"), TestingServer.deadline()))))
                .isEqualTo("still there?");
        other.close();
    }

    private static void assertRefused(HelloReply reply, String... words) {
        assertThat(reply.getError().getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(reply.getError().getMessage()).contains(words);
        assertThat(reply.getError().getOutcome()).isEqualTo(Outcome.NOT_APPLIED);
    }

    @Test
    void bothSidesLearnWhoTheOtherIs() {
        RpcConnection connection = TestingServer.get(connect(server.address(), Role.REGION, "cluster-a"));
        assertThat(connection.peer().role()).isEqualTo(Role.MASTER);
        assertThat(connection.peer().name()).isEqualTo("test server");
        assertThat(connection.peer().clusterId()).isEqualTo("cluster-a");
        assertThat(connection.peer().protocolVersion()).isEqualTo(Handshake.PROTOCOL_VERSION);
        // The answer is on its way before the server's side tells its listener.
        await().until(() -> !server.connections.isEmpty());
        PeerInfo seen = server.connections.get(0).peer();
        assertThat(seen.role()).isEqualTo(Role.REGION);
        assertThat(seen.name()).isEqualTo("client");
        assertThat(seen.regionId()).isEqualTo(7);
    }

    @Test
    void aNewerPeerThatSpeaksTheOldVersionIsWelcome() throws IOException {
        try (TestingPeer peer = TestingPeer.connect(server.port())) {
            HelloReply reply = peer.greet(TestingPeer.hello().setProtocolVersion(9));
            assertThat(reply.hasError()).isFalse();
            assertThat(reply.getProtocolVersion()).isEqualTo(Handshake.PROTOCOL_VERSION);
        }
    }

    @Test
    void versionsWithoutACommonOneAreBothNamed() throws IOException {
        try (TestingPeer peer = TestingPeer.connect(server.port())) {
            assertRefused(
                    peer.greet(TestingPeer.hello().setProtocolVersion(9).setMinProtocolVersion(8)),
                    "8 to 9",
                    "1 to 1",
                    "upgrade");
            assertThat(peer.receive()).as("closed").isNull();
        }
        try (TestingPeer peer = TestingPeer.connect(server.port())) {
            assertRefused(peer.greet(TestingPeer.hello().setProtocolVersion(0)), "to 0", "1 to 1");
        }
        assertServesOthers();
    }

    @Test
    void differentClustersAreBothNamed() {
        MdsException refused = TestingServer.failure(connect(server.address(), Role.CLIENT, "cluster-b"));
        assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(refused.isRetryable()).isFalse();
        assertThat(refused)
                .hasMessageContainingAll(
                        "cluster-a",
                        "cluster-b",
                        "ZooKeeper root",
                        server.address().toString());
        assertServesOthers();
    }

    @Test
    void whoDoesNotKnowItsClusterYetIsLetIn() {
        assertThat(TestingServer.get(connect(server.address(), Role.CLIENT, "")).isOpen())
                .isTrue();
    }

    @Test
    void aPeerWithoutARoleIsRefused() throws IOException {
        MdsException refused = TestingServer.failure(connect(server.address(), Role.ROLE_UNSPECIFIED, "cluster-a"));
        assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(refused).hasMessageContainingAll("role", "ROLE_UNSPECIFIED", "expected: CLIENT");
        try (TestingPeer peer = TestingPeer.connect(server.port())) {
            assertRefused(peer.greet(TestingPeer.hello().setRoleValue(77)), "role", "expected: CLIENT");
        }
        assertServesOthers();
    }

    @Test
    void nothingComesBeforeTheGreeting() throws IOException {
        try (TestingPeer peer = TestingPeer.connect(server.port())) {
            peer.send(Frame.newBuilder().setPing(Ping.getDefaultInstance()).build());
            assertRefused(peer.receive().getHelloReply(), "PING", "expected: HELLO");
            assertThat(peer.receive()).as("closed").isNull();
        }
        assertServesOthers();
    }

    @Test
    void whoSaysNothingIsShutOutAfterTheTimeLimit() throws IOException {
        serveWith(HASTY);
        try (TestingPeer silent = TestingPeer.connect(server.port())) {
            HelloReply reply = silent.receive().getHelloReply();
            assertThat(reply.getError().getCode()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(reply.getError().getMessage()).contains("no handshake", "300 ms", "rpc.connect-timeout");
            assertThat(silent.receive()).as("closed").isNull();
        }
        assertServesOthers();
    }

    @Test
    void aServerThatAcceptsAndSaysNothingIsGivenUp() throws IOException {
        try (RpcTransport hasty = new RpcTransport(HASTY, "test-hasty");
                ServerSocket mute = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            MdsException refused = TestingServer.failure(hasty.connect(
                    new HostPort("127.0.0.1", mute.getLocalPort()),
                    LocalIdentity.of(Role.CLIENT, "client"),
                    RequestHandler.refusing(),
                    TestingServer.deadline()));
            assertThat(refused.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(refused.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(refused).hasMessageContainingAll(":" + mute.getLocalPort(), "handshake");
        }
    }

    @Test
    void aServerOfAnotherVersionOrClusterIsNotTrusted() throws IOException {
        assertThat(answeredWith(TestingPeer.welcome().setProtocolVersion(5)))
                .hasMessageContainingAll("protocol version 5", "1 to 1");
        assertThat(answeredWith(TestingPeer.welcome().setClusterId("cluster-c")))
                .hasMessageContainingAll("cluster-a", "cluster-c");
        assertThat(answeredWith(TestingPeer.welcome().setRole(Role.ROLE_UNSPECIFIED)))
                .hasMessageContainingAll("role", "ROLE_UNSPECIFIED");
    }

    private MdsException answeredWith(HelloReply.Builder answer) throws IOException {
        try (ServerSocket listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            CompletableFuture<RpcConnection> opening =
                    connect(new HostPort("127.0.0.1", listening.getLocalPort()), Role.CLIENT, "cluster-a");
            try (TestingPeer peer = TestingPeer.accept(listening)) {
                peer.receive();
                peer.send(Frame.newBuilder().setHelloReply(answer).build());
                MdsException refused = TestingServer.failure(opening);
                assertThat(peer.receive()).as("closed").isNull();
                return refused;
            }
        }
    }

    @Test
    void moreConnectionsThanAllowedAreRefusedUntilOneEnds() {
        serveWith(HASTY);
        RpcConnection first = server.connect(client);
        server.connect(client);
        MdsException refused = TestingServer.failure(connect(server.address(), Role.CLIENT, ""));
        assertThat(refused.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(refused).hasMessageContainingAll("2 connections", "rpc.max-connections");
        first.close();
        await().atMost(Duration.ofSeconds(20))
                .ignoreException(MdsException.class)
                .untilAsserted(this::assertServesOthers);
    }

    @Test
    void theLastTenthOfTheConnectionsIsForServers() {
        serveWith(TestingServer.connectingFor(Duration.ofSeconds(20), Duration.ofMillis(5), Duration.ofMillis(50), 10));
        for (int i = 0; i < 9; i++) {
            server.connect(client);
        }
        MdsException refused = TestingServer.failure(connect(server.address(), Role.CLIENT, ""));
        assertThat(refused.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(refused.isRetryable()).isTrue();
        assertThat(refused).hasMessageContainingAll("9 connections", "rpc.max-connections");
        // The refused one may take a moment to be gone.
        await().atMost(Duration.ofSeconds(20))
                .ignoreException(MdsException.class)
                .untilAsserted(() -> TestingServer.get(connect(server.address(), Role.REGION, "")));
    }

    @Test
    void aHangingHandshakeEndsWithTheDeadlineOfItsCaller() throws IOException {
        try (ServerSocket mute = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                RpcTransport patient = new RpcTransport(
                        TestingServer.connectingFor(
                                Duration.ofMinutes(10), Duration.ofMillis(5), Duration.ofMillis(50), 2),
                        "test-patient")) {
            assertThat(TestingServer.failure(patient.connect(
                                    new HostPort("127.0.0.1", mute.getLocalPort()),
                                    LocalIdentity.of(Role.CLIENT, "client"),
                                    RequestHandler.refusing(),
                                    Deadline.after(Duration.ofMillis(100))))
                            .code())
                    .isEqualTo(ErrorCode.UNAVAILABLE);
        }
    }
}
