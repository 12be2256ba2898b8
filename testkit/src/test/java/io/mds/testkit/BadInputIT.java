package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.mds.client.Batch;
import io.mds.client.Key;
import io.mds.client.MdsClient;
import io.mds.client.Row;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Frame;
import io.mds.proto.GetRequest;
import io.mds.proto.GetRoutesRequest;
import io.mds.proto.HelloReply;
import io.mds.proto.Operation;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.RequestId;
import io.mds.proto.ScanRequest;
import io.mds.proto.ShardRef;
import io.mds.proto.TableRoute;
import io.mds.proto.WriteRequest;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Wrong, oversized and hostile input to a running cluster: an error of its own for each, and others are served on. */
class BadInputIT {
    private static MdsCluster cluster;
    private static MdsClient client;
    private static Table table;

    @BeforeAll
    static void start() {
        cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .masters(1)
                .regions(2)
                .start();
        client = cluster.client();
        client.createTable(TableSchema.named("files")
                .column("dir", ColumnType.STRING)
                .column("name", ColumnType.STRING)
                .column("size", ColumnType.INT64)
                .nullableColumn("note", ColumnType.STRING)
                .primaryKey("dir", "name")
                .shards(4)
                .replicas(1)
                .build());
        table = client.table("files");
        table.upsert(row());
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** Whatever a test did, the connections that others had before it are served on, and nobody died. */
    @AfterEach
    void othersAreServedOn() {
        assertThat(table.get("/etc", "hosts").orElseThrow().getLong("size")).isEqualTo(220);
        table.upsert(row());
        assertThat(client.listTables()).hasSize(1);
        assertThat(cluster.masters()).allMatch(Member::isRunning);
        assertThat(cluster.regions()).allMatch(Member::isRunning);
        for (Member member : everybody()) {
            assertThat(member.output()).as(member.name() + " logs").doesNotContain("\tat io.mds");
        }
    }

    private static List<Member> everybody() {
        return Stream.concat(cluster.masters().stream(), cluster.regions().stream())
                .toList();
    }

    private static Row row() {
        return Row.of("dir", "/etc", "name", "hosts", "size", 220L);
    }

    private static Row withNote(String note) {
        return Row.of("dir", "/", "name", "x", "size", 1L, "note", note);
    }

    private static void refused(ErrorCode code, String says, Runnable call) {
        MdsException refusal = catchThrowableOfType(MdsException.class, call::run);
        assertThat(refusal).as("what was to be refused, saying " + says).isNotNull();
        assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(code);
        assertThat(refusal.getMessage()).contains(says);
        assertThat(refusal.outcome()).isEqualTo(Outcome.NOT_APPLIED);
    }

    @Test
    void tablesAndColumnsThatDoNotExistAreNamed() {
        refused(ErrorCode.NOT_FOUND, "nowhere", () -> client.table("nowhere").get("a"));
        refused(ErrorCode.NOT_FOUND, "nowhere", () -> client.dropTable("nowhere"));
        refused(
                ErrorCode.INVALID_ARGUMENT,
                "colour",
                () -> table.upsert(Row.of("dir", "/", "name", "x", "size", 1L, "colour", "red")));
        refused(
                ErrorCode.INVALID_ARGUMENT,
                "colour",
                () -> table.update(Key.of("/etc", "hosts"), Update.set("colour", "red")));
    }

    @Test
    void valuesOfTheWrongTypeAreNamedWithTheTypeThatIsWanted() {
        refused(
                ErrorCode.INVALID_ARGUMENT,
                "INT64",
                () -> table.upsert(Row.of("dir", "/", "name", "x", "size", "large")));
        refused(ErrorCode.INVALID_ARGUMENT, "STRING", () -> table.get("/etc", 7L));
        refused(
                ErrorCode.INVALID_ARGUMENT,
                "note",
                () -> table.update(Key.of("/etc", "hosts"), Update.increment("note", 1)));
    }

    @Test
    void missingKeyColumnsAndNullsThatMayNotBeAreNamed() {
        refused(ErrorCode.INVALID_ARGUMENT, "name", () -> table.upsert(Row.of("dir", "/", "size", 1L)));
        refused(ErrorCode.INVALID_ARGUMENT, "name", () -> table.get("/etc"));
        refused(ErrorCode.INVALID_ARGUMENT, "size", () -> table.upsert(Row.of("dir", "/", "name", "x", "size", null)));
        refused(ErrorCode.INVALID_ARGUMENT, "size", () -> table.upsert(Row.of("dir", "/", "name", "x")));
        refused(
                ErrorCode.INVALID_ARGUMENT,
                "size",
                () -> table.update(Key.of("/etc", "hosts"), Update.set("size", null)));
    }

    @Test
    void valuesAndBatchesThatAreTooLongAreRefusedWithTheLimit() {
        String frame = "(limit: " + (16 << 20) + ", rpc.max-frame; split it)";
        refused(ErrorCode.INVALID_ARGUMENT, frame, () -> table.upsert(withNote("x".repeat(20 << 20))));
        refused(ErrorCode.INVALID_ARGUMENT, "(limit: " + (1 << 20), () -> table.upsert(withNote("x".repeat(2 << 20))));
        refused(
                ErrorCode.INVALID_ARGUMENT,
                "name",
                () -> table.upsert(Row.of("dir", "/", "name", "k".repeat(100_000), "size", 1L)));
        Batch batch = Batch.atomic();
        for (int i = 0; i < 20; i++) {
            batch.upsert(Row.of("dir", "/many", "name", "same", "size", 1L, "note", "y".repeat(1 << 20)));
        }
        refused(ErrorCode.INVALID_ARGUMENT, frame, () -> table.write(batch));
        assertThat(table.get("/many", "same")).isEmpty();
    }

    @Test
    void garbageBytesOnEveryPortCloseThatConnectionOnly() throws IOException {
        long seed = Long.getLong("mds.seed", System.nanoTime());
        System.out.println("BadInputIT: seed " + seed + ", replay with -Dmds.seed=" + seed);
        Random random = new Random(seed);
        for (Member member : everybody()) {
            for (int i = 0; i < 20; i++) {
                byte[] garbage = new byte[1 + random.nextInt(10_000)];
                random.nextBytes(garbage);
                // A first byte above 0 is a frame of over 16 MiB, which need not be waited for.
                garbage[0] = (byte) (1 + random.nextInt(100));
                try (RawPeer peer = new RawPeer(member.port())) {
                    peer.sendRaw(garbage.length < 4 ? new byte[] {1, 2, 3, 4} : garbage);
                    assertThat(peer.isClosedByServer()).isTrue();
                } catch (SocketException e) {
                    // closed while it was still being sent: as good
                }
                hostileHttp(member.adminPort(), garbage);
            }
        }
    }

    /** The page that follows must be served; what becomes of the garbage is the HTTP server's affair. */
    private static void hostileHttp(int port, byte[] garbage) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream().write(garbage);
            socket.getOutputStream().write("\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        } catch (SocketException e) {
            // closed while it was still being sent: as good
        }
        assertThat(ReadyPage.answers(port)).isTrue();
    }

