package io.mds.region.admin;

import com.sun.net.httpserver.HttpExchange;
import io.mds.admin.AdminServer;
import io.mds.error.MdsException;
import io.mds.region.registration.Registration;
import io.mds.region.service.MasterOrders;
import io.mds.region.service.RegionService;
import io.mds.region.service.Shards;
import io.mds.region.wal.LogHealth;
import io.mds.region.wal.WriteAheadLog;
import io.mds.rpc.HostPort;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Serves the admin pages.
 *
 * <p>Thread: those of its {@link AdminServer}.
 */
public final class RegionAdmin implements AutoCloseable {
    private final AdminServer server;

    /** What the pages tell of. */
    public record View(
            RegionService service,
            Shards shards,
            MasterOrders orders,
            Registration registration,
            WriteAheadLog log,
            PrometheusMeterRegistry metrics) {}

    private RegionAdmin(AdminServer server) {
        this.server = server;
    }

    /**
     * Binds the port; nothing is answered before {@link #serve}.
     *
     * @throws MdsException UNAVAILABLE, in one clear line, when the address cannot be used
     */
    public static RegionAdmin bind(HostPort address) {
        return new RegionAdmin(AdminServer.bind(address, "region-admin"));
    }

    public int port() {
        return server.port();
    }

    public void serve(View view) {
        server.serve(exchange -> answer(exchange, view));
    }

    private static void answer(HttpExchange exchange, View view) throws IOException {
        LogHealth health = view.log().health();
        String path = exchange.getRequestURI().getPath();
        switch (path) {
            case "/health" ->
                send(
                        exchange,
                        health.isHealthy() ? 200 : 503,
                        health.isHealthy() ? "UP\n" : "DOWN: " + health.problem() + "\n");
            case "/ready" -> {
                Optional<String> problem = health.isHealthy()
                        ? view.registration().isRegistered()
                                ? Optional.empty()
                                : Optional.of("not registered with a master")
                        : Optional.of(health.problem());
                send(
                        exchange,
                        problem.isEmpty() ? 200 : 503,
                        problem.map(text -> "NOT READY: " + text + "\n").orElse("READY\n"));
            }
            case "/metrics" -> send(exchange, 200, view.metrics().scrape());
            case "/status", "/" -> send(exchange, 200, RegionStatusJson.write(view, health));
            default -> send(exchange, 404, "no such page; there are /status /metrics /health /ready\n");
        }
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        boolean json = text.startsWith("{");
        exchange.getResponseHeaders().set("Content-Type", json ? "application/json" : "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.close();
    }
}
