package io.mds.rpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import com.google.protobuf.ByteString;
import io.mds.proto.ErrorCode;
import io.mds.proto.Frame;
import io.mds.proto.GetRequest;
import io.mds.proto.GetRoutesRequest;
import io.mds.proto.HelloReply;
import io.mds.proto.Ping;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.RouteUpdate;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of a conversation, however the network cuts them, and bytes that are none. */
class FrameConversationTest {
    private static final RpcConfig CONFIG = new RpcConfig(
            1 << 10,
            4,
            Duration.ofSeconds(15),
            Duration.ofSeconds(2),
            Duration.ofMillis(50),
            Duration.ofSeconds(2),
            1,
            10);

    private static Frame request(long callId, int keyBytes) {
        return Frame.newBuilder()
                .setRequest(Request.newBuilder()
                        .setCallId(callId)
                        .setTimeoutMs(1_000)
                        .setGet(GetRequest.newBuilder().addKeys(ByteString.copyFrom(new byte[keyBytes]))))
                .build();
    }

    private static byte[] conversation() {
        return TestingChannel.bytes(
                TestingChannel.hello(),
                Frame.newBuilder().setPing(Ping.getDefaultInstance()).build(),
                request(7, 0),
                Frame.newBuilder()
                        .setRequest(Request.newBuilder().setRouteUpdate(RouteUpdate.getDefaultInstance()))
                        .build(),
                Frame.newBuilder().setReply(Reply.newBuilder().setCallId(99)).build(),
                request(1L << 40, 300),
                Frame.newBuilder()
                        .setRequest(
                                Request.newBuilder().setCallId(8).setGetRoutes(GetRoutesRequest.getDefaultInstance()))
                        .build());
    }

    /** What the accepting side hears and sends when the bytes arrive in these pieces. */
    private static List<String> transcript(byte[] bytes, int... cuts) {
        try (TestingChannel channel = new TestingChannel(CONFIG)) {
            int from = 0;
            for (int cut : cuts) {
                channel.receive(bytes, from, cut);
                from = cut;
            }
            channel.receive(bytes, from, bytes.length);
            List<String> all = new ArrayList<>(channel.heard);
            channel.sent().forEach(frame -> all.add("sent " + frame));
            all.add("open: " + channel.isOpen());
            return all;
        }
    }

    @Test
    void aConversationIsTheSameWhereverTheNetworkCutsIt() {
        byte[] bytes = conversation();
        List<String> whole = transcript(bytes);
        assertThat(whole.stream().filter(line -> line.startsWith("request "))).hasSize(4);
        assertThat(whole.stream().filter(line -> line.startsWith("sent "))).hasSize(5);
        assertThat(whole).first().asString().startsWith("greeted tester");
        assertThat(whole).endsWith("open: true");
        for (int cut = 0; cut <= bytes.length; cut++) {
            assertThat(transcript(bytes, cut)).as("cut after byte %s", cut).isEqualTo(whole);
        }
        int[] everywhere = new int[bytes.length - 1];
        for (int i = 0; i < everywhere.length; i++) {
            everywhere[i] = i + 1;
        }
        assertThat(transcript(bytes, everywhere)).as("byte by byte").isEqualTo(whole);
    }