    @Test
    void requestsForPagesThatAreOnlyHalfSentKeepNobodyOutForLong() throws IOException {
        List<Socket> halves = new ArrayList<>();
        try {
            for (Member member : everybody()) {
                for (int i = 0; i < 4; i++) {
                    Socket socket = new Socket("127.0.0.1", member.adminPort());
                    halves.add(socket);
                    socket.getOutputStream().write("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
                }
            }
            for (Member member : everybody()) {
                await().atMost(Duration.ofSeconds(30)).until(() -> ReadyPage.answers(member.adminPort()));
            }
        } finally {
            for (Socket socket : halves) {
                socket.close();
            }
        }
    }

    @Test
    void oversizedFramesAreRefusedBeforeTheyAreRead() throws IOException {
        for (Member member : everybody()) {
            try (RawPeer peer = new RawPeer(member.port())) {
                peer.greet(RawPeer.hello());
                peer.sendBytes(17 << 20, new byte[1_000]);
                Frame last = peer.receive();
                assertThat(last).as("a word before the close").isNotNull();
                assertThat(last.getGoAway().getReason()).contains("16");
                assertThat(peer.isClosedByServer()).isTrue();
            }
        }
    }

    @Test
    void framesThatAreNoFramesCloseTheConnection() throws IOException {
        for (Member member : everybody()) {
            try (RawPeer peer = new RawPeer(member.port())) {
                peer.greet(RawPeer.hello());
                byte[] garbage = new byte[100];
                new Random(7).nextBytes(garbage);
                peer.send(garbage);
                assertThat(peer.isClosedByServer()).isTrue();
            }
        }
    }

    @Test
    void anotherProtocolVersionIsRefusedWithBothVersions() throws IOException {
        for (Member member : everybody()) {
            try (RawPeer peer = new RawPeer(member.port())) {
                HelloReply reply =
                        peer.greet(RawPeer.hello().setProtocolVersion(99).setMinProtocolVersion(98));
                assertThat(reply.getError().getMessage()).contains("99").contains(Integer.toString(RawPeer.VERSION));
                assertThat(peer.isClosedByServer()).isTrue();
            }
        }
    }

    @Test
    void anotherClustersIdIsRefusedWithBothIds() throws IOException {
        String stranger = UUID.randomUUID().toString();
        for (Member member : everybody()) {
            try (RawPeer peer = new RawPeer(member.port())) {
                HelloReply reply = peer.greet(RawPeer.hello().setClusterId(stranger));
                assertThat(reply.getError().getMessage()).contains(stranger);
                assertThat(peer.isClosedByServer()).isTrue();
            }
        }
    }

    @Test
    void requestsForTheWrongServerAreRefusedAndTheConnectionGoesOn() throws IOException {
        try (RawPeer region = new RawPeer(cluster.region(1).port());
                RawPeer master = new RawPeer(cluster.master(1).port())) {
            region.greet(RawPeer.hello());
            master.greet(RawPeer.hello());
            Request.Builder routes = Request.newBuilder().setGetRoutes(GetRoutesRequest.getDefaultInstance());
            Request.Builder get = Request.newBuilder().setGet(GetRequest.getDefaultInstance());
            assertThat(region.ask(routes).getError().getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(master.ask(get).getError().getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(master.ask(Request.newBuilder()).getError().getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(master.ask(routes).hasGetRoutes()).isTrue();
        }
    }

    @Test
    void hostileKeysAndRowsAreRefusedByTheRegionAndChangeNothing() throws IOException {
        long seed = Long.getLong("mds.seed", System.nanoTime());
        System.out.println("BadInputIT: seed " + seed + ", replay with -Dmds.seed=" + seed);
        Random random = new Random(seed);
        TableRoute route;
        try (RawPeer master = new RawPeer(cluster.master(1).port())) {
            master.greet(RawPeer.hello());
            route = master.ask(Request.newBuilder()
                            .setGetRoutes(GetRoutesRequest.newBuilder()
                                    .addTables(
                                            GetRoutesRequest.Known.newBuilder().setTable("files"))))
                    .getGetRoutes()
                    .getRoutes(0);
        }
        long before = table.count(Scan.all());
        var shard = route.getShards(0);
        int port = route.getShards(0).getLeader().getAddress().getPort();
        ShardRef reference = ShardRef.newBuilder()
                .setTableId(route.getSchema().getTableId())
                .setShardId(shard.getShardId())
                .setSchemaVersion(route.getSchema().getVersion())
                .build();
        try (RawPeer region = new RawPeer(port)) {
            region.greet(RawPeer.hello());
            for (int i = 0; i < 300; i++) {
                ByteString key = bytes(random);
                ByteString row = bytes(random);
                Operation operation = random.nextBoolean()
                        ? Operation.newBuilder()
                                .setKey(key)
                                .setUpsert(Operation.Upsert.newBuilder().setRow(row))
                                .build()
                        : Operation.newBuilder().setKey(key).build();
                refusedByRegion(region.ask(write(reference, operation, random)));
                refusedByRegion(region.ask(Request.newBuilder()
                        .setGet(GetRequest.newBuilder().setShard(reference).addKeys(key))));
                Reply scanned = region.ask(Request.newBuilder()
                        .setScan(ScanRequest.newBuilder()
                                .setShard(reference)
                                .setLimit(random.nextInt())
                                .addColumns(random.nextInt())));
                assertThat(scanned.getError().getCode()).isNotEqualTo(ErrorCode.INTERNAL);
            }
            ShardRef nowhere = reference.toBuilder().setShardId(123_456).build();
            Reply stranger = region.ask(Request.newBuilder()
                    .setGet(GetRequest.newBuilder().setShard(nowhere).addKeys(ByteString.EMPTY)));
            assertThat(stranger.getError().getCode()).isIn(ErrorCode.NOT_LEADER, ErrorCode.STALE_ROUTE);
            assertThat(region.ask(Request.newBuilder()
                                    .setWrite(WriteRequest.newBuilder().setShard(reference)))
                            .getError()
                            .getCode())
                    .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        }
        assertThat(table.count(Scan.all())).isEqualTo(before);
    }

    private static Request.Builder write(ShardRef shard, Operation operation, Random random) {
        return Request.newBuilder()
                .setWrite(WriteRequest.newBuilder()
                        .setShard(shard)
                        .setRequestId(RequestId.newBuilder()
                                .setClientId(ByteString.copyFrom(new byte[16]))
                                .setSequence(1 + random.nextInt(1_000)))
                        .addOperations(operation));
    }

    private static void refusedByRegion(Reply reply) {
        assertThat(reply.getError().getCode())
                .as(reply.toString())
                .isIn(ErrorCode.INVALID_ARGUMENT, ErrorCode.STALE_ROUTE);
    }

    private static ByteString bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(60)];
        random.nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }
}
