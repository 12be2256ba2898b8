package io.mds.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.mds.proto.ErrorCode;
import io.mds.proto.Frame;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What one side may ask of the other: calls under way, bytes of a frame, answers that are not read. */
class CallLimitTest {
    private static final int MAX_IN_FLIGHT = TestingServer.CONFIG.maxInFlight();

    private final TestingServer server = new TestingServer();
    private final RpcTransport clients = new RpcTransport(TestingServer.CONFIG, "test-client");
    private final RpcConnection client = server.connect(clients);

    @AfterEach
    void close() {
        clients.close();
        server.close();
    }

    private CompletableFuture<Reply> call(String text) {
        return client.call(TestingServer.request(text), TestingServer.deadline());
    }

    @Test
    void moreCallsThanAllowedAreRefusedEarlyWithAHint() throws InterruptedException {
        List<CompletableFuture<Reply>> taken = new ArrayList<>();
        for (int i = 0; i < MAX_IN_FLIGHT; i++) {
            taken.add(call("taken"));
        }
        CompletableFuture<Reply> refused = call("one too many");
        assertThat(refused).as("without asking the server").isCompletedExceptionally();
        TestingServer.assertFailed(
                refused,
                ErrorCode.RESOURCE_EXHAUSTED,
                Outcome.NOT_APPLIED,
                MAX_IN_FLIGHT + " calls",
                "rpc.max-in-flight");
        assertThat(TestingServer.failure(refused).retryAfter()).isPositive();
        for (int i = 0; i < MAX_IN_FLIGHT; i++) {
            server.nextAsked().echo();
        }
        taken.forEach(TestingServer::get);
        server.assertAnswers(client);
    }

    @Test
    void aPeerThatIgnoresTheLimitIsToldSo() throws IOException, InterruptedException {
        try (TestingPeer greedy = TestingPeer.connect(server.port())) {
            greedy.greet(TestingPeer.hello());
            for (int i = 1; i <= MAX_IN_FLIGHT + 1; i++) {
                greedy.send(Frame.newBuilder()
                        .setRequest(TestingServer.request("greedy").setCallId(i).setTimeoutMs(20_000))
                        .build());
            }
            Reply refused = greedy.receive().getReply();
            assertThat(refused.getCallId()).isEqualTo(MAX_IN_FLIGHT + 1);
            assertThat(refused.getError().getCode()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(refused.getError().getRetryAfterMs()).isPositive();
            server.nextAsked().echo();
            assertThat(greedy.receive().getReply().getCallId()).isEqualTo(1);
            greedy.send(Frame.newBuilder()
                    .setRequest(TestingServer.request("again").setCallId(999).setTimeoutMs(20_000))
                    .build());
            for (int i = 2; i <= MAX_IN_FLIGHT; i++) {
                assertThat(server.nextAsked().text()).isEqualTo("greedy");
            }
            assertThat(server.nextAsked().text()).isEqualTo("again");
        }
    }

    @Test
    void aRequestBeyondTheFrameLimitIsRefusedHereAndTheConnectionGoesOn() throws InterruptedException {
        ByteString huge = ByteString.copyFrom(new byte[TestingServer.CONFIG.maxFrameBytes()]);
        TestingServer.assertFailed(
                client.call(TestingServer.request(huge), TestingServer.deadline()),
                ErrorCode.INVALID_ARGUMENT,
                Outcome.NOT_APPLIED,
                "limit: " + TestingServer.CONFIG.maxFrameBytes(),
                "rpc.max-frame");
        assertThatThrownBy(() -> client.send(TestingServer.request(huge))).hasMessageContaining("rpc.max-frame");
        server.assertAnswers(client);
    }

    @Test
    void anAnswerBeyondTheFrameLimitBecomesAnErrorThatPromisesNothing() throws InterruptedException {
        CompletableFuture<Reply> call = call("how long?");
        server.nextAsked()
                .reply()
                .reply(TestingServer.reply(ByteString.copyFrom(new byte[TestingServer.CONFIG.maxFrameBytes()])));
        TestingServer.assertFailed(call, ErrorCode.INVALID_ARGUMENT, Outcome.UNKNOWN, "rpc.max-frame");
        server.assertAnswers(client);
    }

    @Test
    void theSmallerFrameLimitOfTheServerIsKept() throws InterruptedException {
        try (TestingServer small = new TestingServer(TestingServer.config(1 << 16, MAX_IN_FLIGHT), "")) {
            RpcConnection connection = small.connect(clients);
            TestingServer.assertFailed(
                    connection.call(
                            TestingServer.request(ByteString.copyFrom(new byte[1 << 17])), TestingServer.deadline()),
                    ErrorCode.INVALID_ARGUMENT,
                    Outcome.NOT_APPLIED,
                    "limit: 65536");
            CompletableFuture<Reply> next = connection.call(TestingServer.request("small"), TestingServer.deadline());
            small.nextAsked().echo();
            assertThat(TestingServer.text(TestingServer.get(next))).isEqualTo("small");
        }
    }

    @Test
    void aPeerThatAsksAndDoesNotReadHoldsUpNobodyElse() throws Exception {
        ByteString large = ByteString.copyFrom(new byte[256 << 10]);
        server.answerWith((from, request, reply, deadline) -> reply.reply(TestingServer.reply(large)));
        int requests = 200;
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (TestingPeer slow = TestingPeer.connect(server.port())) {
            slow.greet(TestingPeer.hello());
            Future<?> sending = thread.submit(() -> {
                for (int i = 1; i <= requests; i++) {
                    Request.Builder request =
                            TestingServer.request("x").setCallId(i).setTimeoutMs(60_000);
                    slow.send(Frame.newBuilder().setRequest(request).build());
                }
                return null;
            });
            for (int i = 0; i < 10; i++) {
                assertThat(TestingServer.get(call("x")).getGet().getRows(0).getKey())
                        .isEqualTo(large);
            }
            for (int i = 1; i <= requests; i++) {
                assertThat(slow.receive().getReply().getCallId()).isEqualTo(i);
            }
            sending.get(20, TimeUnit.SECONDS);
        } finally {
            thread.shutdownNow();
        }
    }
}