    @Test
    void randomPiecesMakeNoDifferenceEither() {
        byte[] bytes = conversation();
        List<String> whole = transcript(bytes);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            int[] cuts = random.ints(5, 0, bytes.length).sorted().toArray();
            assertThat(transcript(bytes, cuts)).as("seed %s, round %s", seed, i).isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001",
                "SSH-2.0-x\r\n"
            })
    void otherProtocolsAreToldWhatThisPortIsAndShutOut(String text) {
        try (TestingLog log = new TestingLog();
                TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(text.getBytes(US_ASCII));
            assertRefused(channel, "MDS port", "limit: 1024");
            assertThat(log.atLeast(Level.WARN)).singleElement().asString().contains("limit: 1024");
        }
    }

    private static void assertRefused(TestingChannel channel, String... words) {
        assertThat(channel.sent()).singleElement().satisfies(frame -> {
            HelloReply reply = frame.getHelloReply();
            assertThat(reply.getError().getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(reply.getError().getMessage()).contains(words);
        });
        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.violations.count()).isEqualTo(1);
        assertThat(channel.connection).isNull();
    }

    @Test
    void aFrameThatIsNoMessageIsRefused() {
        try (TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(new byte[] {0, 0, 0, 3, -1, -1, -1});
            assertRefused(channel, "not a frame");
        }
    }

    @Test
    void garbageThatGoesOnIsCountedAndLoggedOnce() {
        byte[] one = {0, 0, 0, 3, -1, -1, -1};
        ByteBuffer much = ByteBuffer.allocate(one.length * 100);
        while (much.hasRemaining()) {
            much.put(one);
        }
        try (TestingLog log = new TestingLog();
                TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(much.array());
            assertRefused(channel, "not a frame");
            assertThat(log.atLeast(Level.WARN)).hasSize(1);
        }
    }

    @Test
    void manyBadPeersAreAllCountedAndShareOneLine() {
        try (TestingLog log = new TestingLog()) {
            Violations violations = new Violations();
            for (int i = 0; i < 1_000; i++) {
                violations.report(null, "nonsense");
            }
            assertThat(violations.count()).isEqualTo(1_000);
            // A slow machine may take more than a second for the loop.
            assertThat(log.atLeast(Level.WARN)).hasSizeBetween(1, 20);
        }
    }

    @Test
    void nothingIsHeardAfterGarbageOnAGreetedConnection() {
        byte[] hello = TestingChannel.bytes(TestingChannel.hello());
        byte[] request = TestingChannel.bytes(request(1, 0));
        ByteBuffer rest = ByteBuffer.allocate(7 + request.length)
                .put(new byte[] {0, 0, 0, 3, -1, -1, -1})
                .put(request);
        try (TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(hello);
            channel.sent();
            channel.receive(rest.array());
            assertThat(channel.heard).noneMatch(line -> line.startsWith("request "));
            assertThat(channel.sent())
                    .singleElement()
                    .satisfies(
                            frame -> assertThat(frame.getGoAway().getReason()).contains("not a frame"));
            assertThat(channel.isOpen()).isFalse();
            assertThat(channel.violations.count()).isEqualTo(1);
        }
    }

    @Test
    void randomBytesNeverBecomeARequest() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            byte[] garbage = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(garbage);
            try (TestingLog log = new TestingLog();
                    TestingChannel channel = new TestingChannel(CONFIG)) {
                channel.receive(garbage);
                assertThat(log.atLeast(Level.ERROR)).isEmpty();
                assertThat(channel.heard)
                        .as("seed %s, round %s", seed, i)
                        .noneMatch(line -> line.startsWith("request ") || line.startsWith("greeted "));
            }
        }
    }

    @Test
    void aFrameBeyondTheLimitIsRefusedAtItsLengthWithBothSizes() {
        try (TestingLog log = new TestingLog();
                TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(TestingChannel.bytes(TestingChannel.hello()));
            channel.sent();
            channel.receive(ByteBuffer.allocate(4).putInt(1_025).array());
            assertThat(channel.sent())
                    .singleElement()
                    .satisfies(frame -> assertThat(frame.getGoAway().getReason())
                            .contains("1025 bytes", "limit: 1024", "rpc.max-frame"));
            assertThat(channel.isOpen()).isFalse();
            assertThat(log.atLeast(Level.WARN))
                    .singleElement()
                    .asString()
                    .contains("1025 bytes", "limit: 1024", "rpc.max-frame");
        }
    }

    @Test
    void aLengthBeyondAnIntIsNotTakenForANegativeOne() {
        try (TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(new byte[] {-1, -1, -1, -1});
            assertRefused(channel, "4294967295 bytes", "limit: 1024");
        }
    }

    @Test
    void aFrameOfExactlyTheLimitPasses() {
        int overhead = request(1, 200).getSerializedSize() - 200;
        Frame longest = request(1, 1_024 - overhead - 2);
        while (longest.getSerializedSize() < 1_024) {
            longest = request(1, longest.getRequest().getGet().getKeys(0).size() + 1);
        }
        assertThat(longest.getSerializedSize()).isEqualTo(1_024);
        try (TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(TestingChannel.bytes(TestingChannel.hello(), longest));
            assertThat(channel.heard)
                    .filteredOn(line -> line.startsWith("request "))
                    .hasSize(1);
            assertThat(channel.isOpen()).isTrue();
        }
    }

    @Test
    void framesOutOfTheirPlaceCloseTheConnection() {
        try (TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(TestingChannel.bytes(request(1, 0)));
            assertThat(channel.sent())
                    .singleElement()
                    .satisfies(
                            frame -> assertThat(frame.getHelloReply().getError().getMessage())
                                    .contains("REQUEST", "expected: HELLO"));
            assertThat(channel.isOpen()).isFalse();
        }
        try (TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(TestingChannel.bytes(TestingChannel.hello(), TestingChannel.hello()));
            assertThat(channel.isOpen()).isFalse();
            assertThat(channel.violations.count()).isEqualTo(1);
        }
    }

    @Test
    void aSilentPeerIsPingedThenShutOut() {
        try (TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(TestingChannel.bytes(TestingChannel.hello()));
            channel.sent();
            channel.advance(5_001);
            assertThat(channel.sent()).extracting(Frame::getKindCase).contains(Frame.KindCase.PING);
            assertThat(channel.isOpen()).isTrue();
            channel.advance(5_001);
            channel.advance(5_001);
            assertThat(channel.isOpen()).isFalse();
        }
    }

    @Test
    void aLongFrameThatComesSlowlyIsNotSilence() {
        byte[] request = TestingChannel.bytes(request(1, 300));
        try (TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.receive(TestingChannel.bytes(TestingChannel.hello()));
            for (int i = 0; i < request.length; i += 30) {
                channel.advance(6_000);
                channel.receive(request, i, Math.min(i + 30, request.length));
            }
            assertThat(channel.isOpen()).isTrue();
            assertThat(channel.heard)
                    .filteredOn(line -> line.startsWith("request "))
                    .hasSize(1);
        }
    }

    @Test
    void aPeerThatSaysNothingIsShutOutOfTheHandshake() {
        try (TestingChannel channel = new TestingChannel(CONFIG)) {
            channel.advance(2_001);
            assertThat(channel.isOpen()).isFalse();
            assertThat(channel.sent())
                    .singleElement()
                    .satisfies(
                            frame -> assertThat(frame.getHelloReply().getError().getMessage())
                                    .contains("handshake", "2000 ms", "rpc.connect-timeout"));
        }
    }

    @Test
    void oneWayRequestsLeaveRoomForOthersHoweverManyThereWere() {
        byte[] oneWay = TestingChannel.bytes(Frame.newBuilder()
                .setRequest(Request.newBuilder().setRouteUpdate(RouteUpdate.getDefaultInstance()))
                .build());
        LocalIdentity identity = LocalIdentity.of(Role.CLIENT, "client");
        List<Request> heard = new ArrayList<>();
        // As clients take route updates: without a word to the replier.
        RequestHandler silent = (from, request, reply, deadline) -> heard.add(request);
        try (TestingChannel channel = new TestingChannel(CONFIG, identity, silent)) {
            channel.receive(TestingChannel.bytes(TestingChannel.hello()));
            for (int i = 0; i < 3 * CONFIG.maxInFlight(); i++) {
                channel.receive(oneWay);
            }
            assertThat(heard).hasSize(3 * CONFIG.maxInFlight());
        }
    }
}
