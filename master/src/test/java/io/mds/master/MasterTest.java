package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingRegion;
import io.mds.master.testing.TestingZooKeeper;
import io.mds.proto.CreateTableRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetRequest;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.GetRoutesRequest;
import io.mds.proto.HeartbeatRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.proto.TableRoute;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcConfig;
import io.mds.rpc.RpcConnection;
import io.mds.rpc.RpcTransport;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whole masters, over the network. */
class MasterTest {
    private final TestingZooKeeper zooKeeper = TestingZooKeeper.start();
    private final RpcTransport transport = new RpcTransport(RpcConfig.DEFAULTS, "test");
    private final List<Master> masters = new ArrayList<>();

    @AfterEach
    void close() {
        transport.close();
        masters.forEach(Master::close);
        zooKeeper.close();
    }

    private Master start(String id) {
        Master master = new Master(MasterConfigs.config(zooKeeper, id));
        masters.add(master);
        master.start();
        return master;
    }

    private RpcConnection connect(Master master, Role role, RequestHandler handler) {
        return transport
                .connect(
                        new HostPort("127.0.0.1", master.port()),
                        LocalIdentity.of(role, "test"),
                        handler,
                        Deadline.after(Duration.ofSeconds(5)))
                .join();
    }

    private static Reply ask(RpcConnection connection, Request.Builder request) {
        try {
            return connection
                    .call(request, Deadline.after(Duration.ofSeconds(20)))
                    .join();
        } catch (CompletionException e) {
            throw (MdsException) e.getCause();
        }
    }

    private static GetRoutesReply routes(RpcConnection client) {
        return ask(
                        client,
                        Request.newBuilder()
                                .setGetRoutes(GetRoutesRequest.newBuilder()
                                        .addTables(GetRoutesRequest.Known.newBuilder()
                                                .setTable("files"))
                                        .setSubscribe(true)))
                .getGetRoutes();
    }

    private static Request.Builder createFiles() {
        TableSchema schema = TableSchema.named("files")
                .column("id", ColumnType.INT64)
                .primaryKey("id")
                .shards(4)
                .build();
        return Request.newBuilder()
                .setCreateTable(CreateTableRequest.newBuilder().setSchema(schema.toProto()));
    }

    private void joinRegion(Master master) {
        TestingRegion region = new TestingRegion(8001);
        RpcConnection connection = connect(master, Role.REGION, region);
        long id = ask(connection, Request.newBuilder().setRegister(region.registration()))
                .getRegister()
                .getRegionId();
        region.registeredAs(id);
        ask(
                connection,
                Request.newBuilder()
                        .setHeartbeat(HeartbeatRequest.newBuilder()
                                .setRegionId(id)
                                .setSequence(1)
                                .setFull(true)));
    }

    @Test
    void servesRegionsAndClientsOverTheNetwork() {
        Master master = start("m1");
        await().atMost(Duration.ofSeconds(20)).until(master::isActive);
        joinRegion(master);
        RpcConnection client = connect(master, Role.CLIENT, RequestHandler.refusing());
        TableRoute created = ask(client, createFiles()).getCreateTable().getRoute();
        assertThat(created.getShardsList()).hasSize(4);
        assertThat(routes(client).getRoutesList()).containsExactly(created);
    }

    @Test
    void afterAHaltTheStandbyServesAndBeforeItNamesTheActiveMaster() {
        Master first = start("");
        await().atMost(Duration.ofSeconds(20)).until(first::isActive);
        Master second = start("");
        RpcConnection client = connect(second, Role.CLIENT, RequestHandler.refusing());
        await().untilAsserted(() -> assertThatThrownBy(() -> routes(client))
                .isInstanceOfSatisfying(MdsException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.NOT_LEADER);
                    assertThat(e.activeMaster())
                            .hasValueSatisfying(
                                    active -> assertThat(active.getPort()).isEqualTo(first.port()));
                }));
        first.halt();
        masters.remove(first);
        await().atMost(Duration.ofSeconds(20)).until(second::isActive);
        assertThat(routes(client).getMissingList()).containsExactly("files");
    }

    @Test
    void showsItsStateOverHttp() throws Exception {
        Master master = start("m1");
        await().atMost(Duration.ofSeconds(20)).until(master::isActive);
        joinRegion(master);
        assertThat(get(master, "/health").body()).isEqualTo("ok\n");
        assertThat(get(master, "/ready").body()).isEqualTo("active\n");
        assertThat(get(master, "/status").body()).contains("\"id\" : \"m1\"", "\"state\" : \"LIVE\"");
        assertThat(get(master, "/metrics").body()).contains("mds_master_active 1.0");
        assertThat(get(master, "/").body()).contains("<title>MDS</title>");
        assertThat(get(master, "/nothing").statusCode()).isEqualTo(404);
        HttpRequest post = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + master.adminPort() + "/status"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(post, HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(405);
    }

    private static HttpResponse<String> get(Master master, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + master.adminPort() + path))
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void garbageOnThePortDoesNotKeepItFromServingOthers() throws Exception {
        Master master = start("m1");
        await().atMost(Duration.ofSeconds(20)).until(master::isActive);
        for (String garbage :
                List.of("GET / HTTP/1.1\r\n\r\n", "\u0000\u0000\u0000\u0004abcd", "\u007f\u007f\u007f\u007f")) {
            try (Socket socket = new Socket("127.0.0.1", master.port())) {
                socket.setSoTimeout(5000);
                socket.getOutputStream().write(garbage.getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream().flush();
                socket.getInputStream().readAllBytes();
            }
        }
        RpcConnection client = connect(master, Role.CLIENT, RequestHandler.refusing());
        assertThat(routes(client).getMissingList()).containsExactly("files");
        assertThatThrownBy(() -> ask(client, Request.newBuilder().setGet(GetRequest.getDefaultInstance())))
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    @Test
    void aPortInUseIsOneClearLine() {
        Master master = start("m1");
        MasterConfig config = MasterConfigs.config(zooKeeper, "m2").withBind(new HostPort("127.0.0.1", master.port()));
        Master second = new Master(config);
        assertThatThrownBy(second::start)
                .isInstanceOf(MdsException.class)
                .hasMessageContaining("127.0.0.1:" + master.port())
                .hasMessageContaining("rpc.port");
    }

    @Test
    void withoutZooKeeperItWaitsAndStartsWhenItComes() {
        zooKeeper.stopServer();
        Master master = start("m1");
        RpcConnection client = connect(master, Role.CLIENT, RequestHandler.refusing());
        assertThatThrownBy(() -> routes(client))
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_LEADER));
        zooKeeper.startServer();
        await().atMost(Duration.ofSeconds(30)).until(master::isActive);
    }
}
