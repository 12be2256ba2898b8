package io.mds.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.EncodedRow;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server, and the transport of clients to it. What it is asked waits in a queue until the test answers. */
final class TestingServer implements AutoCloseable, RequestHandler, ConnectionListener {
    static final RpcConfig CONFIG = config(16 << 20, 64);

    /** Longer than anything a test waits for. */
    private static final Duration LONG = Duration.ofSeconds(20);

    final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    final List<RpcConnection> connections = new CopyOnWriteArrayList<>();
    final RpcTransport transport;
    private final LocalIdentity identity;
    private RpcServer server;
    private volatile RequestHandler answering;

    /** One request and the means to answer it. */
    record Asked(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        String text() {
            return request.getGet().getKeys(0).toStringUtf8();
        }

        void echo() {
            reply.reply(TestingServer.reply(request.getGet().getKeys(0)));
        }
    }

    TestingServer() {
        this(CONFIG, "");
    }

    TestingServer(RpcConfig config, String clusterId) {
        transport = new RpcTransport(config, "test-server");
        identity = new LocalIdentity(Role.MASTER, "test server", () -> clusterId, () -> 0);
        listen(0);
    }

    static RpcConfig config(int maxFrameBytes, int maxInFlight) {
        return new RpcConfig(
                maxFrameBytes,
                maxInFlight,
                Duration.ofSeconds(15),
                Duration.ofSeconds(10),
                Duration.ofMillis(5),
                Duration.ofMillis(50),
                1,
                100);
    }

    static RpcConfig idleAfter(Duration idle) {
        return new RpcConfig(
                1 << 20, 64, idle, Duration.ofSeconds(10), Duration.ofMillis(5), Duration.ofMillis(50), 1, 100);
    }

    static RpcConfig connectingFor(Duration connect, Duration backoffMin, Duration backoffMax, int maxConnections) {
        return new RpcConfig(1 << 20, 64, Duration.ofSeconds(15), connect, backoffMin, backoffMax, 1, maxConnections);
    }

    void listen(int port) {
        server = transport.listen(new HostPort("127.0.0.1", port), identity, this, this);
    }

    void stopListening() {
        server.close();
    }

    RpcServer server() {
        return server;
    }

    int port() {
        return server.port();
    }

    HostPort address() {
        return new HostPort("127.0.0.1", port());
    }

    /** Requests are answered by this from now on, on the event loop. */
    void answerWith(RequestHandler handler) {
        answering = handler;
    }

    void answerAtOnce() {
        answerWith((from, request, reply, deadline) -> new Asked(from, request, reply, deadline).echo());
    }

    @Override
    public void handle(RpcConnection from, Request request, Replier reply, Deadline deadline) {
        RequestHandler handler = answering;
        if (handler != null) {
            handler.handle(from, request, reply, deadline);
        } else {
            asked.add(new Asked(from, request, reply, deadline));
        }
    }

    @Override
    public void opened(RpcConnection connection) {
        connections.add(connection);
    }

    @Override
    public void closed(RpcConnection connection) {
        connections.remove(connection);
    }

    Asked nextAsked() throws InterruptedException {
        Asked next = asked.poll(LONG.toSeconds(), TimeUnit.SECONDS);
        assertThat(next).as("a request").isNotNull();
        return next;
    }

    RpcConnection connect(RpcTransport from) {
        return get(from.connect(
                address(), LocalIdentity.of(Role.CLIENT, "client"), RequestHandler.refusing(), deadline()));
    }

    static Deadline deadline() {
        return Deadline.after(LONG);
    }

    static Request.Builder request(String text) {
        return request(ByteString.copyFromUtf8(text));
    }

    static Request.Builder request(ByteString text) {
        return Request.newBuilder().setGet(GetRequest.newBuilder().addKeys(text));
    }

    static Reply.Builder reply(ByteString text) {
        return Reply.newBuilder()
                .setGet(GetReply.newBuilder().addRows(EncodedRow.newBuilder().setKey(text)));
    }

    static String text(Reply reply) {
        return reply.getGet().getRows(0).getKey().toStringUtf8();
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(LONG.toSeconds() + 10, TimeUnit.SECONDS);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof MdsException known) {
                throw known;
            }
            throw new AssertionError(e.getCause());
        }
    }

    /** How the future failed; that it fails with anything else than an {@link MdsException} is a failure of the test. */
    static MdsException failure(CompletableFuture<?> future) {
        Throwable failure = catchThrowable(() -> get(future));
        assertThat(failure).isInstanceOf(MdsException.class);
        return (MdsException) failure;
    }

    static void assertFailed(CompletableFuture<?> call, ErrorCode code, Outcome outcome, String... words) {
        MdsException failure = failure(call);
        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure.outcome()).isEqualTo(outcome);
        assertThat(failure).hasMessageContainingAll(words);
    }

    /** That a call on the connection gets its answer; nothing else may wait in the queue. */
    void assertAnswers(RpcConnection client) throws InterruptedException {
        CompletableFuture<Reply> answer = client.call(request("and now?"), deadline());
        nextAsked().echo();
        assertThat(text(get(answer))).isEqualTo("and now?");
    }

    @Override
    public void close() {
        server.close();
        transport.close();
    }
}
