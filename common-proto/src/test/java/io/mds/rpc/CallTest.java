package io.mds.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls on one connection over real sockets: each ends once, and with the truth about what became of it. */
class CallTest {
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
    void callsUnderWayTogetherGetTheirOwnAnswersInAnyOrder() throws InterruptedException {
        List<CompletableFuture<Reply>> answers = new ArrayList<>();
        List<TestingServer.Asked> asked = new ArrayList<>();
        for (int i = 0; i < MAX_IN_FLIGHT; i++) {
            answers.add(call("call " + i));
        }
        for (int i = 0; i < MAX_IN_FLIGHT; i++) {
            asked.add(server.nextAsked());
        }
        assertThat(asked.stream().map(TestingServer.Asked::text))
                .as("in the order of sending")
                .containsExactlyElementsOf(IntStream.range(0, MAX_IN_FLIGHT)
                        .mapToObj(i -> "call " + i)
                        .toList());
        long seed = System.nanoTime();
        Collections.shuffle(asked, new Random(seed));
        asked.forEach(TestingServer.Asked::echo);
        for (int i = 0; i < MAX_IN_FLIGHT; i++) {
            assertThat(TestingServer.text(TestingServer.get(answers.get(i))))
                    .as("seed %s", seed)
                    .isEqualTo("call " + i);
        }
    }

    @Test
    void manyThreadsShareOneConnection() throws Exception {
        server.answerAtOnce();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> workers = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                String name = "thread " + thread + " call ";
                workers.add(threads.submit(() -> {
                    for (int i = 0; i < 500; i++) {
                        assertThat(TestingServer.text(TestingServer.get(call(name + i))))
                                .isEqualTo(name + i);
                    }
                }));
            }
            for (Future<?> worker : workers) {
                worker.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aCallEndsAtItsDeadlineAndItsLateAnswerIsDropped() throws InterruptedException {
        for (int round = 0; round < 2 * MAX_IN_FLIGHT; round += MAX_IN_FLIGHT) {
            List<CompletableFuture<Reply>> calls = new ArrayList<>();
            for (int i = 0; i < MAX_IN_FLIGHT; i++) {
                calls.add(client.call(TestingServer.request("slow"), Deadline.after(Duration.ofMillis(100))));
            }
            for (CompletableFuture<Reply> call : calls) {
                TestingServer.assertFailed(
                        call, ErrorCode.DEADLINE_EXCEEDED, Outcome.UNKNOWN, "GET", "test server", "deadline");
            }
            for (int i = 0; i < MAX_IN_FLIGHT; i++) {
                TestingServer.Asked late = server.nextAsked();
                assertThat(late.request().getTimeoutMs()).isBetween(1, 100);
                late.echo();
            }
            server.assertAnswers(client);
        }
    }

    @Test
    void aCallWhoseDeadlineHasPassedIsNotSent() throws InterruptedException {
        TestingServer.assertFailed(
                client.call(TestingServer.request("late"), Deadline.after(Duration.ofNanos(-1))),
                ErrorCode.DEADLINE_EXCEEDED,
                Outcome.NOT_APPLIED,
                "not sent");
        server.assertAnswers(client);
        assertThat(server.asked).isEmpty();
    }

    @Test
    void callsUnderWayWhenTheConnectionEndsHaveAnUnknownOutcome() throws InterruptedException {
        CompletableFuture<Reply> call = call("cut off");
        TestingServer.Asked asked = server.nextAsked();
        asked.from().close();
        TestingServer.assertFailed(call, ErrorCode.UNAVAILABLE, Outcome.UNKNOWN, "GET", "was sent", "lost");
        asked.echo();
        await().until(() -> !client.isOpen());
        TestingServer.assertFailed(call("too late"), ErrorCode.UNAVAILABLE, Outcome.NOT_APPLIED, "not sent");
    }

    @Test
    void closingThisSideEndsItsCallsToo() throws InterruptedException {
        CompletableFuture<Void> told = new CompletableFuture<>();
        client.onClose(() -> told.complete(null));
        CompletableFuture<Reply> call = call("given up");
        server.nextAsked();
        client.close();
        TestingServer.assertFailed(call, ErrorCode.UNAVAILABLE, Outcome.UNKNOWN, "was sent");
        TestingServer.get(told);
        TestingServer.assertFailed(call("too late"), ErrorCode.UNAVAILABLE, Outcome.NOT_APPLIED, "not sent");
        client.send(TestingServer.request("dropped"));
        CompletableFuture<Void> toldAtOnce = new CompletableFuture<>();
        client.onClose(() -> toldAtOnce.complete(null));
        assertThat(toldAtOnce).isDone();
    }

    @Test
    void noCallIsForgottenWhenTheConnectionEndsAmongMany() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 20; round++) {
                RpcConnection connection = server.connect(clients);
                List<Future<List<CompletableFuture<Reply>>>> workers = new ArrayList<>();
                for (int thread = 0; thread < 4; thread++) {
                    workers.add(threads.submit(() -> {
                        List<CompletableFuture<Reply>> calls = new ArrayList<>();
                        for (int i = 0; i < MAX_IN_FLIGHT; i++) {
                            calls.add(connection.call(TestingServer.request("x"), TestingServer.deadline()));
                        }
                        return calls;
                    }));
                }
                connection.close();
                for (Future<List<CompletableFuture<Reply>>> worker : workers) {
                    for (CompletableFuture<Reply> call : worker.get(20, TimeUnit.SECONDS)) {
                        assertThat(TestingServer.failure(call).code())
                                .isIn(ErrorCode.UNAVAILABLE, ErrorCode.RESOURCE_EXHAUSTED);
                    }
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void anOrderlyEndLetsCallsUnderWayFinish() throws InterruptedException {
        RpcConnection idle = server.connect(clients);
        CompletableFuture<Reply> call = call("under way");
        TestingServer.Asked asked = server.nextAsked();
        server.server().stopAccepting();
        await().until(() -> !client.isOpen() && !idle.isOpen());
        TestingServer.assertFailed(call("new"), ErrorCode.UNAVAILABLE, Outcome.NOT_APPLIED, "not sent");
        assertThat(call).isNotDone();
        asked.echo();
        assertThat(TestingServer.text(TestingServer.get(call))).isEqualTo("under way");
    }

    @Test
    void theServerCanAskAndTellTheClient() throws InterruptedException {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        RequestHandler handler = (from, request, reply, deadline) -> {
            told.add(request.getCallId() + " " + request.getGet().getKeys(0).toStringUtf8());
            reply.reply(TestingServer.reply(ByteString.copyFromUtf8("from the client")));
        };
        TestingServer.get(clients.connect(
                server.address(), LocalIdentity.of(Role.REGION, "region 1"), handler, TestingServer.deadline()));
        await().until(() -> server.connections.stream()
                .anyMatch(connection -> connection.peer().name().equals("region 1")));
        RpcConnection region = server.connections.stream()
                .filter(connection -> connection.peer().name().equals("region 1"))
                .findAny()
                .orElseThrow();
        for (int i = 0; i < 3 * MAX_IN_FLIGHT; i++) {
            region.send(TestingServer.request("news " + i));
        }
        assertThat(TestingServer.text(
                        TestingServer.get(region.call(TestingServer.request("question"), TestingServer.deadline()))))
                .isEqualTo("from the client");
        assertThat(told).hasSize(3 * MAX_IN_FLIGHT + 1).startsWith("0 news 0").endsWith("1 question");
    }

    @Test
    void aDefectInTheHandlerIsAnInternalErrorAndNoMore() throws InterruptedException {
        try (TestingLog log = new TestingLog()) {
            server.answerWith((from, request, reply, deadline) -> {
                throw new IllegalStateException("secret detail");
            });
            CompletableFuture<Reply> call = call("poison");
            TestingServer.assertFailed(call, ErrorCode.INTERNAL, Outcome.UNKNOWN, "IllegalStateException");
            assertThat(TestingServer.failure(call).getMessage()).doesNotContain("secret detail");
            assertThat(log.atLeast(Level.ERROR)).singleElement().asString().contains("GET", "client");
        }
        server.answerWith(null);
        server.assertAnswers(client);
    }

    @Test
    void anErrorOfTheHandlerArrivesAsItIs() throws InterruptedException {
        MdsException error = MdsException.builder(ErrorCode.CONDITION_FAILED, "version is 3")
                .operation(5)
                .build();
        server.answerWith((from, request, reply, deadline) -> {
            throw error;
        });
        MdsException failure = TestingServer.failure(call("check"));
        assertThat(failure.toProto()).isEqualTo(error.toProto());
        server.answerWith(null);
        server.assertAnswers(client);
    }

    @Test
    void onlyTheFirstAnswerCounts() throws InterruptedException {
        CompletableFuture<Reply> call = call("twice");
        TestingServer.Asked asked = server.nextAsked();
        asked.echo();
        asked.echo();
        asked.reply().fail(MdsException.of(ErrorCode.INTERNAL, "changed its mind"));
        assertThat(TestingServer.text(TestingServer.get(call))).isEqualTo("twice");
        server.assertAnswers(client);
    }

    @Test
    void blockingOnAnEventLoopIsRefused() throws InterruptedException {
        CompletableFuture<Reply> call = call("x");
        CompletableFuture<Throwable> thrown =
                call.handle((reply, failure) -> catchThrowable(EventLoops::assertMayBlock));
        server.nextAsked().echo();
        assertThat(TestingServer.get(thrown))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("event loop", "test-client-io-1");
        EventLoops.assertMayBlock();
    }
}
